"""What happened to an alarm and around it, from the event log: told as far as who asks may learn of it."""

from dataclasses import dataclass

from sqlalchemy import String, cast, func, select, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Alarm
from backend.alarms.queries.story import people_named
from backend.alarms.timeline import Happening, people_in, tell
from backend.core.events import Event
from backend.delivery.audience import may_be_told
from backend.identity.actor import Actor
from backend.identity.permissions import visible

MOST_EVENTS = 300


@dataclass(frozen=True)
class Timeline:
    """Lines in order; ``cut``: the oldest events of a very long story are left out."""

    lines: list[Happening]
    cut: bool = False


def story_of(alarm_id: int) -> str:
    """Under what the event log keeps an alarm's story."""
    return f"alarm:{alarm_id}"


async def timeline(session: AsyncSession, actor: Actor, alarm: Alarm) -> Timeline:
    """The alarm's own story, with its rectifications and the trace of its flood. Two statements."""
    concerning = [select(col(Event.id)).where(visible(actor, Event), col(Event.story) == story_of(alarm.id))]
    if alarm.group_id is not None:
        mates = select(func.concat("alarm:", cast(col(Alarm.id), String))).where(
            visible(actor, Alarm), col(Alarm.group_id) == alarm.group_id
        )
        traced = col(Event.subject) == "trace", col(Event.at) >= alarm.raised_at, col(Event.story).in_(mates)
        # Each half by the index of stories; with OR the whole log was read.
        concerning.append(select(col(Event.id)).where(visible(actor, Event), *traced))
    newest = await session.scalars(
        select(Event)
        .where(visible(actor, Event), col(Event.id).in_(union(*concerning)))
        .order_by(col(Event.id).desc())
        .limit(MOST_EVENTS + 1)
    )
    events = list(newest)
    shown = [event for event in reversed(events[:MOST_EVENTS]) if _concerns(actor, event)]
    return Timeline(tell(shown, await people_named(session, actor, people_in(shown))), len(events) > MOST_EVENTS)


def _concerns(actor: Actor, event: Event) -> bool:
    """What one did oneself one may always read again."""
    return may_be_told(actor, event) or event.actor_id == actor.person_id
