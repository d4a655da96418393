"""``/indicators/<code>``: one in full; who governs sets its target."""

from typing import Annotated, Any

from fastapi import Depends, Form, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.hazards.forms import database_id
from backend.identity.actor import Actor
from backend.identity.alike import alike
from backend.identity.web import ActorDep, SessionDep, allow
from backend.operations.indicators.asked import Asked, known, today_of
from backend.operations.indicators.commands import set_target
from backend.operations.indicators.overview import target_of, whole
from backend.operations.indicators.pages.frame import called, figures_of, shown
from backend.operations.indicators.queries.reading import members
from backend.operations.indicators.registry import MEASURES, Indicator

router = APIRouter(prefix="/indicators")
AskedDep = Annotated[Asked, Depends()]
Words = Annotated[str, Form(max_length=4000)]


@router.get("/{indicator}", dependencies=[allow("operations.see")])
@alike
async def one_page(
    request: Request, session: SessionDep, actor: ActorDep, indicator: str, asked: AskedDep, done: str = ""
) -> Response:
    """Trend, breakdown, formula, what changed meanwhile."""
    return await _one(request, session, actor, known(indicator), asked, done=done == "target")


@router.post("/{indicator}/target", dependencies=[allow("indicators.target")])
async def aim(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    indicator: str,
    target: Words = "",
    reason: Words = "",
    version: Annotated[str, Form(max_length=20)] = "0",
) -> Response:
    """A further version of its target."""
    one = known(indicator)
    try:
        async with session.begin_nested():
            seen = database_id(version) or 0
            await set_target(
                session, actor, indicator, typed=target.replace("\0", ""), reason=reason.replace("\0", ""), version=seen
            )
    except REFUSALS as error:
        typed = {"target": target, "reason": reason}
        return await _one(request, session, actor, one, Asked(), typed=typed, refused=refusal(request, error))
    return RedirectResponse(f"/indicators/{indicator}?done=target", 303)


async def _one(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    indicator: Indicator,
    asked: Asked,
    *,
    done: bool = False,
    typed: dict[str, str] | None = None,
    refused: Refusal | None = None,
) -> Response:
    scope, window = asked.read_scope(), asked.read_window(today_of(actor))

    async def reckon() -> dict[str, Any]:
        names = await members(session, actor)
        found = await whole(session, actor, indicator, scope, window, names, asked.change)
        return {"found": found, "one": indicator, "names": names, "of": called(names, scope), "scope": scope}

    answer = await shown(
        request,
        session,
        actor,
        "one",
        asked,
        drawing=await figures_of(request, session, actor, ("whole", indicator.code), asked, reckon),
        one=indicator,
        target=await target_of(session, actor, indicator),
        target_kind=MEASURES[indicator.measure].kind,
        typed=typed,
        refused=refused or Refusal(),
        done=done,
    )
    answer.status_code = refused.status if refused else 200
    return answer
