"""Scope and what stops downstream, for programs: ``/api/v1/incidents/{id}/scope`` and ``/downstream``."""

from datetime import datetime

from pydantic import BaseModel

from backend.core.clock import now
from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.queries.listing import card
from backend.incidents.tracking.queries.buffers import Stored
from backend.incidents.tracking.queries.downstream import downstream
from backend.incidents.tracking.queries.people import Somebody, people_inside
from backend.incidents.tracking.queries.ways import follow
from backend.incidents.tracking.scope import Way
from backend.tracing.steps import Reached

router = APIRouter(prefix="/api/v1/incidents/{incident_id}")


class ReachedEquipmentOut(BaseModel):
    """Equipment that it has reached (``arrived``) or is expected to; four of five arrivals lie between the ends."""

    equipment_id: int
    arrived: bool
    arrival_at: datetime
    earliest: datetime
    latest: datetime


class WayOut(BaseModel):
    """What the newest trace says; ``source`` is a node key, ``path`` equipment from the source to the symptom."""

    trace_id: int
    revision: int
    made_at: datetime
    source: str | None
    path: list[int]
    reached: list[ReachedEquipmentOut]


class InsideOut(BaseModel):
    """Somebody who may be inside. ``seen_at``: their last check-in of the shift, null where none is known;
    ``seen_inside``: it was at a place that is touched."""

    person_id: int
    assigned: bool
    seen_at: datetime | None
    seen_inside: bool


class ScopeOut(BaseModel):
    """Where an incident is and goes; ``way`` is null while no trace of its alarms is made."""

    way: WayOut | None
    area_ids: list[int]
    people: list[InsideOut]


class StoredOut(BaseModel):
    """What equipment holds, read at ``at`` (UTC), in ``unit``: ``left`` of ``capacity``; nine in ten that it lasts
    between ``earliest_s`` and ``latest_s`` seconds without any feed, null where nothing is known to go out."""

    left: float
    capacity: float
    unit: str
    at: datetime
    earliest_s: float | None
    likely_s: float | None
    latest_s: float | None


class StopOut(BaseModel):
    """Equipment to which less comes from ``at`` (UTC, the earliest) on, or nothing (``whole``), by way of ``via``;
    ``sure`` is false where a link of the way has no known delay."""

    equipment_id: int
    stage_id: int | None
    via: int
    at: datetime
    whole: bool
    sure: bool
    stored: StoredOut | None


@router.get("/downstream", dependencies=[allow("incidents.see")])
async def read_downstream(session: SessionDep, actor: ActorDep, incident_id: int) -> list[StopOut]:
    """What stops if its equipment gives nothing since it began, the earliest first."""
    shown = await card(session, actor, incident_id)
    return [
        StopOut(
            equipment_id=stop.equipment.id,
            stage_id=stop.stage.id if stop.stage else None,
            via=stop.via.id,
            at=stop.at,
            whole=stop.whole,
            sure=stop.sure,
            stored=_stored_out(stop.stored) if stop.stored else None,
        )
        for stop in await downstream(session, actor, shown.incident, now())
    ]


@router.get("/scope", dependencies=[allow("incidents.see")])
async def read_scope(session: SessionDep, actor: ActorDep, incident_id: int) -> ScopeOut:
    """Source, way, scope and people as they are now."""
    shown, moment_now = await card(session, actor, incident_id), now()
    followed = await follow(session, actor, shown, moment_now)
    people = await people_inside(
        session, actor, followed.equipment_ids, followed.area_ids, shown.incident.closed_at or moment_now
    )
    return ScopeOut(
        way=_way_out(followed.way) if followed.way else None,
        area_ids=list(followed.area_ids),
        people=[_inside_out(one) for one in people],
    )


def _way_out(way: Way) -> WayOut:
    trace = way.view.trace
    return WayOut(
        trace_id=trace.id,
        revision=trace.revision,
        made_at=trace.made_at,
        source=way.source.key if way.source else None,
        path=list(way.path),
        reached=[_reached_out(one) for one in way.reached],
    )


def _reached_out(one: Reached) -> ReachedEquipmentOut:
    return ReachedEquipmentOut(
        equipment_id=one.equipment_id,
        arrived=one.arrived,
        arrival_at=one.arrival_at,
        earliest=one.earliest,
        latest=one.latest,
    )


def _stored_out(one: Stored) -> StoredOut:
    buffer, lasts = one.listed.buffer, one.lasts
    return StoredOut(
        left=one.left,
        capacity=buffer.capacity,
        unit=buffer.unit,
        at=one.at,
        earliest_s=lasts.earliest if lasts else None,
        likely_s=lasts.likely if lasts else None,
        latest_s=lasts.latest if lasts else None,
    )


def _inside_out(one: Somebody) -> InsideOut:
    seen = one.seen
    return InsideOut(
        person_id=one.person.id,
        assigned=one.assigned,
        seen_at=seen.at if seen else None,
        seen_inside=seen is not None and seen.inside,
    )
