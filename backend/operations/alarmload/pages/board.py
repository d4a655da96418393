"""``/alarm-load``: how many alarms people bear, which ones, and every figure's rows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Form, Query, Request, Response
from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.errors import Invalid
from backend.core.pages import drawn, render
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.alike import alike
from backend.identity.sharing import shared
from backend.identity.web import ActorDep, SessionDep, allow
from backend.operations.alarmload import commands
from backend.operations.alarmload.figures import PRIORITY, SPLIT
from backend.operations.alarmload.following import followed
from backend.operations.alarmload.overview import USUAL, Overview, asked_of, overview
from backend.operations.alarmload.queries import load as queries
from backend.operations.alarmload.queries.load import Asked, Which
from backend.operations.alarmload.wording import DONE, LISTS, PARTS, PERIODS, PRIORITIES, cards

router = APIRouter(prefix="/alarm-load")

_Word = Annotated[str, Query(max_length=40)]
_Id = Annotated[int | None, Query(ge=1, lt=2**63)]


@router.get("", dependencies=[allow("operations.see")])
async def board_page(
    request: Request, session: SessionDep, actor: ActorDep, period: _Word = USUAL, within: _Word = "", done: str = ""
) -> Response:
    """The figures of a period and a part of the site."""
    return await _board(request, session, actor, period=period, within=within, done=DONE.get(done, ""))


@router.post("/operators", dependencies=[allow("rules.edit")])
async def say_operators(
    request: Request, session: SessionDep, actor: ActorDep, operators: Annotated[str, Form(max_length=20)] = ""
) -> Response:
    """Take how many operators bear the site's alarms."""
    try:
        async with session.begin_nested():
            await commands.set_operators(session, actor, operators)
    except Invalid as refused:
        return await _board(request, session, actor, typed=operators, refused=refused)
    return RedirectResponse("/alarm-load?done=operators", 303)


@router.get("/rows", dependencies=[allow("operations.see")])
@alike
async def rows_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    which: _Word = Which.RAISED,
    period: _Word = USUAL,
    within: _Word = "",
    since: _Word = "",
    until: _Word = "",
    rule: _Id = None,
    alarm: _Id = None,
    priority: _Word = "",
) -> Response:
    """The alarms that a figure or a mark counts, the newest first."""
    kind = Which(which) if which in set(Which) else Which.RAISED
    usual = asked_of(period, within)
    asked = Asked(_moment(since) or usual.from_at, _moment(until) or usual.to_at, usual.within, usual.id)
    levels = tuple(level for level, of in PRIORITY.items() if of == priority)
    found = await queries.rows(session, actor, asked, kind, rule_id=rule, alarm_id=alarm, levels=levels)
    return render(
        request,
        "operations/alarm_rows.html",
        words=LISTS[kind],
        asked=asked,
        now_only=kind == Which.STALE,
        rows=found,
        full=len(found) >= queries.PAGE,
        back=_address("/alarm-load", period=period, within=within),
    )


async def _board(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    *,
    period: str = USUAL,
    within: str = "",
    done: str = "",
    typed: str | None = None,
    refused: Invalid | None = None,
) -> Response:
    period = period if period in PERIODS else USUAL
    rows_url = partial(_address, "/alarm-load/rows", period=period, within=within)
    figures = await shared(
        request,
        session,
        actor,
        "alarm load",
        (period, within),
        partial(_figures, request, session, actor, period=period, within=within, rows_url=rows_url),
    )
    found = figures.found
    response: Response = render(
        request,
        "operations/alarm_load.html",
        found=found,
        figures=figures,
        period=period,
        periods={key: (words, _address("/alarm-load", period=key, within=within)) for key, words in PERIODS.items()},
        within=within,
        priorities=PRIORITIES,
        wanted_split=SPLIT,
        rows_url=rows_url,
        followed=await followed(session, actor),
        edits=actor.can("rules.edit"),
        typed=typed if typed is not None else (str(found.operators) if found.operators_said else ""),
        errors=refused.fields if refused else {},
        done=done,
    )
    response.status_code = refused.status if refused else 200
    return response


@dataclass(frozen=True)
class _Figures:
    """What is the same for all who look at it: counted, and the pieces that cost most to draw."""

    found: Overview
    filter: Markup
    cards: Markup
    course: Markup


async def _figures(
    request: Request, session: AsyncSession, actor: Actor, *, period: str, within: str, rows_url: Callable[..., str]
) -> _Figures:
    found = await overview(session, actor, asked_of(period, within), period)
    draw = partial(drawn, request, found=found, rows_url=rows_url)
    parts = await queries.parts(session, actor)
    return _Figures(
        found,
        draw("operations/alarm_load_filter.html", parts=parts, part_names=PARTS, period=period, within=within),
        draw("operations/alarm_load_cards.html", cards=cards(found)),
        draw("operations/alarm_load_course.html", zone=actor.time_zone) if found.alarms else Markup(),
    )


def _moment(word: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(word), UTC) if word.isascii() and word.isdigit() else None
    except (ValueError, OverflowError, OSError):
        return None


def _address(path: str, **parts: Any) -> str:
    """``path`` with what is asked for; what is usual is left out."""
    said = {name: str(part) for name, part in parts.items() if part not in (None, "")}
    if said.get("period") == USUAL:
        said.pop("period")
    return f"{path}?{urlencode(said)}" if said else path
