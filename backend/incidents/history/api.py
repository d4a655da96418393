"""The history for programs, with the permissions of the pages. Parameters are those of its pages' addresses."""

from datetime import date, datetime
from typing import Annotated

from fastapi import Depends, Query
from pydantic import BaseModel

from backend.core.clock import now
from backend.core.paging import cut
from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.history.against import comparison
from backend.incidents.history.asked import Asked
from backend.incidents.history.comparing import Compared, Figures, Metric
from backend.incidents.history.overview import overview
from backend.incidents.history.periods import Period
from backend.incidents.history.queries.names import places
from backend.incidents.history.queries.rows import PAGE, Row, page
from backend.incidents.shapes import IncidentOut

router = APIRouter(prefix="/api/v1/incidents/history", tags=["incidents"])

AskedDep = Annotated[Asked, Depends()]


class PeriodOut(BaseModel):
    """From ``since`` to before ``until``, UTC; ``since`` is null where the site has had no incident yet."""

    since: datetime | None
    until: datetime


class FiguresOut(BaseModel):
    """Figures of a period; times are medians in minutes from the first sign, of so many incidents that have ended."""

    days: float
    count: int
    major: int
    again: int
    hurt: int
    warned: int
    injured: int
    deaths: int
    loss_yuan: float
    contain_minutes: float | None
    contain_of: int
    close_minutes: float | None
    close_of: int


class StepOut(BaseModel):
    """A step of the trend that begins on ``first``, in the site's zone."""

    first: date
    levels: dict[str, int]


class CauseOut(BaseModel):
    """``code``: a cause of the library, a bare place (``equipment:3``: where, not why), ``other``, or empty: unknown.

    ``confirmed``: of ``count``, where a person confirmed it; in the others a trace names it first.
    """

    code: str
    name: str
    name_en: str
    count: int
    confirmed: int


class PlaceOut(BaseModel):
    """How many incidents a stage or a piece of equipment had; null: at none."""

    id: int | None
    count: int


class HourOut(BaseModel):
    """Weekday from 1 (Monday), and the first hour of a stretch of four, in the site's zone."""

    weekday: int
    hour: int
    count: int


class OverviewOut(BaseModel):
    """All counts of what was asked for; ``step`` is how the trend is cut."""

    period: PeriodOut
    total: int
    figures: FiguresOut
    step: str
    trend: list[StepOut]
    levels: dict[str, int]
    kinds: dict[str, int]
    causes: list[CauseOut]
    stages: list[PlaceOut]
    equipment: list[PlaceOut]
    hours: list[HourOut]


class RowOut(IncidentOut):
    """An incident of the history. ``area_id`` is that of its equipment where it has none of its own; ``again``: came
    again; ``warned``: an early warning had come before."""

    stage_id: int | None
    cause: str
    confirmed: bool
    again: bool
    warned: bool
    injured: int | None
    deaths: int | None
    loss_yuan: float | None


class RowsOut(BaseModel):
    """The newest first; ``following`` goes into ``before`` for older ones."""

    incidents: list[RowOut]
    following: int | None


class ComparedOut(BaseModel):
    """A figure of both periods. ``p``: of so great a difference by chance, adjusted for how many are looked at, null
    where it isn't tested; ``verdict``: ``more``, ``fewer``, ``chance``, ``unknown`` or ``untested``."""

    metric: str
    now: float | None
    then: float | None
    now_of: int
    then_of: int
    ratio: float | None
    p: float | None
    verdict: str


class ComparisonOut(BaseModel):
    """Two periods; ``incomplete``: the earlier one began before the site's first incident."""

    period: PeriodOut
    other: PeriodOut
    figures: list[ComparedOut]
    incomplete: bool


@router.get("", dependencies=[allow("incidents.see")])
async def read_history(session: SessionDep, actor: ActorDep, asked: AskedDep) -> OverviewOut:
    """Counts over time, by level, kind, cause, stage, equipment, and weekday × hour."""
    seen = await overview(session, actor, asked.read(now(), actor.zone), await places(session, actor))
    counts = seen.counts
    steps: dict[date, dict[str, int]] = {}
    for (first, level), count in sorted(counts.trend.items()):
        steps.setdefault(first, {})[level] = count
    return OverviewOut(
        period=_period(seen.period),
        total=counts.total,
        figures=_figures(seen.figures),
        step=seen.step,
        trend=[StepOut(first=first, levels=levels) for first, levels in steps.items()],
        levels=counts.levels,
        kinds=dict(counts.kinds),
        causes=[
            CauseOut(
                code=code,
                name=seen.causes[code].name if code else "",
                name_en=seen.causes[code].name_en if code else "",
                count=count,
                confirmed=counts.confirmed.get(code, 0),
            )
            for code, count in counts.causes.items()
        ],
        stages=[PlaceOut(id=id_, count=count) for id_, count in counts.stages.items()],
        equipment=[PlaceOut(id=id_, count=count) for id_, count in counts.equipment.items()],
        hours=[HourOut(weekday=day, hour=hour, count=count) for (day, hour), count in sorted(counts.hours.items())],
    )


@router.get("/rows", dependencies=[allow("incidents.see")])
async def read_rows(
    session: SessionDep, actor: ActorDep, asked: AskedDep, before: Annotated[int | None, Query(ge=1, lt=2**63)] = None
) -> RowsOut:
    """A page of the incidents."""
    found, last = cut(await page(session, actor, asked.read(now(), actor.zone), before), PAGE)
    return RowsOut(incidents=[_row(row) for row in found], following=last.incident.id if last else None)


@router.get("/compare", dependencies=[allow("incidents.see")])
async def read_comparison(session: SessionDep, actor: ActorDep, asked: AskedDep) -> ComparisonOut:
    """Its figures beside those of another period: ``against`` is ``previous``, ``year`` or ``custom``."""
    found = await comparison(session, actor, asked, asked.read(now(), actor.zone))
    return ComparisonOut(
        period=_period(found.period),
        other=_period(found.other),
        figures=[_compared(one) for one in found.rows],
        incomplete=found.begins is not None,
    )


def _period(period: Period) -> PeriodOut:
    return PeriodOut(since=period.since, until=period.until)


def _figures(found: Figures) -> FiguresOut:
    counted = ("days", "count", "major", "again", "hurt", "warned", "injured", "deaths")
    return FiguresOut(
        **{name: getattr(found, name) for name in counted},
        loss_yuan=found.loss,
        contain_minutes=found.value(Metric.CONTAIN),
        contain_of=found.of(Metric.CONTAIN),
        close_minutes=found.value(Metric.CLOSE),
        close_of=found.of(Metric.CLOSE),
    )


def _row(row: Row) -> RowOut:
    one = row.incident.model_dump(include=set(RowOut.model_fields) - {"area_id"})
    return RowOut(
        **one,
        area_id=row.area.id if row.area else None,
        stage_id=row.stage.id if row.stage else None,
        cause=row.cause,
        confirmed=row.confirmed,
        again=row.again,
        warned=row.warned,
    )


def _compared(one: Compared) -> ComparedOut:
    return ComparedOut(
        metric=one.metric,
        now=one.now.value(one.metric),
        then=one.then.value(one.metric),
        now_of=one.now.of(one.metric),
        then_of=one.then.of(one.metric),
        ratio=one.ratio,
        p=one.p,
        verdict=one.verdict,
    )
