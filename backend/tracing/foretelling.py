"""What a trace says of both ends: which limit is reached next, and when; which points moved first, and how. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from backend.live.nearing import Nearing, next_limit
from backend.live.views import LimitMark
from backend.tracing.engine import Normal, TraceResult, Window, first_movers
from backend.tracing.story import moment

MOVERS_KEPT = 5
LIMITS_TOLD = 3


@dataclass(frozen=True, slots=True)
class LimitAhead:
    """``point``, a node key, comes to a limit of its rules."""

    point: str
    next: Nearing


def points_ahead(result: TraceResult) -> list[str]:
    """Node keys of the points whose limits are looked at: the symptom, and the way to it from the first cause."""
    way = result.causes[0].path if result.causes else ()
    nodes = [*([result.symptom] if result.symptom else []), *way]
    return [node for node in dict.fromkeys(nodes) if node.startswith("point:")]


def limits_ahead(window: Window, result: TraceResult, marks: Mapping[int, Sequence[LimitMark]]) -> list[dict[str, Any]]:
    """The next limit of each of these points, the soonest first, by its trend since the deviation began.

    ``marks``: limits by point id. Points without a trend towards one are left out. Moments ISO 8601 in UTC;
    ``latest_at`` None where it may not come at all.
    """
    since = window.between(_row(window, result.started_s), window.rows)
    found = [
        (point, reached)
        for point in points_ahead(result)
        if (reached := next_limit(since, point, marks.get(int(point.partition(":")[2]), ())))
    ]
    return [_told(point, reached) for point, reached in sorted(found, key=lambda one: one[1].likely_at)]


def movers(window: Window, normal: Normal, result: TraceResult, barred: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Who moved first, in that order, and after them those of the causes that moved too: each with its form and size.

    ``barred``: points that are the plant's own alarms. Nobody, where nothing is abnormal.
    """
    if result.started_s is None:
        return []
    found = first_movers(window, normal, _row(window, result.started_s), most=len(normal.points))
    moved = [mover for mover in found if mover.point not in set(barred)]
    causes = {cause.node for cause in result.causes}
    kept = [mover for place, mover in enumerate(moved) if place < MOVERS_KEPT or mover.point in causes]
    return [
        {
            "point": mover.point,
            "form": mover.form.value,
            "at": moment(float(window.times_s[mover.row])),
            "size": float(f"{mover.size:.3g}"),
        }
        for mover in kept
    ]


def foretold(result: Mapping[str, Any], now: datetime) -> list[LimitAhead]:
    """What of a stored result still lies ahead at ``now``, the soonest first."""
    return [told for item in result.get("limits_ahead", []) if (told := _read(item)) and _last(told) > now]


def form_of(result: Mapping[str, Any], node: str) -> str:
    """How a node moved, by a stored result: a value of ``Form``; empty where that isn't known."""
    return next((str(item["form"]) for item in result.get("movers", []) if item["point"] == node), "")


def _row(window: Window, at_s: float | None) -> int:
    return 0 if at_s is None else int(np.searchsorted(window.times_s, at_s))


def _told(point: str, reached: Nearing) -> dict[str, Any]:
    return {
        "point": point,
        "limit_name": reached.name,
        "value": reached.value,
        "earliest_at": moment(reached.earliest_at.timestamp()),
        "likely_at": moment(reached.likely_at.timestamp()),
        "latest_at": moment(reached.latest_at.timestamp()) if reached.latest_at else None,
    }


def _read(item: Mapping[str, Any]) -> LimitAhead:
    earliest, likely = (datetime.fromisoformat(item[key]) for key in ("earliest_at", "likely_at"))
    latest = datetime.fromisoformat(item["latest_at"]) if item["latest_at"] else None
    return LimitAhead(item["point"], Nearing(item["limit_name"], item["value"], earliest, likely, latest))


def _last(told: LimitAhead) -> datetime:
    return told.next.latest_at or told.next.likely_at
