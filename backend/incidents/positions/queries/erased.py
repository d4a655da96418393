"""Whether positions of an incident are kept, and what was deleted."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.incidents.positions.models import Erased, IncidentPosition, PositionErasure


@dataclass(frozen=True)
class Gone:
    """What was deleted of an incident. ``in_time``: when its time was over (UTC); ``by_people``: so many did it."""

    in_time: datetime | None
    by_people: int


async def gone_of(session: AsyncSession, actor: Actor, incident_id: int) -> Gone:
    """What was deleted of this incident."""
    rows = await session.scalars(
        select(PositionErasure)
        .where(visible(actor, PositionErasure), col(PositionErasure.incident_id) == incident_id)
        .order_by(col(PositionErasure.id))
    )
    erased = rows.all()
    in_time = [one.at for one in erased if one.why == Erased.IN_TIME]
    return Gone(in_time[-1] if in_time else None, sum(one.people for one in erased if one.why == Erased.BY_PERSON))


async def others_sent(session: AsyncSession, actor: Actor, incident_id: int) -> bool:
    """Whether there are positions by phones of others that the actor may see."""
    theirs = select(col(IncidentPosition.id)).where(
        visible(actor, IncidentPosition),
        col(IncidentPosition.incident_id) == incident_id,
        col(IncidentPosition.person_id) != actor.person_id,
    )
    return bool(await session.scalar(select(exists(theirs))))
