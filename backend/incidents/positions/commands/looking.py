"""Who looks where others are is noted, so that it can be asked afterwards."""

from datetime import timedelta

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.models import AuditEntry
from backend.identity.permissions import visible
from backend.incidents.positions.queries.erased import others_sent

ONE_LOOK = timedelta(minutes=10)
"""A page that stays open looks anew every few seconds: so long that is one look."""
_SEEN = "incident.positions_seen"


async def note_look(session: AsyncSession, actor: Actor, incident_id: int) -> None:
    """The actor sees positions by phones of others; where there are none that they may see, nothing is noted."""
    if not await others_sent(session, actor, incident_id):
        return
    lately = select(col(AuditEntry.id)).where(
        visible(actor, AuditEntry),
        col(AuditEntry.object_type) == "incident",
        col(AuditEntry.object_id) == incident_id,
        col(AuditEntry.actor_id) == actor.person_id,
        col(AuditEntry.action) == _SEEN,
        col(AuditEntry.at) > now() - ONE_LOOK,
    )
    if not await session.scalar(select(exists(lately))):
        await record_change(session, actor, _SEEN, "incident", incident_id)
