"""What a site says of itself so that estimates can be made: who measures the weather, what equipment holds in store."""

from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.errors import N_, Invalid
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require, visible
from backend.identity.scoping import get_visible
from backend.incidents.tracking.models import PlantBuffer, SiteWeather
from backend.incidents.tracking.queries.winds import UNITS, named_weather
from backend.incidents.tracking.storing import per_hour
from backend.plant.models import Equipment, Point

_OF_WIND, _OF_AIR = N_("这个测点的单位不是风速或风向"), N_("这个测点的单位不是气温或雨量")
_WRONG_UNIT = {
    "speed_point_id": _OF_WIND,
    "direction_point_id": _OF_WIND,
    "temperature_point_id": _OF_AIR,
    "rain_point_id": _OF_AIR,
}


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


@dataclass(frozen=True)
class WeatherPoints:
    """Which points measure the weather, as of ``SiteWeather``; None: nobody does."""

    speed_point_id: int | None = None
    direction_point_id: int | None = None
    temperature_point_id: int | None = None
    rain_point_id: int | None = None


async def name_weather(session: AsyncSession, actor: Actor, wanted: WeatherPoints) -> None:
    """Say which points measure the weather. The same as before changes nothing.

    Raises Forbidden; Invalid for a wind's speed without its direction or the other way round, or a unit that can't be;
    NotFound.
    """
    require(actor, "incidents.policy")
    if (wanted.speed_point_id is None) != (wanted.direction_point_id is None):
        missing = "speed_point_id" if wanted.speed_point_id is None else "direction_point_id"
        raise Invalid(fields={missing: N_("风速和风向要一起选")})
    for name, point_id in vars(wanted).items():
        if point_id is not None and (await get_visible(session, actor, Point, point_id)).unit not in UNITS[name]:
            raise Invalid(fields={name: _WRONG_UNIT[name]})
    before = await named_weather(session, actor)
    change = {
        name: [getattr(before, name, None), value]
        for name, value in vars(wanted).items()
        if getattr(before, name, None) != value
    }
    if not change:
        return
    row = SiteWeather(site_id=actor.site_id, **vars(wanted), set_by=actor.person_id)
    session.add(row)
    await session.flush()
    await record_change(session, actor, "incident.wind", "site_weather", row.id, change)


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
