"""What pages show of a point, judged for staleness and range. Pure: values and moments in, values out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from backend.alarms.models import Level
from backend.telemetry.models import Quality

STALE_INTERVALS = 3.0
STALE_AT_LEAST_S = 30.0
STALE_UNKNOWN_S = 600.0
"""Without a known interval a value counts as stale after ten minutes."""

LEVEL_ORDER: dict[str, int] = {
    Level.MAJOR: 4,
    Level.SIGNIFICANT: 3,
    Level.GENERAL: 2,
    Level.LOW: 1,
}


@dataclass(frozen=True, slots=True)
class LimitMark:
    """A limit that a rule watches, for the trend and the list."""

    name: str
    value: float
    level: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Spark:
    """A sparkline: the path in a box of 100 × 28, and what it spans in words."""

    path: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LivePoint:
    """A point and its latest value; ``at`` UTC, None when it never spoke."""

    id: int
    code: str
    name: str
    name_en: str
    unit: str
    decimals: int
    kind: str
    manipulated: bool
    equipment_id: int | None
    range_low: float | None
    range_high: float | None
    expected_interval_s: float | None
    at: datetime | None = None
    value: float | None = None
    quality: int = 0
    level: str = ""
    """Worst level of its open alarms; empty without one."""
    limits: tuple[LimitMark, ...] = ()
    spark: Spark | None = None
    now: datetime | None = None

    @property
    def shown(self) -> str:
        """The value with the point's decimals; a dash when there is none."""
        return "—" if self.value is None else f"{self.value:.{max(0, min(self.decimals, 6))}f}"

    @property
    def stale_after_s(self) -> float:
        """Age from which the value no longer says how things are."""
        if self.expected_interval_s is None:
            return STALE_UNKNOWN_S
        return max(STALE_INTERVALS * self.expected_interval_s, STALE_AT_LEAST_S)

    @property
    def stale(self) -> bool:
        """Whether the value is too old, or there is none."""
        if self.at is None or self.now is None:
            return True
        return (self.now - self.at).total_seconds() > self.stale_after_s

    @property
    def out_of_range(self) -> bool:
        """Whether the value is one that the instrument can't mean."""
        return bool(self.quality & Quality.OUT_OF_RANGE)

    @property
    def stuck(self) -> bool:
        """Whether the value stands still as a healthy instrument wouldn't."""
        return bool(self.quality & Quality.STUCK)


@dataclass(frozen=True, slots=True)
class Series:
    """A point over time: mean, least and greatest of each cell that has readings; moments UTC."""

    at: list[datetime]
    mean: list[float]
    low: list[float]
    high: list[float]
    cell_s: float


@dataclass(frozen=True, slots=True)
class OpenLevels:
    """Worst level of open alarms, by id."""

    areas: Mapping[int, str] = field(default_factory=dict)
    equipment: Mapping[int, str] = field(default_factory=dict)
    points: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EquipmentCard:
    """Equipment in the list under the plan."""

    id: int
    name: str
    name_en: str
    level: str
    points: tuple[LivePoint, ...]


@dataclass(frozen=True, slots=True)
class AreaRow:
    """An area with the worst of its open alarms and how much equipment stands there."""

    id: int
    name: str
    name_en: str
    level: str
    equipment: int


@dataclass(frozen=True, slots=True)
class Board:
    """现场: equipment listed, the point shown on each mark of the plan. ``areas`` lead to what isn't listed, none when
    all is; ``found``: how much equipment would be listed."""

    cards: tuple[EquipmentCard, ...]
    shown: Mapping[int, LivePoint]
    areas: tuple[AreaRow, ...] = ()
    found: int = 0


def worst(levels: Iterable[str]) -> str:
    """The gravest of ``levels``; empty when there is none."""
    return max(levels, key=lambda level: LEVEL_ORDER.get(level, 0), default="")


def key_values(cards: Sequence[EquipmentCard]) -> dict[int, LivePoint]:
    """The one point a plan shows on each equipment mark: in alarm first, else the first that is measured."""
    chosen: dict[int, LivePoint] = {}
    for card in cards:
        measured = [point for point in card.points if not point.manipulated] or list(card.points)
        if measured:
            chosen[card.id] = max(measured, key=lambda point: LEVEL_ORDER.get(point.level, 0))
    return chosen


def spark_of(cells: Sequence[tuple[int, float]], count: int) -> Spark | None:
    """A sparkline from (cell, value) of ``count`` cells, in a box of 100 × 28; None for fewer than two."""
    if len(cells) < 2:
        return None
    values = [value for _, value in cells]
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    steps = [f"{100 * cell / max(count - 1, 1):.1f} {26 - 24 * (value - low) / span:.1f}" for cell, value in cells]
    return Spark("M" + "L".join(steps), low, high)
