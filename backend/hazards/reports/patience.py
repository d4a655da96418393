"""How long a report may wait for a decision, and who hears of it then. Pure: no database, no clock."""

from datetime import datetime, timedelta

from backend.alarms.models import Level

DECIDE_WITHIN = {
    Level.MAJOR: timedelta(hours=1),
    Level.SIGNIFICANT: timedelta(hours=4),
    Level.GENERAL: timedelta(days=1),
    Level.LOW: timedelta(days=3),
}
"""By the level that the report suggests. Ours, not a standard's."""
AGAIN_AFTER = timedelta(days=1)


def climbs(level: str, sent_at: datetime, now: datetime) -> bool:
    """Whether a report that still waits ``now`` concerns more than its deciders: it has waited twice as long."""
    return now - sent_at >= 2 * DECIDE_WITHIN[Level(level)]


def next_reminder(level: str, sent_at: datetime, now: datetime) -> datetime:
    """When to remind again, after a reminder ``now``: when the report climbs, and then once a day."""
    climb = sent_at + 2 * DECIDE_WITHIN[Level(level)]
    return climb if now < climb else now + AGAIN_AFTER
