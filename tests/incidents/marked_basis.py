"""What a marked site says of its wind and its stores, for the authorization test (tests/identity/estate.py)."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.models import Alarm
from backend.core.clock import now
from backend.identity.models import Person
from backend.incidents.tracking.models import PlantBuffer, ProductionOrder, SiteWeather
from backend.plant.models import Stage
from tests.factories import made, unique


async def make_marked_basis(session: AsyncSession, alarm: Alarm, admin: Person, mark: str) -> dict[str, int]:
    """The alarm's point measures wind and level alike: what it is called is what counts."""
    assert alarm.point_id and alarm.equipment_id
    said = {"site_id": alarm.site_id, "set_by": admin.id}
    await made(session, SiteWeather(**said, speed_point_id=alarm.point_id, direction_point_id=alarm.point_id))
    holds = {"empty_level": 0.0, "full_level": 100.0, "capacity": 10.0, "unit": mark, "outflow_per_h": 1.0}
    buffer = PlantBuffer(**said, equipment_id=alarm.equipment_id, level_point_id=alarm.point_id, **holds)
    stage = await made(session, Stage(site_id=alarm.site_id, code=unique("S-"), name=mark, name_en=mark))
    day = {"starts_at": now(), "ends_at": now() + timedelta(days=1)}
    order = ProductionOrder(**said, **day, number=mark, product=mark, stage_id=stage.id, quantity=1, unit="t")
    return {
        "buffer_id": (await made(session, buffer)).id,
        "order_id": (await made(session, order)).id,
    }
