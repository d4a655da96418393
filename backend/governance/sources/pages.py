"""``/data-sources``: every source of the plant's data, who answers for it, what is wanted and how good it is."""

from datetime import date
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.clock import now
from backend.core.errors import N_
from backend.core.pages import locale_of, render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.governance.sources import commands, queries
from backend.governance.sources.commands import Tried
from backend.governance.sources.forms import NormForm
from backend.governance.sources.people import MEANINGS, NAMES
from backend.governance.sources.queries import Key, Opened
from backend.governance.sources.wording import COUNTS_AS, LATENESS, WEEKDAYS, drag
from backend.identity.actor import Actor
from backend.identity.alike import alike
from backend.identity.web import ActorDep, SessionDep, allow
from backend.telemetry.quality.measuring import FACTORS, LATENESS_S, PEOPLE_LATENESS_S
from backend.telemetry.quality.models import Family
from backend.telemetry.reasons import TITLES

router = APIRouter(prefix="/data-sources", include_in_schema=False)

_SEE, _MANAGE = [allow("data.see")], [allow("data.manage")]
_Of = Annotated[str, Query(max_length=40)]
_Form = Annotated[NormForm, Depends()]
_DONE = {"norm": N_("已保存，得分一分钟内按新规范重算")}


@router.get("", dependencies=_SEE)
@alike
async def sources(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """All of them, the worst first."""
    found = await queries.all_sources(session, actor)
    locale = locale_of(request)
    return render(
        request,
        "governance/sources.html",
        machines=[one for one in found if one.key.family == Family.MACHINE],
        people=[one for one in found if one.key.family == Family.PEOPLE],
        drags={one.key: drag(locale, one) for one in found},
        names=NAMES,
        factor_words=FACTORS,
    )


@router.get("/people", dependencies=_SEE)
async def records(
    request: Request, session: SessionDep, actor: ActorDep, of: _Of = "checkins", done: str = ""
) -> Response:
    """One kind of records of people."""
    return await _show(request, session, actor, queries.people_key(of), done=done)


@router.post("/people/norm", dependencies=_MANAGE)
async def set_norm_of_records(
    request: Request, session: SessionDep, actor: ActorDep, typed: _Form, of: _Of = "checkins"
) -> Response:
    """Set its norm and owner, or try them."""
    return await _set(request, session, actor, queries.people_key(of), typed)


@router.get("/days/{source_day_id}", dependencies=_SEE)
async def source_day(request: Request, session: SessionDep, actor: ActorDep, source_day_id: int) -> Response:
    """The source of one day, with that day's points."""
    key, day = await queries.day_of(session, actor, source_day_id)
    return await _show(request, session, actor, key, day=day)


@router.get("/{source_id}", dependencies=_SEE)
async def source(request: Request, session: SessionDep, actor: ActorDep, source_id: int, done: str = "") -> Response:
    """One gateway or device."""
    return await _show(request, session, actor, await queries.key_of(session, actor, source_id), done=done)


@router.post("/{source_id}/norm", dependencies=_MANAGE)
async def set_norm(request: Request, session: SessionDep, actor: ActorDep, source_id: int, typed: _Form) -> Response:
    """Set its norm and owner, or try them."""
    return await _set(request, session, actor, await queries.key_of(session, actor, source_id), typed)


async def _set(request: Request, session: AsyncSession, actor: Actor, key: Key, typed: NormForm) -> Response:
    try:
        async with session.begin_nested():
            wanted = typed.read(key.family, now().astimezone(actor.zone).date())
            if not typed.trying:
                await commands.set_norm(session, actor, key, wanted)
                return RedirectResponse(f"{key.url}{'&' if '?' in key.url else '?'}done=norm", 303)
    except REFUSALS as error:
        return await _show(request, session, actor, key, typed=typed, refused=refusal(request, error))
    found = await queries.opened(session, actor, key)
    tried = await commands.try_norm(session, actor, found.seen, wanted.norm)
    return await _show(request, session, actor, key, typed=typed, found=found, tried=tried)


async def _show(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    key: Key,
    *,
    day: date | None = None,
    done: str = "",
    typed: NormForm | None = None,
    found: Opened | None = None,
    tried: list[Tried] | None = None,
    refused: Refusal | None = None,
) -> Response:
    found, refused = found or await queries.opened(session, actor, key, day), refused or Refusal()
    machine = key.family == Family.MACHINE
    shown: dict[str, Any] = {
        "found": found,
        "seen": found.seen,
        "machine": machine,
        "name": None if machine else NAMES[key.code],
        "meaning": None if machine else MEANINGS[key.code],
        "chosen_day": next((one for one in found.seen.days if one.day == day), None),
        "drag": drag(locale_of(request), found.seen),
        "factor_words": FACTORS,
        "counts_as": COUNTS_AS,
        "lateness_words": LATENESS,
        "lateness_options": LATENESS_S if machine else PEOPLE_LATENESS_S,
        "weekdays": WEEKDAYS,
        "reasons": TITLES,
        "typed": typed or _typed(found),
        "asked": typed is not None,
        "tried": tried,
        "refused": refused,
        "manages": actor.can("data.manage"),
        "done": _DONE.get(done, ""),
    }
    response = render(request, "governance/source.html", **shown)
    response.status_code = refused.status
    return response


def _typed(found: Opened) -> NormForm:
    """The form as it is now."""
    norm, ruling = found.seen.norm, found.seen.ruling
    owner = ""
    if ruling and ruling.owner_id:
        owner = f"person-{ruling.owner_id}"
    elif ruling and ruling.owner_post_id:
        owner = f"post-{ruling.owner_post_id}"
    return NormForm(
        owner=owner,
        interval="" if norm.interval_s is None else f"{norm.interval_s:g}",
        lateness=str(norm.lateness_s),
        complete=f"{norm.complete_wanted * 100:g}",
        target=f"{norm.target * 100:g}",
        weekdays=[str(one) for one in norm.quiet_weekdays],
        quiet_days=" ".join(norm.quiet_days),
        version=ruling.version if ruling else 0,
    )
