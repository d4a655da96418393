"""Which event is news for which channel. Pure."""

from collections.abc import Collection
from dataclasses import dataclass

from backend.channels.kinds import Topic, gravity
from backend.core.events import Entry

_INCIDENTS = frozenset(
    f"incident.{verb}" for verb in ("opened", "flared", "set", "evacuating", "contained", "closed", "called_off")
)
_REPORTS = {"week": Topic.WEEK, "month": Topic.MONTH}


@dataclass(frozen=True)
class Where:
    """Where an event happened: ids of area and stage, None where it isn't known."""

    area_id: int | None = None
    stage_id: int | None = None


@dataclass(frozen=True)
class Wanted:
    """What a channel asks for."""

    topics: Collection[str]
    alarms_from: str
    area_ids: Collection[int] = ()
    stage_ids: Collection[int] = ()


def is_told(event: Entry) -> bool:
    """Whether any channel could be told of it: a first look without the database."""
    if event.kind == "alarm.raised":
        return event.data.get("state") != "shelved"
    return event.kind in {"alarm.nobody_reached", "rectification.overdue", "safety_report.written", *_INCIDENTS}


def topic_of(event: Entry, report: str = "") -> Topic | None:
    """What it is about; ``report``: ``week`` or ``month`` for a safety report. None: it isn't told outside."""
    if not is_told(event):
        return None
    if event.subject == "safety_report":
        return _REPORTS.get(report)
    return {"alarm": Topic.ALARMS, "incident": Topic.INCIDENTS, "rectification": Topic.OVERDUE}.get(event.subject)


def wants(wanted: Wanted, topic: Topic, level: str, where: Where) -> bool:
    """Whether the channel is told.

    What happened at an unknown place is told everywhere: rather once too often than never. Reports are of the whole
    site and know no place.
    """
    if topic not in wanted.topics:
        return False
    if topic is Topic.ALARMS and gravity(level) < gravity(wanted.alarms_from):
        return False
    if topic in _REPORTS.values() or not (wanted.area_ids or wanted.stage_ids):
        return True
    if where.area_id is None and where.stage_id is None:
        return True
    return where.area_id in wanted.area_ids or where.stage_id in wanted.stage_ids
