"""What a site says of itself so that estimates can be made: who measures the wind, what equipment holds in store."""

from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.errors import N_, Invalid
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require, visible
from backend.identity.scoping import get_visible
from backend.incidents.tracking.models import PlantBuffer, SiteWind
from backend.incidents.tracking.queries.winds import BEARING_UNITS, SPEED_UNITS, named_wind
from backend.incidents.tracking.storing import per_hour
from backend.plant.models import Equipment, Point

_WIND = ("speed_point_id", "direction_point_id")


@dataclass(frozen=True)
class BufferFacts:
    """A buffer as stated: fields as of ``PlantBuffer``."""

    equipment_id: int
    level_point_id: int
    empty_level: float
    full_level: float
    capacity: float
    unit: str
    outflow_point_id: int | None
    outflow_per_h: float | None


async def name_wind(session: AsyncSession, actor: Actor, speed_id: int | None, direction_id: int | None) -> None:
    """Say which points measure the wind; both None: nobody does. The same as before changes nothing.

    Raises Forbidden; Invalid for one without the other or in a unit that isn't a wind's; NotFound.
    """
    require(actor, "incidents.policy")
    if (speed_id is None) != (direction_id is None):
        missing = "speed_point_id" if speed_id is None else "direction_point_id"
        raise Invalid(fields={missing: N_("风速和风向要一起选")})
    for name, point_id, units in (
        ("speed_point_id", speed_id, SPEED_UNITS),
        ("direction_point_id", direction_id, BEARING_UNITS),
    ):
        if point_id is not None and (await get_visible(session, actor, Point, point_id)).unit not in units:
            raise Invalid(fields={name: N_("这个测点的单位不是风速或风向")})
    before = await named_wind(session, actor)
    change = {
        name: [getattr(before, name, None), value]
        for name, value in zip(_WIND, (speed_id, direction_id), strict=True)
        if getattr(before, name, None) != value
    }
    if not change:
        return
    row = SiteWind(
        site_id=actor.site_id, speed_point_id=speed_id, direction_point_id=direction_id, set_by=actor.person_id
    )
    session.add(row)
    await session.flush()
    await record_change(session, actor, "incident.wind", "site_wind", row.id, change)


async def keep_buffer(session: AsyncSession, actor: Actor, facts: BufferFacts) -> PlantBuffer:
    """State what equipment holds, instead of what was stated before.

    Raises Forbidden; NotFound; Invalid where the outflow's point counts something else than the capacity.
    """
    require(actor, "incidents.policy")
    await get_visible(session, actor, Equipment, facts.equipment_id)
    await get_visible(session, actor, Point, facts.level_point_id)
    if facts.outflow_point_id is not None:
        outflow = await get_visible(session, actor, Point, facts.outflow_point_id)
        if per_hour(outflow.unit, facts.unit) is None:
            raise Invalid(fields={"outflow_point_id": N_("这个测点的单位和容量的单位对不上")})
    row = await session.scalar(
        select(PlantBuffer)
        .where(visible(actor, PlantBuffer), col(PlantBuffer.equipment_id) == facts.equipment_id)
        .with_for_update()
    )
    change = {name: [getattr(row, name, None), value] for name, value in asdict(facts).items()}
    change = {name: pair for name, pair in change.items() if pair[0] != pair[1]}
    if row is not None and not change:
        return row
    row = row or PlantBuffer(site_id=actor.site_id, set_by=actor.person_id, **asdict(facts))
    for name, value in asdict(facts).items():
        setattr(row, name, value)
    row.set_by = actor.person_id
    session.add(row)
    await session.flush()
    await record_change(session, actor, "plant.buffer", "plant_buffer", row.id, change)
    return row


async def remove_buffer(session: AsyncSession, actor: Actor, buffer_id: int) -> None:
    """Say that this equipment holds nothing worth counting. Raises Forbidden; NotFound."""
    require(actor, "incidents.policy")
    row = await get_visible(session, actor, PlantBuffer, buffer_id)
    await session.delete(row)
    change = {"equipment_id": [row.equipment_id, None], "capacity": [row.capacity, None]}
    await record_change(session, actor, "plant.buffer", "plant_buffer", buffer_id, change)
