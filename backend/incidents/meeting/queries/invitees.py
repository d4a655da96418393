"""Whom to ask to a meeting: everybody at work on the site, first those who had to do with the incident."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.hazards.origins import Candidate, candidates
from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.incidents.models import Disposal, Incident


@dataclass(frozen=True)
class Invitee:
    """Somebody who can be asked; ``involved``: they reported, handled, led or closed it."""

    person: Candidate
    involved: bool


async def invitees(session: AsyncSession, actor: Actor, incident: Incident) -> list[Invitee]:
    """Those who had to do with it first, then the actor's own team, then all others."""
    near = await _involved(session, actor, incident)
    found = [Invitee(one, one.id in near) for one in await candidates(session, actor)]
    return sorted(found, key=lambda one: not one.involved)


async def _involved(session: AsyncSession, actor: Actor, incident: Incident) -> Collection[int]:
    logged = await session.scalars(
        select(col(Disposal.person_id))
        .where(visible(actor, Disposal), col(Disposal.incident_id) == incident.id)
        .distinct()
    )
    return {*logged, incident.opened_by, incident.lead_id, incident.contained_by, incident.closed_by} - {None}
