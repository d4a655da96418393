"""Whose whereabouts an incident's page shows, and to whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.models import Person, Role, Team
from backend.identity.permissions import of_own_team, visible
from backend.incidents.positions.models import IncidentPosition
from backend.incidents.response.models import Evacuation, RollEntry
from backend.incidents.tracking.queries.people import people_inside
from backend.incidents.tracking.queries.ways import Followed

MOST = 100


@dataclass(frozen=True)
class Shown:
    """Somebody with their team."""

    person: Person
    team: Team | None


async def shown_people(session: AsyncSession, actor: Actor, followed: Followed, until: datetime) -> list[Shown]:
    """Who may be inside, who stands in a roll-call, who leads, and whose phone has said where it is.

    A worker gets themself and their own team: where others are is for who can lead. At most ``MOST``.
    """
    incident = followed.card.incident
    inside = await people_inside(session, actor, followed.equipment_ids, followed.area_ids, until)
    listed = (
        select(col(RollEntry.person_id))
        .join(Evacuation, col(Evacuation.id) == col(RollEntry.evacuation_id))
        .where(visible(actor, RollEntry), col(Evacuation.incident_id) == incident.id)
    )
    sent = select(col(IncidentPosition.person_id)).where(
        visible(actor, IncidentPosition), col(IncidentPosition.incident_id) == incident.id
    )
    concerned: Sequence[ColumnElement[bool]] = (
        col(Person.id).in_([one.person.id for one in inside]),
        col(Person.id).in_(listed),
        col(Person.id).in_(sent),
        col(Person.id) == incident.lead_id,
    )
    rows = await session.execute(
        select(Person, Team)
        .outerjoin(Team, col(Team.id) == col(Person.team_id))
        .where(visible(actor, Person), col(Person.active), or_(*concerned), *_for(actor))
        .order_by(col(Person.id))
        .limit(MOST)
    )
    return [Shown(*row) for row in rows]


def _for(actor: Actor) -> list[ColumnElement[bool]]:
    if actor.role != Role.WORKER:
        return []
    return [or_(col(Person.id) == actor.person_id, of_own_team(actor, col(Person.team_id)))]
