"""The onset strip: which points moved first, on one time axis, each with the stretch its onset lies in. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from backend.tracing.foretelling import MOVERS_KEPT
from backend.tracing.steps import onsets_of
from backend.tracing.telling import FORMS, UNDIRECTED

WIDTH = 300.0
"""Of the drawing, in its own units."""
_ROOM = 0.06
_NARROWEST = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Mark:
    """A point on the strip: when it began to move, ``after_s`` seconds after the first, and how; ``direction`` +1
    rising, −1 falling, 0 where it went neither way. ``x``, ``left``, ``width`` are places in the drawing."""

    node: str
    form: str
    direction: int
    at: datetime
    earliest: datetime
    latest: datetime
    after_s: float
    x: float
    left: float
    width: float


def onset_strip(result: Mapping[str, Any]) -> list[Mark]:
    """Of a stored result the points that moved first, at most ``MOVERS_KEPT``; none where fewer than two moved."""
    known = onsets_of(result)
    told = [item for item in result.get("movers", []) if item["form"] in FORMS]
    told = sorted(told, key=lambda item: datetime.fromisoformat(item["at"]))[:MOVERS_KEPT]
    spans = []
    for item in told:
        at, onset = datetime.fromisoformat(item["at"]), known.get(item["point"])
        spans.append((min(at, onset.earliest), at, max(at, onset.latest)) if onset else (at, at, at))
    if len(spans) < 2:
        return []
    since, until = min(span[0] for span in spans), max(span[2] for span in spans)
    length = max(until - since, _NARROWEST)

    def x(moment: datetime) -> float:
        return round(WIDTH * (_ROOM + (1 - 2 * _ROOM) * ((moment - since) / length)), 1)

    return [
        Mark(
            item["point"],
            item["form"],
            0 if item["form"] in UNDIRECTED else (item["size"] > 0) - (item["size"] < 0),
            at,
            earliest,
            latest,
            (at - spans[0][1]).total_seconds(),
            x(at),
            x(earliest),
            max(round(x(latest) - x(earliest), 1), 1.0),
        )
        for item, (earliest, at, latest) in zip(told, spans, strict=True)
    ]
