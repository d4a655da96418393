"""Which grave sources nothing holds: no measure at all, or one that nobody checks or keeps any more. Pure.

What is at stake at a source in 90 days is its expected loss: risk points a week of its place (what was recorded there,
and what its present level lets expect, ``rounds.shrunk``) times 90 / 7. A measure that holds is reckoned to bring it
down by one level, to a third (``rounds.WEIGHTS``): two thirds are spared.
"""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from backend.core.errors import N_
from backend.operations.decisions.rounds import WEIGHTS, shrunk

GRAVE = ("major", "significant")
"""Lower ones may be held by the rules that hold everywhere."""
SPARED = 2 / 3
WEEKS_AHEAD = 90 / 7
LEAST_MISSED = 2
MISSED_SHARE = 0.5
"""A check counts as not done where so many visits of 30 days, and so great a share, were missed."""


class Why(enum.StrEnum):
    """What is wrong with how a source is held, the worst first."""

    NONE = "none"
    STOPPED = "stopped"
    LATE = "late"
    MISSED = "missed"


WORDS = {
    Why.NONE: N_("没有管控措施"),
    Why.STOPPED: N_("检查或保养措施的计划已停用"),
    Why.LATE: N_("保养措施的计划逾期"),
    Why.MISSED: N_("检查措施的巡检漏了一半以上"),
}


@dataclass(frozen=True)
class Measure:
    """A measure in force, with what checks it (``plan``) or keeps it (``upkeep``); None: nothing does."""

    id: int
    words: str
    words_en: str
    plan_id: int | None = None
    plan_active: bool = True
    visits: int = 0
    missed: int = 0
    upkeep_id: int | None = None
    upkeep_active: bool = True
    upkeep_late: bool = False


@dataclass(frozen=True)
class Source:
    """A source in use at its present level. ``points``, ``times``: recorded at its place in ``weeks``; ``refs``: those
    records."""

    id: int
    risk_point_id: int
    name: str
    name_en: str
    level: str
    points: float
    times: int
    equipment_id: int | None = None
    measures: Sequence[Measure] = ()
    refs: Sequence[str] = ()


@dataclass(frozen=True)
class Gap:
    """A source that isn't held, why, the measures concerned, and risk points of 90 days that holding it spares."""

    source: Source
    why: Why
    measures: Sequence[Measure] = field(default_factory=tuple)
    spares: float = 0.0


def gaps(sources: Sequence[Source], weeks: float) -> list[Gap]:
    """Grave sources that aren't held, those at which most is at stake first."""
    weights = sum(WEIGHTS.get(one.level, 1.0) for one in sources)
    mean = sum(one.points for one in sources) / weeks / weights if weights else 0.0
    found = []
    for one in sources:
        if one.level not in GRAVE:
            continue
        why, wrong = _lacking(one.measures)
        if why is not None:
            a_week = shrunk(one.points, weeks, WEIGHTS[one.level], mean)
            found.append(Gap(one, why, wrong, a_week * WEEKS_AHEAD * SPARED))
    order = list(Why)
    return sorted(found, key=lambda gap: (-gap.spares, -WEIGHTS[gap.source.level], order.index(gap.why), gap.source.id))


def _lacking(measures: Sequence[Measure]) -> tuple[Why | None, Sequence[Measure]]:
    if not measures:
        return Why.NONE, ()
    tests: Mapping[Why, Sequence[Measure]] = {
        Why.STOPPED: [one for one in measures if not (one.plan_active and one.upkeep_active)],
        Why.LATE: [one for one in measures if one.upkeep_late],
        Why.MISSED: [one for one in measures if one.missed >= max(LEAST_MISSED, MISSED_SHARE * one.visits)],
    }
    return next(((why, wrong) for why, wrong in tests.items() if wrong), (None, ()))
