"""The trend as rows of a chart: a step each, a series for each source, or for each level of the one source. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from typing import Any

from backend.alarms.labels import LEVELS
from backend.incidents.history.periods import buckets, last_of
from backend.incidents.history.wording import days_of
from backend.operations.distribution.asked import Asked
from backend.operations.distribution.overview import Overview
from backend.operations.distribution.wording import SOURCES, bucket_words


@dataclass(frozen=True)
class Trend:
    """``series``: msgids; ``rows`` as ``components/chart.html`` wants them."""

    series: list[str]
    rows: list[dict[str, Any]]


def trend_of(seen: Overview, asked: Asked, locale: str, zone: tzinfo) -> Trend | None:
    """Steps at the ends hold no days beyond the period's; each row leads to the rows behind it."""
    period, step = seen.wanted.period, seen.wanted.step
    span = days_of(period, zone)
    if span is None or period.since is None:
        return None
    keys = _series(seen)
    by: dict[tuple[date, str], int] = {}
    for (first, source, level), count in seen.counts.trend.items():
        key = (first, source if len(seen.wanted.sources) > 1 else level)
        by[key] = by.get(key, 0) + count
    rows = [
        {
            "words": bucket_words(locale, max(first, span[0]), step),
            "at": int(datetime.combine(max(first, span[0]), time(), zone).timestamp()),
            "values": [by.get((first, key), 0) for key in keys],
            "href": _url(asked, max(first, span[0]), min(last_of(first, step), span[1])),
        }
        for first in buckets(period.since, period.until, step, zone)
    ]
    return Trend([SOURCES[key] if key in SOURCES else LEVELS[key] for key in keys], rows)


def _series(seen: Overview) -> list[str]:
    if len(seen.wanted.sources) > 1:
        return [str(source) for source in seen.wanted.sources]
    there = {level for _, level in seen.counts.levels}
    return [level for level in LEVELS if level in there]


def _url(asked: Asked, first: date, last: date) -> str:
    return asked.url("/rows", period=None, **{"from": first, "to": last})
