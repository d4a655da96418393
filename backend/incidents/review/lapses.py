"""Which records tell of a duty that wasn't done in time before an incident. Pure: no database, no clock."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from backend.incidents.review.models import LapseKind

ANSWER_WITHIN = timedelta(minutes=30)
"""A warning that nobody acknowledged for so long was left alone: the same as in tracing's evidence."""
LOOK_BACK = timedelta(days=30)
"""So far back records count; a rectification that was still open when it began counts however old."""
MOST_OF_A_KIND = 20
"""The latest; more rows of one kind say nothing more."""
SUSPECTS = 3
"""Equipment that the trace names first is looked at besides the place itself."""


@dataclass(frozen=True)
class Record:
    """What one row says of one person's duty. Moments UTC; ``done_at`` None: not done until now."""

    kind: LapseKind
    row_id: int
    person_id: int | None
    post_id: int | None
    equipment_id: int | None
    due_at: datetime
    done_at: datetime | None
    title: str = ""
    title_en: str = ""
    url: str = ""


@dataclass(frozen=True)
class Times:
    """When the incident began and when it was opened, UTC."""

    began_at: datetime
    opened_at: datetime

    def of(self, kind: LapseKind) -> datetime:
        """Until when a duty of this kind could have helped. A warning could until the incident was opened; what else
        people left undone while they fought it says nothing."""
        return self.opened_at if kind is LapseKind.IGNORED_WARNING else self.began_at


def not_done(record: Record, times: Times) -> bool:
    """Whether it was due before the incident and wasn't done in time."""
    late = record.done_at is None or record.done_at > record.due_at
    return late and record.due_at < times.of(record.kind)


def late_s(due_at: datetime, done_at: datetime | None, until: datetime) -> float:
    """By how many seconds it was late: until it was done, or until the incident where it wasn't. Never negative."""
    return max((min(done_at or until, until) - due_at).total_seconds(), 0.0)


def choose(records: Iterable[Record], times: Times) -> list[Record]:
    """The duties not done, by kind in the order of ``LapseKind``, of each the latest ``MOST_OF_A_KIND`` rows.

    What was done only after the incident began counts as not done.
    """
    found: dict[LapseKind, dict[int, list[Record]]] = defaultdict(lambda: defaultdict(list))
    for record in records:
        if not_done(record, times):
            found[record.kind][record.row_id].append(record)
    chosen = []
    for kind in LapseKind:
        rows = sorted(found[kind].values(), key=lambda same: (same[0].due_at, same[0].row_id), reverse=True)
        chosen += [record for same in rows[:MOST_OF_A_KIND] for record in same]
    return chosen


def suspects(equipment_id: int | None, result: Mapping[str, Any]) -> list[int]:
    """Equipment whose records are looked at: the place itself, then what the trace's stored ``result`` names first."""
    named = [unit["equipment_id"] for unit in result.get("units", [])]
    named += [cause.get("equipment_id") for cause in result.get("causes", [])]
    first = list(dict.fromkeys(id_ for id_ in named if id_))[:SUSPECTS]
    return list(dict.fromkeys([*([equipment_id] if equipment_id else []), *first]))
