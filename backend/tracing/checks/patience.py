"""How long a look on site may take, when it is reminded of, and who hears of it then. Pure: no database, no clock."""

import enum
from datetime import datetime, timedelta

from backend.alarms.models import Level

DUE_AFTER = {
    Level.MAJOR: timedelta(minutes=10),
    Level.SIGNIFICANT: timedelta(minutes=30),
    Level.GENERAL: timedelta(hours=2),
    Level.LOW: timedelta(hours=8),
}
"""By the level of the alarm behind it. Ours, not a standard's."""
USUAL = timedelta(hours=2)
"""Where no alarm stands behind it: a trace by hand."""
ASKED_FOR = timedelta(hours=24)
"""So long what the trace itself asks waits; the plant has changed by then."""


class Reach(enum.IntEnum):
    """Who hears of a look that waits: who is to look; who leads besides; managers and safety officers, too."""

    HOLDERS = 0
    LEADERS = 1
    OVERSEERS = 2


def due_after(level: str) -> timedelta:
    """How long a look may take. ``level``: of the alarm, or empty."""
    return DUE_AFTER[Level(level)] if level else USUAL


def next_reminder(asked_at: datetime, due_at: datetime, now: datetime) -> datetime | None:
    """When to remind next: at half of the time, at its end, once as long after it; None: no more."""
    span = due_at - asked_at
    return next((at for at in (asked_at + span / 2, due_at, due_at + span) if at > now), None)


def reach(asked_at: datetime, due_at: datetime, now: datetime, *, by_person: bool) -> Reach:
    """How far a look that waits ``now`` has climbed; what no person asked for stays with the leaders."""
    if now < due_at:
        return Reach.HOLDERS
    return Reach.OVERSEERS if by_person and now >= due_at + (due_at - asked_at) else Reach.LEADERS
