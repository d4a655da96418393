"""A site's rule about positions, its ground, and its places of which it is known where on earth they are."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.checkins.models import PlaceFence
from backend.checkins.position import Fence
from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import visible
from backend.incidents.positions.judging import Ground
from backend.incidents.positions.models import PositionRule
from backend.incidents.positions.rule import Rule
from backend.incidents.positions.whereabouts import Place
from backend.plant.models import Area, Equipment

MOST_VERSIONS = 20


@dataclass(frozen=True)
class Fenced:
    """A place and where on earth it is."""

    place: Place
    fence: Fence


async def rule_versions(session: AsyncSession, actor: Actor) -> tuple[Rule, list[tuple[PositionRule, Person]]]:
    """The rule in force, and the last versions with who set them, the newest first."""
    rows = await session.execute(
        select(PositionRule, Person)
        .join(Person, col(Person.id) == col(PositionRule.set_by))
        .where(visible(actor, PositionRule))
        .order_by(col(PositionRule.version).desc())
        .limit(MOST_VERSIONS)
    )
    versions = [(row, person) for row, person in rows]
    return _rule(versions[0][0] if versions else None), versions


async def rule_of(session: AsyncSession, actor: Actor) -> Rule:
    """The rule in force at the actor's site."""
    return (await rule_versions(session, actor))[0]


async def fenced_places(session: AsyncSession, actor: Actor) -> list[Fenced]:
    """All places with a fence."""
    rows = await session.execute(
        select(PlaceFence, Equipment, Area)
        .outerjoin(Equipment, col(Equipment.id) == col(PlaceFence.equipment_id))
        .outerjoin(Area, col(Area.id) == col(PlaceFence.area_id))
        .where(visible(actor, PlaceFence))
        .order_by(col(PlaceFence.id))
    )
    return [Fenced(_place(equipment, area), Fence(row.lat, row.lon, row.radius_m)) for row, equipment, area in rows]


async def ground_of(session: AsyncSession, actor: Actor) -> Ground:
    """Where the site is."""
    own = (await rule_of(session, actor)).ground
    return Ground(own, [one.fence for one in await fenced_places(session, actor)])


async def places_of(
    session: AsyncSession, actor: Actor, equipment_ids: Sequence[int], area_ids: Sequence[int]
) -> dict[tuple[int | None, int | None], Place]:
    """These places by equipment id and area id, one of which is None."""
    equipment = await session.scalars(
        select(Equipment).where(visible(actor, Equipment), col(Equipment.id).in_(equipment_ids))
    )
    areas = await session.scalars(select(Area).where(visible(actor, Area), col(Area.id).in_(area_ids)))
    found = [*(_place(one, None) for one in equipment), *(_place(None, one) for one in areas)]
    return {(one.equipment_id, one.area_id): one for one in found}


def _place(equipment: Equipment | None, area: Area | None) -> Place:
    if equipment is not None:
        return Place(equipment.name, equipment.name_en, equipment_id=equipment.id)
    return Place(area.name if area else "", area.name_en if area else "", area_id=area.id if area else None)


def _rule(row: PositionRule | None) -> Rule:
    if row is None:
        return Rule()
    circle = row.lat is not None and row.lon is not None and row.radius_m is not None
    ground = Fence(row.lat or 0.0, row.lon or 0.0, row.radius_m or 0.0) if circle else None
    return Rule(row.version, row.keep_days, ground)
