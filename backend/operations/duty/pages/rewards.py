"""``/duty/rewards``: what the rule proposes for a month; a tap grants it or doesn't."""

from datetime import date
from typing import Annotated

from fastapi import Form, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.operations.duty import commands, queries
from backend.operations.duty.months import read_month, shifted
from backend.operations.duty.pages.shown import words
from backend.operations.duty.wording import DONE

router = APIRouter(prefix="/duty/rewards")


@router.get("", dependencies=[allow("duty.govern")])
async def listed(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    month: Annotated[str, Query(max_length=10)] = "",
    done: str = "",
) -> Response:
    """Of ``month``, else of the last whole one."""
    last = shifted(queries.present_month(actor), -1)
    return await _page(request, session, actor, read_month(month, last), done=DONE.get(done, ""))


@router.post("/{duty_reward_id}", dependencies=[allow("duty.govern")])
async def decide(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    duty_reward_id: int,
    verdict: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """``verdict``: ``granted`` or anything else, which declines."""
    try:
        async with session.begin_nested():
            reward = await commands.decide_reward(session, actor, duty_reward_id, granted=verdict == "granted")
    except REFUSALS as error:
        month = shifted(queries.present_month(actor), -1)
        return await _page(request, session, actor, month, refused=refusal(request, error))
    return RedirectResponse(f"/duty/rewards?month={reward.month:%Y-%m}&done={reward.state}", 303)


async def _page(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    month: date,
    *,
    done: str = "",
    refused: Refusal | None = None,
) -> Response:
    refused = refused or Refusal()
    response: Response = render(
        request,
        "duty/rewards.html",
        month=month,
        months=[one for one in await queries.months_kept(session, actor) if one < queries.present_month(actor)],
        found=await queries.rewards(session, actor, month),
        done=done,
        refused=refused,
        **words(),
    )
    response.status_code = refused.status
    return response
