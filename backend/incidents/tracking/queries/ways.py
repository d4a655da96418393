"""The newest trace of an incident's alarms, and the places that it touches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.incidents.models import Incident, IncidentSource, SourceKind
from backend.incidents.queries.listing import Card
from backend.incidents.tracking.scope import Way, way_of
from backend.tracing.exposure import Exposure, exposure
from backend.tracing.models import Trace
from backend.tracing.queries import trace_view


@dataclass(frozen=True)
class Followed:
    """An incident with the way it takes; ``way`` None while no trace of its alarms is made.

    ``equipment_ids`` and ``area_ids``: its own place, and what the way touches.
    """

    card: Card
    way: Way | None
    exposed: Exposure
    equipment_ids: Sequence[int]
    area_ids: Sequence[int]


async def follow(session: AsyncSession, actor: Actor, card: Card, now: datetime) -> Followed:
    """Where the incident came from, where it has been and where it goes, as known at ``now`` (UTC)."""
    incident = card.incident
    found = await _newest_trace(session, actor, incident)
    view = await trace_view(session, actor, found) if found else None
    way = way_of(view, now) if view else None
    own = [incident.equipment_id] if incident.equipment_id else []
    equipment = list(dict.fromkeys([*own, *(way.touched if way else [])]))
    exposed = await exposure(session, actor, equipment)
    areas = {spot.id for spot in exposed.areas} | ({incident.area_id} if incident.area_id else set())
    return Followed(card, way, exposed, equipment, sorted(areas))


async def _newest_trace(session: AsyncSession, actor: Actor, incident: Incident) -> int | None:
    """Of all floods that count to it; an asked-for one that isn't made yet says nothing."""
    groups = select(col(IncidentSource.source_id)).where(
        visible(actor, IncidentSource),
        col(IncidentSource.incident_id) == incident.id,
        col(IncidentSource.kind) == SourceKind.GROUP,
    )
    found: int | None = await session.scalar(
        select(col(Trace.id))
        .where(
            visible(actor, Trace),
            or_(col(Trace.group_id) == incident.group_id, col(Trace.group_id).in_(groups)),
            col(Trace.revision) > 0,
        )
        .order_by(col(Trace.made_at).desc(), col(Trace.id).desc())
        .limit(1)
    )
    return found
