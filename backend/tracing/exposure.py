"""Who and what stands where a disturbance goes: areas, production stages, and the people now assigned there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.models import Person, PostHolder
from backend.identity.permissions import visible
from backend.plant.models import Area, Equipment, Stage


@dataclass(frozen=True)
class Spot:
    """An area or a stage: which equipment of the scope stands there, and how many people are assigned there."""

    id: int
    name: str
    name_en: str
    equipment_ids: tuple[int, ...]
    people: int


@dataclass(frozen=True)
class Exposure:
    """A scope by place, most people first. ``people``: different persons in the teams of the areas and on the posts
    that own the equipment, whoever is assigned at this moment."""

    areas: tuple[Spot, ...] = ()
    stages: tuple[Spot, ...] = ()
    people: int = 0


@dataclass(frozen=True)
class _Place:
    id: int
    name: str
    name_en: str


async def exposure(session: AsyncSession, actor: Actor, equipment_ids: Sequence[int]) -> Exposure:
    """Places and people of this equipment."""
    if not equipment_ids:
        return Exposure()
    areas, stages = await _places(session, actor, equipment_ids)
    people = await _people(session, actor, equipment_ids)
    everybody = set().union(*people.values()) if people else set()
    return Exposure(_spots(areas, people), _spots(stages, people), len(everybody))


async def _places(
    session: AsyncSession, actor: Actor, equipment_ids: Sequence[int]
) -> tuple[dict[int, _Place], dict[int, _Place]]:
    """Area and stage by equipment; equipment without a stage of its own is in that of its area."""
    stage_id = func.coalesce(col(Equipment.stage_id), col(Area.stage_id))
    rows = await session.execute(
        select(
            col(Equipment.id),
            col(Area.id),
            col(Area.name),
            col(Area.name_en),
            col(Stage.id),
            col(Stage.name),
            col(Stage.name_en),
        )
        .outerjoin(Area, (col(Area.id) == col(Equipment.area_id)) & visible(actor, Area))
        .outerjoin(Stage, (col(Stage.id) == stage_id) & visible(actor, Stage))
        .where(visible(actor, Equipment), col(Equipment.id).in_(list(equipment_ids)))
        .order_by(col(Equipment.id))
    )
    areas: dict[int, _Place] = {}
    stages: dict[int, _Place] = {}
    for equipment_id, area_id, area, area_en, stage_id_, stage, stage_en in rows:
        if area_id:
            areas[equipment_id] = _Place(area_id, area, area_en)
        if stage_id_:
            stages[equipment_id] = _Place(stage_id_, stage, stage_en)
    return areas, stages


async def _people(session: AsyncSession, actor: Actor, equipment_ids: Sequence[int]) -> dict[int, set[int]]:
    """Persons by equipment: the team of its area, and who holds its owner post."""
    ids = list(equipment_ids)
    in_teams = (
        select(col(Equipment.id), col(Person.id))
        .join(Area, col(Area.id) == col(Equipment.area_id))
        .join(Person, col(Person.team_id) == col(Area.team_id))
        .where(
            visible(actor, Equipment),
            visible(actor, Area),
            visible(actor, Person),
            col(Person.active),
            col(Equipment.id).in_(ids),
        )
    )
    on_posts = (
        select(col(Equipment.id), col(Person.id))
        .join(PostHolder, col(PostHolder.post_id) == col(Equipment.owner_post_id))
        .join(Person, col(Person.id) == col(PostHolder.person_id))
        .where(
            visible(actor, Equipment),
            visible(actor, PostHolder),
            visible(actor, Person),
            col(PostHolder.until).is_(None),
            col(Person.active),
            col(Equipment.id).in_(ids),
        )
    )
    people: dict[int, set[int]] = {}
    for equipment_id, person_id in await session.execute(in_teams.union(on_posts)):
        people.setdefault(equipment_id, set()).add(person_id)
    return people


def _spots(places: Mapping[int, _Place], people: Mapping[int, Iterable[int]]) -> tuple[Spot, ...]:
    by_place: dict[_Place, list[int]] = {}
    for equipment_id, place in places.items():
        by_place.setdefault(place, []).append(equipment_id)
    spots = [
        Spot(
            place.id,
            place.name,
            place.name_en,
            tuple(ids),
            len({person for equipment_id in ids for person in people.get(equipment_id, ())}),
        )
        for place, ids in by_place.items()
    ]
    return tuple(sorted(spots, key=lambda spot: (-spot.people, -len(spot.equipment_ids), spot.id)))
