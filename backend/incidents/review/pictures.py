"""The pictures of a report as numbers, for pages and printers: the strip of what happened, the courses. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import pairwise
from statistics import median
from typing import Any, ClassVar

from backend.incidents.charts import Mark, x_at
from backend.live.charting import Trend, trend
from backend.live.views import Series

WIDTH = 354.0
LEFT = 6.0
ENDS = {"contained", "closed"}
SIGNS = {"alarm", "warning", "opened", "reported", "joined", "flared"}


@dataclass(frozen=True)
class Dot:
    """One thing on the strip: ``x`` of ``WIDTH``, ``lane`` 0 signs, 1 what people did, 2 how it ended."""

    x: float
    lane: int
    what: str


@dataclass(frozen=True)
class Strip:
    """What happened, left to right in time."""

    kind: ClassVar[str] = "strip"
    dots: tuple[Dot, ...]
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Course:
    """How a point went, with what was done marked."""

    kind: ClassVar[str] = "course"
    name: dict[str, str]
    unit: str
    decimals: int
    series: Series
    trend: Trend
    marks: tuple[Mark, ...]
    """Where something was done."""


@dataclass(frozen=True)
class Drawn:
    """A row of a chart: its name, when it was (epoch seconds), a value a series (None: nothing to say), and the same as
    people read them."""

    words: str
    at: float
    values: tuple[float | None, ...]
    says: tuple[str, ...]


@dataclass(frozen=True)
class Chart:
    """Lines over time, with the table behind them. ``heads``: first the name of the rows, then one a series."""

    kind: ClassVar[str] = "chart"
    title: str
    heads: tuple[str, ...]
    rows: tuple[Drawn, ...]


@dataclass(frozen=True)
class Spark:
    """One figure with how it went; ``target`` in what is drawn, ``said`` and ``aim`` in words."""

    title: str
    said: str
    aim: str
    url: str
    weak: bool
    target: float
    head: str
    rows: tuple[Drawn, ...]


@dataclass(frozen=True)
class Sparks:
    """Figures beside each other."""

    kind: ClassVar[str] = "sparks"
    cells: tuple[Spark, ...]


def strip(timeline: Sequence[Mapping[str, Any]]) -> Strip | None:
    """The strip of a report's timeline; None where nothing happened."""
    if not timeline:
        return None
    moments = [datetime.fromisoformat(one["at"]) for one in timeline]
    since, until = moments[0], moments[-1]
    span = max((until - since).total_seconds(), 1.0)
    dots = [
        Dot(round(LEFT + (WIDTH - 2 * LEFT) * (at - since).total_seconds() / span, 1), _lane(one["what"]), one["what"])
        for at, one in zip(moments, timeline, strict=True)
    ]
    return Strip(tuple(dots), since, until)


def courses(content: Mapping[str, Any], zone: tzinfo) -> list[Course]:
    """How each point of the report went; those without readings left out."""
    drawn = content["courses"]
    since, until = datetime.fromisoformat(drawn["since"]), datetime.fromisoformat(drawn["until"])
    deeds = tuple(datetime.fromisoformat(one["at"]) for one in content["effects"])
    found = [_course(point, drawn, since, until, deeds, zone) for point in content["points"]]
    return [course for course in found if course is not None]


def _course(
    point: Mapping[str, Any],
    drawn: Mapping[str, Any],
    since: datetime,
    until: datetime,
    deeds: Iterable[datetime],
    zone: tzinfo,
) -> Course | None:
    cells = drawn["cells"].get(str(point["id"]))
    if not cells:
        return None
    at = [datetime.fromtimestamp(second, UTC) for second in cells["at"]]
    series = Series(at, cells["mean"], cells["low"], cells["high"], drawn["cell_s"])
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(at)]
    usual = median(gaps) if gaps else None
    lines = trend(series, (), since, until, zone=zone, decimals=point["decimals"], usual_interval_s=usual)
    if lines is None:
        return None
    places = [x_at(moment, since, until) for moment in deeds if since <= moment <= until]
    marks = tuple(Mark(place, place, 0.0) for place in places)
    return Course(point["name"], point["unit"], point["decimals"], series, lines, marks)


def _lane(what: str) -> int:
    return 0 if what in SIGNS else 2 if what in ENDS else 1
