"""``/me/positions``: whether one's phone says where it is while an incident concerns one."""

from typing import Annotated

from fastapi import Form, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.errors import N_
from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.positions.commands import agree, erase_own, withdraw
from backend.incidents.positions.queries.concerning import concerning
from backend.incidents.positions.queries.consent import in_force, kept_of, newest_consent
from backend.incidents.positions.queries.rules import ground_of, rule_of
from backend.incidents.positions.wording import CONSENT, CONSENT_VERSION

router = APIRouter(prefix="/me/positions")

_DONE = {
    "agreed": N_("已同意。有事件与您有关时才会发送"),
    "stopped": N_("已停止，不再发送位置"),
    "erased": N_("已删除保存的您的位置"),
}


@router.get("", dependencies=[allow("incidents.report")])
async def own_page(request: Request, session: SessionDep, actor: ActorDep, done: str = "") -> Response:
    """What is sent, when, to whom, how long it is kept; agreeing, taking it back, deleting."""
    return await _show(request, session, actor, done=_DONE.get(done, ""))


@router.post("/agree", dependencies=[allow("incidents.report")])
async def agree_form(
    request: Request, session: SessionDep, actor: ActorDep, wording: Annotated[int, Form(ge=0, lt=2**31)] = 0
) -> Response:
    """Agree to the words that were read."""
    try:
        await agree(session, actor, wording)
    except REFUSALS as error:
        return await _show(request, session, actor, refused=refusal(request, error))
    return RedirectResponse("/me/positions?done=agreed", 303)


@router.post("/withdraw", dependencies=[allow("incidents.report")])
async def withdraw_form(session: SessionDep, actor: ActorDep) -> Response:
    """Take it back; the page then offers to delete what is kept."""
    await withdraw(session, actor)
    return RedirectResponse("/me/positions?done=stopped", 303)


@router.post("/erase", dependencies=[allow("incidents.report")])
async def erase_form(session: SessionDep, actor: ActorDep) -> Response:
    """Delete what is kept of oneself."""
    await erase_own(session, actor)
    return RedirectResponse("/me/positions?done=erased", 303)


async def _show(
    request: Request, session: AsyncSession, actor: Actor, *, done: str = "", refused: Refusal | None = None
) -> Response:
    consent, refused = await newest_consent(session, actor), refused or Refusal()
    response: Response = render(
        request,
        "incidents/positions/own.html",
        consent=consent,
        agreed=in_force(consent),
        lines=CONSENT,
        wording=CONSENT_VERSION,
        kept=await kept_of(session, actor),
        keep_days=(await rule_of(session, actor)).keep_days,
        ground_known=(await ground_of(session, actor)).known,
        concerns=[one for one in await concerning(session, actor) if one.live],
        done=done,
        refused=refused,
    )
    response.status_code = refused.status
    return response
