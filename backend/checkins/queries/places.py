"""What is to be checked at one place now, and who was there last: for the page that a scan opens."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.checkins.models import CheckIn, InspectionStop, VisitState
from backend.checkins.queries.rounds import DueVisit, Place, as_due, visits, waiting
from backend.checkins.queries.visiting import CheckInRow, place_with_id, recent
from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.plant.models import Equipment

MOST_WAITING = 10
MOST_RECENT = 5


@dataclass(frozen=True)
class ChecksHere:
    """An area's checks are its own and those of the equipment in it."""

    place: Place
    waiting: list[DueVisit]
    recent: list[CheckInRow]


async def checks_here(
    session: AsyncSession, actor: Actor, *, equipment_id: int | None = None, area_id: int | None = None
) -> ChecksHere:
    """Visits that wait there as far as the actor may see them: what can still be done in time before what is missed,
    one's own before others'; and the latest check-ins. Raises NotFound."""
    place = await place_with_id(session, actor, equipment_id=equipment_id, area_id=area_id)
    rows = await session.execute(visits(actor).where(_at(actor, place, InspectionStop), waiting()))
    found = sorted(
        (as_due(row) for row in rows),
        key=lambda one: (one.state == VisitState.MISSED, one.post_id not in actor.post_ids),
    )
    latest = await recent(session, actor, where=_at(actor, place, CheckIn), most=MOST_RECENT)
    return ChecksHere(place, found[:MOST_WAITING], latest)


def _at(actor: Actor, place: Place, model: type[InspectionStop | CheckIn]) -> ColumnElement[bool]:
    if not place.is_area:
        return col(model.equipment_id) == place.id
    inside = select(col(Equipment.id)).where(visible(actor, Equipment), col(Equipment.area_id) == place.id)
    return or_(col(model.area_id) == place.id, col(model.equipment_id).in_(inside))
