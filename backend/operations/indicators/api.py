"""Indicators for programs, with the permissions of the pages. Parameters are those of its pages' addresses."""

from datetime import date, datetime
from typing import Annotated

from fastapi import Depends, Query
from pydantic import BaseModel

from backend.core.clock import now
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.operations.indicators.asked import Asked, known, today_of
from backend.operations.indicators.figures import Figure
from backend.operations.indicators.overview import Card, breakdown, cards
from backend.operations.indicators.queries.reading import WHOLE, counted_until, members
from backend.operations.indicators.queries.rows import MOST_EXPORTED, PAGE, Row, Rows, rows

router = APIRouter(prefix="/api/v1/indicators", tags=["indicators"])
AskedDep = Annotated[Asked, Depends()]


class FigureOut(BaseModel):
    """``value``: a share 0 … 1, seconds, or cases a post; null: nothing to count. ``guard``: ``ok``, ``few`` (fewer
    than 20) or ``none``. ``low``, ``high``: the 95 % interval."""

    kind: str
    value: float | None
    guard: str
    n: int
    numerator: int
    denominator: int
    low: float | None
    high: float | None
    p90: float | None


class StepOut(BaseModel):
    """Days from ``first`` to before ``until``, of the site."""

    first: date
    until: date
    figure: FigureOut


class PartOut(BaseModel):
    """Who makes up most of the gap: ``share`` of it, with ``misses`` of ``of``."""

    dimension: str
    member_id: int
    misses: int
    of: int
    share: float


class IndicatorOut(BaseModel):
    """One indicator; ``as_of``: what had come true by then is counted."""

    code: str
    name: str
    formula: str
    first: date
    until: date
    as_of: datetime | None
    now: FigureOut
    before: FigureOut
    target: float
    target_version: int
    weak: bool
    why: PartOut | None
    beside: dict[str, FigureOut]
    trend: list[StepOut]


class BarOut(BaseModel):
    """A member of a dimension; id 0: belongs to none."""

    member_id: int
    name: str
    name_en: str
    gap: float
    figure: FigureOut


class WholeOut(IndicatorOut):
    """With its breakdown by dimension."""

    by: dict[str, list[BarOut]]


class RowOut(BaseModel):
    """A row that is counted; ``numerator`` of an effect: cases after, ``denominator``: before. ``at`` UTC."""

    kind: str
    id: int
    at: datetime
    numerator: int
    denominator: int
    seconds: float | None
    reason: str
    title: str
    url: str


@router.get("", dependencies=[allow("operations.see")])
async def all_of_them(session: SessionDep, actor: ActorDep, asked: AskedDep) -> list[IndicatorOut]:
    """Each indicator in the period and scope."""
    found = await cards(session, actor, asked.read_scope(), asked.read_window(today_of(actor)))
    as_of = await counted_until(session, actor)
    return [IndicatorOut(**_card(one, actor, asked, as_of)) for one in found]


@router.get("/{indicator}", dependencies=[allow("operations.see")])
async def one_of_them(session: SessionDep, actor: ActorDep, indicator: str, asked: AskedDep) -> WholeOut:
    """One indicator with its breakdown."""
    one, scope, window = known(indicator), asked.read_scope(), asked.read_window(today_of(actor))
    (card,) = await cards(session, actor, scope, window, one.code)
    names = await members(session, actor)
    within = scope if scope.dimension == "team" else WHOLE
    bars = await breakdown(session, actor, one, within, window, card.target.value, names)
    by = {
        dimension: [
            BarOut(
                member_id=bar.member.id,
                name=bar.member.name,
                name_en=bar.member.name_en,
                gap=bar.gap,
                figure=_figure(bar.figure),
            )
            for bar in listed
        ]
        for dimension, listed in bars.items()
    }
    return WholeOut(**_card(card, actor, asked, await counted_until(session, actor)), by=by)


@router.get("/{indicator}/rows", dependencies=[allow("operations.see")])
async def its_rows(
    session: SessionDep,
    actor: ActorDep,
    indicator: str,
    asked: AskedDep,
    past: Annotated[int, Query(ge=0, le=MOST_EXPORTED)] = 0,
) -> list[RowOut]:
    """The rows that it counts, newest first, 50 at once."""
    one = known(indicator)
    wanted = Rows(asked.read_measure(one), asked.read_window(today_of(actor)), asked.read_scope(), asked.read_counted())
    found = await rows(session, actor, wanted, await counted_until(session, actor) or now(), past, PAGE)
    return [_row(row) for row in found]


def _row(row: Row) -> RowOut:
    return RowOut(
        kind=row.kind,
        id=row.id,
        at=row.at,
        numerator=row.counted,
        denominator=row.base,
        seconds=row.seconds,
        reason=row.reason,
        title=row.title,
        url=row.url,
    )


def _figure(one: Figure) -> FigureOut:
    return FigureOut(
        kind=one.kind,
        value=one.value,
        guard=one.guard,
        n=one.n,
        numerator=one.counted,
        denominator=one.base,
        low=one.low,
        high=one.high,
        p90=one.p90,
    )


def _card(one: Card, actor: Actor, asked: Asked, as_of: datetime | None) -> dict[str, object]:
    window = asked.read_window(today_of(actor))
    why = one.why
    return {
        "code": one.indicator.code,
        "name": one.indicator.name,
        "formula": one.indicator.formula,
        "first": window.first,
        "until": window.until,
        "as_of": as_of,
        "now": _figure(one.now),
        "before": _figure(one.before),
        "target": one.target.value,
        "target_version": one.target.version,
        "weak": one.weak,
        "why": PartOut(dimension=why.dimension, member_id=why.member_id, misses=why.misses, of=why.of, share=why.share)
        if why
        else None,
        "beside": {code: _figure(figure) for code, figure in one.beside.items()},
        "trend": [StepOut(first=s.window.first, until=s.window.until, figure=_figure(s.figure)) for s in one.trend],
    }
