"""The distribution for programs, with the permissions of the pages. Parameters are those of its pages' addresses."""

from datetime import date, datetime
from typing import Annotated

from fastapi import Depends, Query
from pydantic import BaseModel

from backend.core.clock import now
from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.history.periods import Period
from backend.operations.distribution.asked import Asked
from backend.operations.distribution.overview import Overview, overview
from backend.operations.distribution.queries.names import known
from backend.operations.distribution.queries.rows import After, Row, page

router = APIRouter(prefix="/api/v1/distribution", tags=["distribution"])

AskedDep = Annotated[Asked, Depends()]


class PeriodOut(BaseModel):
    """From ``since`` to before ``until``, UTC."""

    since: datetime | None
    until: datetime


class SourceOut(BaseModel):
    """A source's count beside that of the compared period. ``p``: of so great a difference by chance; ``verdict``:
    ``more``, ``fewer``, ``chance``, ``same`` or ``unknown``. ``levels`` and ``types`` are of the source's own scale;
    the type "" isn't known."""

    count: int
    before: int | None
    p: float | None
    verdict: str
    levels: dict[str, int]
    types: dict[str, int]


class StepOut(BaseModel):
    """A step of the trend that begins on ``first``, in the site's zone."""

    first: date
    source: str
    level: str
    count: int


class AccidentOut(BaseModel):
    """How many hazards or incidents have an accident type by GB 6441-2025, "" : nobody told it, beside the compared
    period (null: there is none). Alarms have no type and are in none of them."""

    source: str
    accident: str
    count: int
    before: int | None


class PlaceOut(BaseModel):
    """How many lie at a place, team or post; null: at none."""

    id: int | None
    count: int


class CauseOut(BaseModel):
    """``code`` as in the history of incidents; of ``count`` people confirmed ``confirmed``; a trace infers the rest."""

    code: str
    name: str
    name_en: str
    count: int
    confirmed: int


class CellOut(BaseModel):
    """A stage and a cause together."""

    stage_id: int | None
    cause: str
    count: int


class HourOut(BaseModel):
    """Weekday from 1 (Monday), and the first hour of a stretch of two, in the site's zone."""

    weekday: int
    hour: int
    count: int


class ConcentrationOut(BaseModel):
    """``few`` of ``places`` areas hold ``share`` of ``n``. ``gini`` stands beside what chance alone gives."""

    few: int
    places: int
    share: float
    n: int
    gini: float
    chance: float
    small: bool


class AdviceOut(BaseModel):
    """What is advised (Chinese), by which rule, and the rows that call for it: ``count`` of ``of``."""

    source: str | None
    parameter: str
    value: str
    count: int
    of: int
    words: str
    basis: str


class OverviewOut(BaseModel):
    """All counts of what was asked for; ``incomplete``: the compared period began before the site's first record;
    ``step`` is how the trend is cut."""

    period: PeriodOut
    other: PeriodOut | None
    total: int
    sources: dict[str, SourceOut]
    incomplete: bool
    step: str
    trend: list[StepOut]
    accidents: list[AccidentOut]
    areas: list[PlaceOut]
    stages: list[PlaceOut]
    teams: list[PlaceOut]
    posts: list[PlaceOut]
    causes: list[CauseOut]
    matrix: list[CellOut]
    hours: list[HourOut]
    concentration: ConcentrationOut | None
    advice: list[AdviceOut]


class RowOut(BaseModel):
    """A fact. ``accident``: "" not told, null of an alarm. ``probability``: of a cause that a trace infers and nobody
    has confirmed."""

    source: str
    kind: str
    id: int
    number: str
    title: str
    title_en: str
    url: str
    at: datetime
    level: str
    type: str
    accident: str | None
    equipment_id: int | None
    area_id: int | None
    stage_id: int | None
    team_id: int | None
    post_id: int | None
    cause: str
    confirmed: bool
    probability: float | None


class RowsOut(BaseModel):
    """The newest first; ``following`` goes into ``after`` for older ones."""

    rows: list[RowOut]
    following: str | None


@router.get("", dependencies=[allow("operations.see")])
async def read_distribution(session: SessionDep, actor: ActorDep, asked: AskedDep) -> OverviewOut:
    """Counts by source, level, type, accident type, place, team, post, cause, weekday × hour and over time, always
    counted anew."""
    wanted = asked.read(now(), actor.zone)
    seen = await overview(session, actor, wanted, await known(session, actor))
    counts = seen.counts
    sources = {}
    for source in wanted.sources:
        compared = seen.compared.get(source)
        sources[str(source)] = SourceOut(
            count=counts.totals.get(source, 0),
            before=seen.before.totals.get(source, 0) if compared else None,
            p=compared.p if compared else None,
            verdict=compared.verdict if compared else "unknown",
            levels={level: n for (of, level), n in counts.levels.items() if of == source},
            types={type_: n for (of, type_), n in counts.types.items() if of == source},
        )
    causes = (
        CauseOut(
            code=code,
            name=seen.causes[code].name if code else "",
            name_en=seen.causes[code].name_en if code else "",
            count=n,
            confirmed=counts.confirmed.get(code, 0),
        )
        for code, n in counts.causes.items()
    )
    heaped = seen.concentration
    return OverviewOut(
        period=_period(wanted.period),
        other=_period(wanted.other) if wanted.other else None,
        total=counts.total,
        sources=sources,
        incomplete=seen.begins is not None,
        step=wanted.step,
        trend=[
            StepOut(first=first, source=source, level=level, count=n)
            for (first, source, level), n in sorted(counts.trend.items())
        ],
        accidents=_accidents(seen),
        areas=_places(counts.areas),
        stages=_places(counts.stages),
        teams=_places(counts.teams),
        posts=_places(counts.posts),
        causes=list(causes),
        matrix=[CellOut(stage_id=stage, cause=cause, count=n) for (stage, cause), n in counts.matrix.items()],
        hours=[HourOut(weekday=day, hour=hour, count=n) for (day, hour), n in sorted(counts.hours.items())],
        concentration=ConcentrationOut(**vars(heaped), small=heaped.small) if heaped else None,
        advice=[
            AdviceOut(
                **{name: getattr(one, name) for name in ("source", "parameter", "value", "count", "of")},
                words=one.rule.words,
                basis=one.rule.basis,
            )
            for one in seen.advice
        ],
    )


@router.get("/rows", dependencies=[allow("operations.see")])
async def read_rows(
    session: SessionDep, actor: ActorDep, asked: AskedDep, after: Annotated[str, Query(max_length=80)] = ""
) -> RowsOut:
    """A page of the rows across sources."""
    place = After.parse(after) if after else None
    found, following = await page(session, actor, asked.read(now(), actor.zone), place)
    return RowsOut(rows=[_row(row) for row in found], following=str(following) if following else None)


def _period(period: Period) -> PeriodOut:
    return PeriodOut(since=period.since, until=period.until)


def _accidents(seen: Overview) -> list[AccidentOut]:
    then = seen.before.accidents
    return [
        AccidentOut(
            source=source,
            accident=accident,
            count=seen.counts.accidents.get((source, accident), 0),
            before=then.get((source, accident), 0) if seen.wanted.other else None,
        )
        for source, accident in sorted(seen.counts.accidents.keys() | then.keys())
    ]


def _places(counts: dict[int | None, int]) -> list[PlaceOut]:
    return [PlaceOut(id=id_, count=n) for id_, n in counts.items()]


def _row(row: Row) -> RowOut:
    return RowOut(**{name: getattr(row, name) for name in RowOut.model_fields})
