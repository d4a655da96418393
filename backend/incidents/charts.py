"""The kept summaries of the minutes before as charts that the server draws. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from statistics import median

from backend.incidents.models import Incident
from backend.incidents.queries.story import Before
from backend.live.charting import LEFT, RIGHT, Tick, Trend, trend
from backend.live.views import LimitMark, Series


@dataclass(frozen=True)
class Mark:
    """Where a chart marks the first sign; that it does is said once above the charts."""

    at: float
    earliest: float
    width: float
    words: str = ""


@dataclass(frozen=True)
class Chart:
    """One point's chart with the table behind it: moment, mean, least and greatest of each cell."""

    before: Before
    trend: Trend
    marks: tuple[Mark, ...]
    rows: tuple[tuple[datetime, float, float, float], ...]


def charts(
    incident: Incident, kept: Sequence[Before], limits: Mapping[int, Sequence[LimitMark]], zone: tzinfo
) -> list[Chart]:
    """A chart for each point that has something to show, in their order; times on it in ``zone``."""
    drawn = [_chart(incident, one, limits.get(one.point.id, ()), zone) for one in kept]
    return [chart for chart in drawn if chart is not None]


def series_of(one: Before) -> Series:
    """The kept cells as a series; moments UTC."""
    cells = one.trend.cells
    at = [datetime.fromtimestamp(second, UTC) for second in cells.get("at", [])]
    return Series(at, cells.get("mean", []), cells.get("low", []), cells.get("high", []), cells.get("cell_s", 1.0))


def _chart(incident: Incident, one: Before, limits: Sequence[LimitMark], zone: tzinfo) -> Chart | None:
    series, since, until = series_of(one), one.trend.since, one.trend.until
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(series.at)]
    drawn = trend(
        series,
        limits,
        since,
        until,
        zone=zone,
        decimals=one.point.decimals,
        usual_interval_s=median(gaps) if gaps else None,
    )
    if drawn is None:
        return None
    rows = tuple(zip(series.at, series.mean, series.low, series.high, strict=True))
    moments = (since, since + (until - since) / 2, until)
    ticks = tuple(Tick(x_at(at, since, until), at.astimezone(zone).strftime("%H:%M:%S")) for at in moments)
    sign = x_at(incident.began_at, since, until)
    return Chart(one, replace(drawn, times=ticks), (Mark(sign, sign, 0.0),), rows[::-1])


def x_at(moment: datetime, since: datetime, until: datetime) -> float:
    """Where a moment stands on a chart from ``since`` to ``until``; what is beyond an end stands at it."""
    span = max(until - since, timedelta(seconds=1))
    return round(LEFT + (RIGHT - LEFT) * min(max((moment - since) / span, 0.0), 1.0), 1)
