"""A point's trend as shapes: line, band of extremes, limits, ticks. Pure; the template draws it without JavaScript.

Coordinates are those of a box of ``WIDTH`` × ``HEIGHT``, origin top left.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from backend.live.views import LimitMark, Series

WIDTH, HEIGHT = 360.0, 220.0
LEFT, RIGHT, TOP, BOTTOM = 54.0, 354.0, 10.0, 190.0
NEAR = 1.0
"""A limit is drawn when it lies no further from the data than the data is high."""
GAP_CELLS = 3.0


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis, with its text."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class DrawnLimit:
    """A limit's line; ``at`` its height in the box."""

    at: float
    mark: LimitMark


@dataclass(frozen=True, slots=True)
class Trend:
    """What the template draws."""

    line: str
    band: str
    dots: tuple[tuple[float, float], ...]
    """Readings that stand alone and would make no line."""
    values: tuple[Tick, ...]
    times: tuple[Tick, ...]
    limits: tuple[DrawnLimit, ...]


@dataclass(frozen=True, slots=True)
class _Scale:
    since: datetime
    seconds: float
    low: float
    high: float

    def x(self, moment: datetime) -> float:
        return round(LEFT + (RIGHT - LEFT) * (moment - self.since).total_seconds() / self.seconds, 1)

    def y(self, value: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * (value - self.low) / (self.high - self.low), 1)


def trend(
    series: Series,
    limits: Sequence[LimitMark],
    since: datetime,
    until: datetime,
    *,
    zone: tzinfo,
    decimals: int,
    usual_interval_s: float | None,
) -> Trend | None:
    """The trend from ``since`` to ``until``; None without readings."""
    if not series.at:
        return None
    low, high = min(series.low), max(series.high)
    reach = NEAR * (high - low)
    near = [mark for mark in limits if low - reach <= mark.value <= high + reach]
    low, high = min([low, *(m.value for m in near)]), max([high, *(m.value for m in near)])
    margin = 0.08 * (high - low) or max(abs(high) * 0.01, 0.5 * 10.0**-decimals)
    scale = _Scale(since, (until - since).total_seconds(), low - margin, high + margin)
    longest_s = max(GAP_CELLS * series.cell_s, GAP_CELLS * (usual_interval_s or 0.0))
    runs = list(_runs(series, longest_s))
    return Trend(
        line="".join(_path((scale.x(series.at[i]), scale.y(series.mean[i])) for i in run) for run in runs),
        band="".join(_band(series, run, scale) for run in runs if len(run) > 1),
        dots=tuple((scale.x(series.at[run[0]]), scale.y(series.mean[run[0]])) for run in runs if len(run) == 1),
        values=tuple(Tick(scale.y(v), f"{v:.{_decimals(scale)}f}") for v in _round_values(scale.low, scale.high)),
        times=tuple(_times(scale, until, zone)),
        limits=tuple(DrawnLimit(scale.y(mark.value), mark) for mark in near),
    )


def _runs(series: Series, longest_s: float) -> Iterable[range]:
    """Stretches of cells without a gap longer than ``longest_s``."""
    first = 0
    for i in range(1, len(series.at) + 1):
        if i == len(series.at) or (series.at[i] - series.at[i - 1]).total_seconds() > longest_s:
            yield range(first, i)
            first = i


def _path(corners: Iterable[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in corners)


def _band(series: Series, run: range, scale: _Scale) -> str:
    above = [(scale.x(series.at[i]), scale.y(series.high[i])) for i in run]
    below = [(scale.x(series.at[i]), scale.y(series.low[i])) for i in reversed(run)]
    return _path([*above, *below]) + "Z"


def _step(low: float, high: float) -> float:
    """A round distance that gives three to six ticks."""
    rough = (high - low) / 4
    magnitude = 10.0 ** math.floor(math.log10(rough))
    return next(magnitude * n for n in (1, 2, 5, 10) if magnitude * n >= rough)


def _round_values(low: float, high: float) -> list[float]:
    step = _step(low, high)
    return [n * step for n in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _decimals(scale: _Scale) -> int:
    return max(0, -math.floor(math.log10(_step(scale.low, scale.high)) + 1e-9))


def _times(scale: _Scale, until: datetime, zone: tzinfo) -> Iterable[Tick]:
    """Moments at equal distances: days beyond a day, seconds within ten minutes, else hours and minutes."""
    form, steps = ("%m-%d", 3) if scale.seconds > 86_400 else ("%H:%M", 3) if scale.seconds > 600 else ("%H:%M:%S", 2)
    for step in range(steps + 1):
        moment = until - timedelta(seconds=scale.seconds * (1 - step / steps))
        yield Tick(scale.x(moment), moment.astimezone(zone).strftime(form))
