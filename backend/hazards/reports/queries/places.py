"""Where a hazard can be, what stands out there, and which teams can own it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Alarm, AlarmState, Level
from backend.core.errors import NotFound
from backend.core.statements import one_of
from backend.hazards.reports.models import OPEN_STATES, HazardReport
from backend.hazards.reports.suggest import Seen, Suggestion, suggested_level
from backend.identity.actor import Actor
from backend.identity.models import Team
from backend.identity.permissions import visible
from backend.identity.scoping import get_visible
from backend.plant.models import Area, Equipment


@dataclass(frozen=True)
class Spot:
    """Where a hazard is: equipment with its area, an area alone, or neither."""

    equipment: Equipment | None = None
    area: Area | None = None

    @property
    def code(self) -> str:
        """As the form's field holds it: ``equipment:7``, ``area:3``, or ""."""
        if self.equipment:
            return f"equipment:{self.equipment.id}"
        return f"area:{self.area.id}" if self.area else ""


async def spot(session: AsyncSession, actor: Actor, equipment_id: int | None, area_id: int | None) -> Spot:
    """The place by id; equipment brings its own area. Raises NotFound for what isn't the actor's to see."""
    if equipment_id is not None:
        thing = await get_visible(session, actor, Equipment, equipment_id)
        area = await get_visible(session, actor, Area, thing.area_id) if thing.area_id else None
        return Spot(thing, area)
    return Spot(area=await get_visible(session, actor, Area, area_id)) if area_id is not None else Spot()


async def places(session: AsyncSession, actor: Actor) -> list[tuple[Area | None, Sequence[Equipment]]]:
    """Areas to choose from with the equipment in each, by code; last, under None, equipment without an area."""
    used_areas = select(Area).where(visible(actor, Area), col(Area.retired_at).is_(None))
    areas = (await session.scalars(used_areas.order_by(col(Area.code)))).all()
    used = select(Equipment).where(visible(actor, Equipment), col(Equipment.retired_at).is_(None))
    things = (await session.scalars(used.order_by(col(Equipment.code)))).all()
    grouped: list[tuple[Area | None, Sequence[Equipment]]] = [
        (area, [thing for thing in things if thing.area_id == area.id]) for area in areas
    ]
    known = {area.id for area in areas}
    loose = [thing for thing in things if thing.area_id not in known]
    return [*grouped, (None, loose)] if loose else grouped


async def suggestion(session: AsyncSession, actor: Actor, words: str, here: Spot) -> Suggestion:
    """The level that fits ``words`` at that place, and why."""
    alarm = await _worst_alarm(session, actor, here.equipment.id) if here.equipment else None
    return suggested_level(Seen(words, alarm, await _open_count(session, actor, here)))


async def _worst_alarm(session: AsyncSession, actor: Actor, equipment_id: int) -> str | None:
    rank = case({level: number for number, level in enumerate(Level)}, value=col(Alarm.level))
    found = await session.execute(
        select(col(Alarm.level))
        .where(visible(actor, Alarm), col(Alarm.equipment_id) == equipment_id, col(Alarm.state) != AlarmState.CLOSED)
        .order_by(rank)
        .limit(1)
    )
    return found.scalar_one_or_none()


async def _open_count(session: AsyncSession, actor: Actor, here: Spot) -> int:
    if here.equipment:
        same = col(HazardReport.equipment_id) == here.equipment.id
    elif here.area:
        same = col(HazardReport.area_id) == here.area.id
    else:
        return 0
    found = await session.execute(
        select(func.count())
        .select_from(HazardReport)
        .where(visible(actor, HazardReport), same, one_of(col(HazardReport.state), OPEN_STATES))
    )
    return found.scalar_one()


async def teams(session: AsyncSession, actor: Actor) -> Sequence[Team]:
    """Teams that can own a hazard, by code."""
    found = await session.execute(select(Team).where(visible(actor, Team)).order_by(col(Team.code)))
    return found.scalars().all()


async def team(session: AsyncSession, actor: Actor, team_id: int | None) -> Team | None:
    """The team, if it is one of the actor's site."""
    if team_id is None:
        return None
    try:
        return await get_visible(session, actor, Team, team_id)
    except NotFound:
        return None
