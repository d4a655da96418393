"""Which accident the risk points of a place speak of: suggested for hazards and incidents there."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.database import Database
from backend.hazards.accidents import Ground, Likely
from backend.identity.models import Role
from backend.risks.models import HazardSource, RiskPoint
from backend.risks.queries.likely import likely
from tests.factories import actor_for, made, unique
from tests.risks.conftest import Plant, make_plant


async def point(session: AsyncSession, plant: Plant, *sources: list[str], **fields: Any) -> None:
    """A risk point with sources that name these types."""
    row = {"code": unique("R-"), "name": "点", "kind": "place", "control": "team", "origin": "hand", **fields}
    one = await made(session, RiskPoint(site_id=plant.site.id, **row))
    for number, accidents in enumerate(sources):
        source = HazardSource(site_id=plant.site.id, risk_point_id=one.id, name=f"源{number}", accidents=accidents)
        await made(session, source)


async def told(database: Database, plant: Plant, equipment_id: int | None, area_id: int | None) -> Likely | None:
    async with database.session(site_id=plant.site.id) as session:
        actor = await actor_for(session, plant.people[Role.LEADER])
        return await likely(session, actor, equipment_id, area_id)


async def test_the_equipments_own_sources_go_before_those_of_its_area(database: Database, plant: Plant) -> None:
    async with database.session() as session:
        await point(session, plant, ["fire"], ["fire", "burn"], ["burn"], equipment_id=plant.reactor.id)
        await point(session, plant, ["leak"], ["leak"], ["leak"], ["leak"], area_id=plant.area.id)
    # At the reactor fire and burn are named by two of three sources each: none leads. In the area leak by 4 of 7.
    assert await told(database, plant, plant.reactor.id, None) == Likely("leak", Ground.AREA, 4, 7)  # type: ignore[arg-type]
    async with database.session() as session:
        await point(session, plant, ["fire"], equipment_id=plant.reactor.id)
    # Fire now by three of four.
    assert await told(database, plant, plant.reactor.id, plant.area.id) == Likely("fire", Ground.EQUIPMENT, 3, 4)  # type: ignore[arg-type]
    assert await told(database, plant, None, plant.area.id) == Likely("leak", Ground.AREA, 4, 8)  # type: ignore[arg-type]


async def test_what_is_retired_dropped_or_of_another_site_says_nothing(database: Database, plant: Plant) -> None:
    async with database.session() as session:
        other = await make_plant(session)
        await point(session, other, ["drowning"], ["drowning"], area_id=other.area.id)
        await point(session, plant, ["fire"], ["fire"], area_id=plant.area.id, retired_at=now())
        await point(session, plant, [], area_id=plant.area.id)
    assert await told(database, plant, None, plant.area.id) is None
    assert await told(database, plant, plant.reactor.id, None) is None
    assert await told(database, plant, None, other.area.id) is None, "another site's area"
