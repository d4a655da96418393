"""``/data-cleaning``: suspect data, the worst effect first, decided one by one or several at once, and taken back."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Form, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.alarms.models import Alarm
from backend.core.pages import locale_of, render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.governance.cleaning import commands
from backend.governance.cleaning.applying import values_of
from backend.governance.cleaning.effects import Effect, effect_of
from backend.governance.cleaning.forms import read_ids, read_kept, read_seen, read_state
from backend.governance.cleaning.models import CaseState, Subject, Suspicion
from backend.governance.cleaning.picturing import curve_rows, spans_of
from backend.governance.cleaning.queries.alarms import alarms_shown
from backend.governance.cleaning.queries.cases import PAGE, Asked, Card, chosen, opened, queue
from backend.governance.cleaning.queries.records import holds_own
from backend.governance.cleaning.wording import (
    DONE,
    MEANINGS,
    PICTURES,
    SOURCES,
    STATES,
    SUSPICIONS,
    TITLES,
    TONES,
    alone,
    why,
)
from backend.identity.actor import Actor
from backend.identity.alike import alike
from backend.identity.web import ActorDep, SessionDep, allow
from backend.operations.indicators.windows import PERIODS, USUAL_PERIOD
from backend.operations.indicators.wording import said

router = APIRouter(prefix="/data-cleaning", include_in_schema=False)

_SEE, _CLEAN = [allow("data.cases")], [allow("data.clean")]
_Word = Annotated[str, Form(max_length=40)]
_Note = Annotated[str, Form(max_length=4000)]
_Ids = Annotated[list[str], Form(default_factory=list)]
_MOST_PAST = 10_000


@router.get("", dependencies=_SEE)
@alike
async def cases(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    decided: bool = False,
    suspicion: Annotated[str, Query(max_length=40)] = "",
    past: Annotated[int, Query(ge=0, le=_MOST_PAST)] = 0,
    done: str = "",
) -> Response:
    """The queue; further rows come without its frame."""
    asked = Asked(decided, Suspicion(suspicion) if suspicion in set(Suspicion) else None)
    found = await queue(session, actor, asked, past)
    return render(
        request,
        "governance/cleaning.html",
        block="rows" if past and "HX-Request" in request.headers else None,
        found=found,
        asked=asked,
        tab_urls={tab: _url(Asked(tab, asked.suspicion)) for tab in (False, True)},
        suspicion_urls={one: _url(Asked(decided, one)) for one in (None, *Suspicion)},
        more_url=_url(asked, past=past + PAGE) if found.more and past + PAGE <= _MOST_PAST else "",
        done=DONE.get(done, ""),
        cleans=actor.can("data.clean"),
        **_words(request),
    )


@router.get("/selected", dependencies=_CLEAN)
async def selected(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    ids: Annotated[list[str] | None, Query(max_length=200)] = None,
    state: Annotated[str, Query(max_length=40)] = CaseState.EXCLUDED,
) -> Response:
    """Several cases and one decision, with its effect, before it is made."""
    return await _show_selected(request, session, actor, read_ids(ids or []), read_state(state))


@router.post("/selected", dependencies=_CLEAN)
async def decide_selected(
    request: Request, session: SessionDep, actor: ActorDep, ids: _Ids, seen: _Ids, state: _Word = "", note: _Note = ""
) -> Response:
    """Decide them alike, all or none. ``seen``: what each was when it was looked at."""
    wanted, which, looked = read_ids(ids), read_state(state), read_seen(seen)
    try:
        async with session.begin_nested():
            await commands.decide_many(session, actor, wanted, which, note=note, seen=looked)
    except REFUSALS as error:
        refused = refusal(request, error)
        return await _show_selected(request, session, actor, wanted, which, typed=note, seen=looked, refused=refused)
    return RedirectResponse("/data-cleaning?done=many", 303)


@router.get("/{cleaning_case_id}", dependencies=_SEE)
async def case(
    request: Request, session: SessionDep, actor: ActorDep, cleaning_case_id: int, done: str = ""
) -> Response:
    """One case: why, its picture, what a decision would do, what was decided."""
    return await _show(request, session, actor, cleaning_case_id, done=done)


@router.get("/{cleaning_case_id}/effect", dependencies=_SEE)
async def effect(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    cleaning_case_id: int,
    state: Annotated[str, Query(max_length=40)] = CaseState.EXCLUDED,
    kept_id: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """What a decision would do to the indicators; htmx gets it alone."""
    found = await opened(session, actor, cleaning_case_id)
    which, kept = read_state(state), read_kept(kept_id)
    moves = await effect_of(session, actor, [found.card.case], which, kept)
    return render(
        request,
        "governance/cleaning_effect.html",
        block="effect" if "HX-Request" in request.headers else None,
        card=found.card,
        state=which,
        **_effect(request, moves),
        **_words(request),
    )


@router.post("/{cleaning_case_id}/decide", dependencies=_CLEAN)
async def decide(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    cleaning_case_id: int,
    state: _Word = "",
    note: _Note = "",
    kept_id: _Word = "",
    seen: Annotated[int | None, Form(ge=0, lt=2**31)] = None,
) -> Response:
    """Exclude or keep."""
    which = read_state(state)
    try:
        async with session.begin_nested():
            kept = read_kept(kept_id) if which == CaseState.EXCLUDED else None
            await commands.decide(session, actor, cleaning_case_id, which, note=note, kept_id=kept, seen=seen)
    except REFUSALS as error:
        typed = {"note": note, "kept_id": kept_id}
        return await _show(request, session, actor, cleaning_case_id, typed=typed, refused=refusal(request, error))
    return RedirectResponse(f"/data-cleaning/{cleaning_case_id}?done={which}", 303)


@router.post("/{cleaning_case_id}/undo", dependencies=_CLEAN)
async def undo(request: Request, session: SessionDep, actor: ActorDep, cleaning_case_id: int) -> Response:
    """Take the decision back."""
    try:
        async with session.begin_nested():
            await commands.undo(session, actor, cleaning_case_id)
    except REFUSALS as error:
        return await _show(request, session, actor, cleaning_case_id, refused=refusal(request, error))
    return RedirectResponse(f"/data-cleaning/{cleaning_case_id}?done=undone", 303)


async def _show(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    case_id: int,
    *,
    done: str = "",
    typed: dict[str, str] | None = None,
    refused: Refusal | None = None,
) -> Response:
    found, refused = await opened(session, actor, case_id), refused or Refusal()
    one = found.card.case
    own = await holds_own(session, actor, one.id)
    alarms: Sequence[Alarm] = ()
    alarms_all = 0
    if one.subject == Subject.VALUES and one.point_id is not None:
        stretches = (await values_of(session, actor, one)).get(one.point_id, [])
        alarms, alarms_all = await alarms_shown(session, actor, one.point_id, stretches)
    response = render(
        request,
        "governance/cleaning_case.html",
        found=found,
        card=found.card,
        alarms=alarms,
        alarms_all=alarms_all,
        curve=curve_rows(found.card, actor.zone),
        spans=spans_of(locale_of(request), one),
        weak=alone(one),
        typed=typed or {"note": "", "kept_id": ""},
        refused=refused,
        done=DONE.get(done, ""),
        cleans=actor.can("data.clean") and not own,
        own=own,
        **_words(request),
    )
    response.status_code = refused.status
    return response


async def _show_selected(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    ids: list[int],
    state: CaseState,
    *,
    typed: str = "",
    seen: Mapping[int, int] | None = None,
    refused: Refusal | None = None,
) -> Response:
    cards, refused = await chosen(session, actor, ids[: commands.MOST_AT_ONCE]), refused or Refusal()
    moves = await effect_of(session, actor, [one.case for one in cards], state)
    response = render(
        request,
        "governance/cleaning_selected.html",
        cards=cards,
        state=state,
        typed=typed,
        refused=refused,
        left_out=len(ids) - len(cards),
        more_of=_more_of(cards, seen or {}),
        **_effect(request, moves),
        **_words(request),
    )
    response.status_code = refused.status
    return response


def _more_of(cards: Sequence[Card], seen: Mapping[int, int]) -> dict[int, int]:
    """How many records came to each case since somebody looked."""
    more = {one.case.id: one.case.count - seen.get(one.case.id, one.case.count) for one in cards}
    return {case_id: count for case_id, count in more.items() if count > 0}


def _words(request: Request) -> dict[str, Any]:
    locale = locale_of(request)
    return {
        "why": lambda card: why(locale, card.case, card.point.unit if card.point else ""),
        "curve_rows": curve_rows,
        "suspicions": SUSPICIONS,
        "meanings": MEANINGS,
        "pictures": PICTURES,
        "states": STATES,
        "tones": TONES,
        "titles": TITLES,
        "source_names": SOURCES,
    }


def _effect(request: Request, moves: Effect) -> dict[str, Any]:
    locale = locale_of(request)
    return {
        "effect": moves,
        "period": PERIODS[USUAL_PERIOD],
        "said": lambda figure: said(locale, figure.kind, figure.value),
    }


def _url(asked: Asked, **further: object) -> str:
    """Address of the queue; what is as usual is left out."""
    wanted = {"decided": "true" if asked.decided else "", "suspicion": asked.suspicion or "", **further}
    query = urlencode({name: value for name, value in wanted.items() if value})
    return f"/data-cleaning?{query}" if query else "/data-cleaning"
