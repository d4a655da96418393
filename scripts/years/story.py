"""What the event log would hold of generated alarms: raised, acknowledged, returned, judged, closed, in order of time.

Each state comes from the product's own lifecycle and each event's words from its own telling, so that what reads the
log (a timeline, alarm load) finds what it would at a real plant. One thing is other: they carry a transaction that lies
before all readers, as nobody is to be told of them again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backend.alarms import lifecycle
from backend.alarms.commands.stepping import told_of
from backend.alarms.models import Alarm, AlarmState, Level
from backend.core.events import Event
from scripts.years.ledger import Ledger

BEFORE_ALL = -1
"""``txid``: below every reader's horizon, also of one that begins."""
_COLUMNS = ("id", "txid", "at", "kind", "subject", "subject_id", "story", "level", "actor_id", "data")


@dataclass(frozen=True)
class _Happened:
    at: datetime
    kind: str
    alarm: Alarm
    state: AlarmState
    actor: int | None


async def tell_alarms(ledger: Ledger, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Write the events of the alarms that ``rows`` of ``columns`` are. Raises ValueError for a life that the states of
    an alarm don't allow."""
    await ledger.open(Event)
    happened = [one for row in rows for one in _life(Alarm(**dict(zip(columns, row, strict=True))))]
    happened.sort(key=lambda one: (one.at, one.alarm.id))
    await ledger.copy(Event, _COLUMNS, (_row(ledger.id(Event), one) for one in happened))


def _row(id_: int, one: _Happened) -> tuple[Any, ...]:
    alarm = one.alarm
    data = told_of(alarm, one.kind) | {"state": one.state}
    story = f"alarm:{alarm.id}"
    return id_, BEFORE_ALL, one.at, one.kind, "alarm", alarm.id, story, alarm.level, one.actor, data


def _life(alarm: Alarm) -> Iterator[_Happened]:
    """In order of time."""
    facts = lifecycle.first(Level(alarm.level), alarm.latched, alarm.raised_at)
    yield _Happened(alarm.raised_at, "alarm.raised", alarm, facts.state, None)
    for at, kind, actor, step in sorted(_steps(alarm), key=lambda one: one[0]):
        if step is None:
            yield _Happened(at, kind, alarm, facts.state, actor)
            continue
        after = lifecycle.step(facts, step)
        if isinstance(after, lifecycle.Refusal):
            raise ValueError(f"alarm {alarm.id}: {after.name}")
        facts = after
        yield _Happened(at, kind, alarm, facts.state, actor)
        if facts.state == AlarmState.CLOSED and kind != "alarm.closed":
            yield _Happened(at, "alarm.closed", alarm, facts.state, actor)


def _steps(alarm: Alarm) -> Iterator[tuple[datetime, str, int | None, lifecycle.Step | None]]:
    """When, what, by whom, and the step of the lifecycle: None for a judgement, which changes no state."""
    if alarm.returned_at:
        yield alarm.returned_at, "alarm.returned", None, lifecycle.Return(alarm.returned_at)
    if alarm.acknowledged_at and alarm.acknowledged_by:
        by = alarm.acknowledged_by
        yield alarm.acknowledged_at, "alarm.acknowledged", by, lifecycle.Acknowledge(by, alarm.acknowledged_at)
    if alarm.closed_at and alarm.closed_by:
        yield alarm.closed_at, "alarm.closed", alarm.closed_by, lifecycle.Close(alarm.closed_by, alarm.closed_at)
    if alarm.judged_at:
        yield alarm.judged_at, f"alarm.judged_{alarm.judgement}", alarm.judged_by, None
