"""Everything that a replay of an incident shows: people, roll-calls, and what it reached, moment by moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Alarm
from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.incidents.models import IncidentSource, SourceKind
from backend.incidents.positions.queries.picture import Map, map_of, sights_positions
from backend.incidents.positions.queries.shown import Shown, shown_people
from backend.incidents.positions.queries.sights import assigned_places, sights_by_step
from backend.incidents.positions.replaying import Clock, Roll, State, Tally, clock_of, first_frame, play, tallies
from backend.incidents.queries.listing import Card
from backend.incidents.response.models import Evacuation, RollEntry
from backend.incidents.response.queries.rolls import decides, marks_of
from backend.incidents.tracking.queries.ways import Followed, follow


@dataclass(frozen=True)
class Reach:
    """Equipment that it had reached from ``frame`` on."""

    frame: int
    equipment_id: int


@dataclass(frozen=True)
class Replay:
    """An incident from its first sign to its end, or to now."""

    clock: Clock
    map: Map
    people: Sequence[tuple[Shown, Sequence[State]]]
    rolls: Sequence[Tally]
    reached: Sequence[Reach]

    @property
    def by_phone(self) -> int:
        """Of how many a phone's position was the best that was known, at some moment."""
        return sum(any(state.known.position for state in states) for _, states in self.people)


async def replay_of(
    session: AsyncSession, actor: Actor, card: Card, now: datetime, plan_id: int | None = None
) -> Replay:
    """The whole of it, as far as the actor may know. Raises NotFound for a plan that isn't in use."""
    incident = card.incident
    clock = clock_of(incident.began_at, incident.closed_at or now)
    followed = await follow(session, actor, card, clock.ended)
    people = await shown_people(session, actor, followed, clock.ended)
    ids = [one.person.id for one in people]
    sights = await sights_by_step(session, actor, incident.id, ids, clock.began, clock.ended, clock.step)
    assigned = await assigned_places(session, actor, ids, followed.equipment_ids, followed.area_ids)
    drawn_on = await map_of(session, actor, card, sights_positions(sights), plan_id)
    states = play(clock, sights, assigned, ids, drawn_on.sheet)
    return Replay(
        clock,
        drawn_on,
        [(one, states[one.person.id]) for one in people],
        tallies(clock, await _rolls(session, actor, incident.id)),
        await _reached(session, actor, followed, clock),
    )


async def _rolls(session: AsyncSession, actor: Actor, incident_id: int) -> list[Roll]:
    rows = await session.scalars(
        select(Evacuation)
        .where(visible(actor, Evacuation), col(Evacuation.incident_id) == incident_id)
        .order_by(col(Evacuation.id))
    )
    found = []
    for one in rows.all():
        listed = await session.scalars(
            select(col(RollEntry.person_id)).where(visible(actor, RollEntry), col(RollEntry.evacuation_id) == one.id)
        )
        marks = [decides(mark) for mark, _ in await marks_of(session, actor, one.id)]
        found.append(Roll(one.ordered_at, one.ended_at, listed.all(), one.visitors, marks))
    return found


async def _reached(session: AsyncSession, actor: Actor, followed: Followed, clock: Clock) -> list[Reach]:
    """By its alarms, and by what its newest trace says has arrived; whichever was first."""
    rows = await session.execute(
        select(col(Alarm.equipment_id), col(IncidentSource.at))
        .join(Alarm, col(Alarm.id) == col(IncidentSource.source_id))
        .where(
            visible(actor, IncidentSource),
            col(IncidentSource.incident_id) == followed.card.incident.id,
            col(IncidentSource.kind) == SourceKind.ALARM,
            col(Alarm.equipment_id).is_not(None),
        )
    )
    moments: dict[int, datetime] = {}
    arrived = [(one.equipment_id, one.arrival_at) for one in followed.way.arrived] if followed.way else []
    for equipment_id, at in [*((row[0] or 0, row[1]) for row in rows), *arrived]:
        moments[equipment_id] = min(at, moments.get(equipment_id, at))
    frames = {id_: first_frame(clock, at) for id_, at in moments.items()}
    return [Reach(frame, id_) for id_, frame in sorted(frames.items()) if frame < len(clock.frames)]
