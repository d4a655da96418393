"""``/adoption``: who uses AnSu, and what to do about it."""

from functools import partial
from typing import Annotated
from urllib.parse import quote

from fastapi import Form, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.pages import locale_of, render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.alike import alike
from backend.identity.web import ActorDep, SessionDep, allow
from backend.identity.wording import ROLES
from backend.operations.adoption import queries, wording
from backend.operations.adoption.advising import Advice, What
from backend.operations.adoption.commands import LONGEST_REASON, set_rule
from backend.operations.adoption.forms import read_rule, typed_of
from backend.operations.adoption.overview import overview
from backend.operations.indicators import wording as figures
from backend.operations.indicators.registry import INDICATORS
from backend.operations.indicators.windows import DAY, begin

router = APIRouter(prefix="/adoption", include_in_schema=False)
_Short = Annotated[str, Form(max_length=40)]


@router.get("", dependencies=[allow("operations.see")])
@alike
async def page(request: Request, session: SessionDep, actor: ActorDep, done: str = "") -> Response:
    """Everything on one page."""
    return await _show(request, session, actor, done=wording.DONE.get(done, ""))


@router.post("/rule", dependencies=[allow("adoption.weigh")])
async def rule(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    weight_active: _Short = "",
    weight_clean_entries: _Short = "",
    weight_answered: _Short = "",
    good: _Short = "",
    fair: _Short = "",
    reason: Annotated[str, Form(max_length=4000)] = "",
    seen: _Short = "",
) -> Response:
    """Weigh it otherwise from now on."""
    typed = {
        "weight_active": weight_active,
        "weight_clean_entries": weight_clean_entries,
        "weight_answered": weight_answered,
        "good": good,
        "fair": fair,
        "reason": reason,
    }
    try:
        number = int(seen) if seen.isascii() and seen.isdigit() else None
        await set_rule(session, actor, read_rule(typed), reason, seen=number)
    except REFUSALS as error:
        return await _show(request, session, actor, typed=typed, refused=refusal(request, error))
    return RedirectResponse("/adoption?done=rule", 303)


def url_of(one: Advice) -> str:
    """Where advice leads: to the rows that are its reason."""
    return {
        What.ANSWER: "/feedback/all",
        What.VISIT_TEAM: f"/indicators/adoption/rows?period=30d&scope=team-{one.key}&counted=no",
        What.GIVE_PHONES: f"/people?role={quote(one.key)}",
        What.EXPLAIN_PAGE: "/feedback/all?show=all&kind=unclear",
    }[one.what]


async def _show(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    *,
    done: str = "",
    typed: dict[str, str] | None = None,
    refused: Refusal | None = None,
) -> Response:
    refused, locale = refused or Refusal(), locale_of(request)
    found = await overview(session, actor)
    versions = await queries.versions(session, actor)
    response: Response = render(
        request,
        "operations/adoption.html",
        found=found,
        versions=versions,
        weighs=actor.can("adoption.weigh"),
        typed=typed or typed_of(found.rule),
        newest=versions[0][0].number if versions else 0,
        said=partial(figures.said, locale),
        interval=partial(figures.interval, locale),
        drawn=figures.drawn,
        target=INDICATORS["adoption"].usual_target,
        starts=lambda day: int(begin(day, actor.zone).timestamp()),
        last_day=found.window.until - DAY,
        url_of=url_of,
        words=wording,
        roles=ROLES,
        most=LONGEST_REASON,
        done=done,
        refused=refused,
        errors=refused.errors,
    )
    response.status_code = refused.status
    return response
