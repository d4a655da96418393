"""The walk from the root to the symptom: each step of the path with its readings around the moment it moved."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.errors import N_
from backend.identity.actor import Actor
from backend.live.charting import LEFT, RIGHT, Tick, Trend, trend
from backend.live.queries import limit_marks, series
from backend.live.views import Series
from backend.tracing.queries import NodeName, TraceView
from backend.tracing.steps import Step, steps_of

BEFORE_SHARE, BEFORE_LEAST = 0.6, timedelta(seconds=20)
"""How much is shown before the first step moved, as a share of what came after it."""
MOST_STEPS = 12
TABLE_ROWS = 30


@dataclass(frozen=True, slots=True)
class Onset:
    """Where the chart marks the onset: the moment itself, and the stretch within which it lies."""

    at: float
    earliest: float
    width: float
    words: str = N_("开始变化")


@dataclass(frozen=True, slots=True)
class Reading:
    """A row of the table behind a chart."""

    at: datetime
    value: float
    moved: bool
    """Whether it was read after the onset."""


@dataclass(frozen=True, slots=True)
class WalkedStep:
    """One step as the page shows it; no chart for equipment, or where there are no readings."""

    number: int
    step: Step
    name: NodeName
    equipment: NodeName | None
    chart: Trend | None
    onset: Onset | None
    readings: tuple[Reading, ...]


async def walk(session: AsyncSession, actor: Actor, view: TraceView, rank: int) -> list[WalkedStep]:
    """The steps of the cause at ``rank`` (from 0), none where the trace has no such cause."""
    causes = view.result["causes"]
    if not 0 <= rank < len(causes):
        return []
    steps = steps_of(view.result, causes[rank])[:MOST_STEPS]
    since, until = _span(view, steps)
    return [
        await _walked(session, actor, view, number, step, since, until) for number, step in enumerate(steps, start=1)
    ]


def convincing(walked: Sequence[WalkedStep]) -> list[WalkedStep]:
    """The two or three charts that convince: where it begins, the first step on the way that moved, the symptom."""
    drawn = [one for one in walked if one.chart]
    between = [one for one in drawn[1:-1] if one.onset]
    return [*drawn[:1], *between[:1], *drawn[1:][-1:]]


def _span(view: TraceView, steps: list[Step]) -> tuple[datetime, datetime]:
    """From some time before the first movement to the end of the trace's readings: the same for all steps."""
    until = view.trace.window_to
    begun = [step.onset_at for step in steps if step.onset_at]
    first = min([*begun, *([view.started_at] if view.started_at else [])], default=view.trace.window_from)
    since = max(first - max((until - first) * BEFORE_SHARE, BEFORE_LEAST), view.trace.window_from)
    return (since, until) if since < until else (until - BEFORE_LEAST, until)


async def _walked(
    session: AsyncSession, actor: Actor, view: TraceView, number: int, step: Step, since: datetime, until: datetime
) -> WalkedStep:
    name = view.name(step.node)
    equipment = view.equipment_name(name.equipment_id)
    kind, _, id_ = step.node.partition(":")
    if kind != "point":
        return WalkedStep(number, step, name, equipment, None, None, ())
    read = await series(session, actor, int(id_), since, until)
    limits = await limit_marks(session, actor, [int(id_)])
    drawn = trend(
        read,
        limits.get(int(id_), []),
        since,
        until,
        zone=actor.zone,
        decimals=name.decimals,
        usual_interval_s=_usual_interval_s(read),
    )
    chart = replace(drawn, times=_ticks(actor, since, until)) if drawn else None
    return WalkedStep(
        number, step, name, equipment, chart, _onset(step, since, until) if chart else None, _table(read, step)
    )


def _usual_interval_s(read: Series) -> float | None:
    """Median distance of the readings, so that only a real gap breaks the line."""
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(read.at)]
    return median(gaps) if gaps else None


def _ticks(actor: Actor, since: datetime, until: datetime) -> tuple[Tick, ...]:
    """Beginning, middle and end, with seconds: a path is often run through within a minute."""
    form = "%H:%M:%S" if until - since < timedelta(hours=1) else "%m-%d %H:%M"
    moments = (since, since + (until - since) / 2, until)
    return tuple(Tick(_x(at, since, until), at.astimezone(actor.zone).strftime(form)) for at in moments)


def _onset(step: Step, since: datetime, until: datetime) -> Onset | None:
    if step.onset_at is None or step.earliest is None or step.latest is None:
        return None
    first, last = (_x(at, since, until) for at in (step.earliest, step.latest))
    return Onset(_x(step.onset_at, since, until), first, max(last - first, 2.0))


def _x(moment: datetime, since: datetime, until: datetime) -> float:
    """Place of a moment in the chart's box, held within it."""
    share = (moment - since) / (until - since)
    return round(LEFT + (RIGHT - LEFT) * min(max(share, 0.0), 1.0), 1)


def _table(read: Series, step: Step) -> tuple[Reading, ...]:
    """The newest readings, newest first."""
    rows = zip(read.at, read.mean, strict=True)
    readings = [Reading(at, value, step.onset_at is not None and at >= step.onset_at) for at, value in rows]
    return tuple(reversed(readings[-TABLE_ROWS:]))
