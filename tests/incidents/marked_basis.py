"""What a marked site says of its wind and its stores, for the authorization test (tests/identity/estate.py)."""

from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.models import Alarm
from backend.identity.models import Person
from backend.incidents.tracking.models import PlantBuffer, SiteWind
from tests.factories import made


async def make_marked_basis(session: AsyncSession, alarm: Alarm, admin: Person, mark: str) -> dict[str, int]:
    """The alarm's point measures wind and level alike: what it is called is what counts."""
    assert alarm.point_id and alarm.equipment_id
    said = {"site_id": alarm.site_id, "set_by": admin.id}
    await made(session, SiteWind(**said, speed_point_id=alarm.point_id, direction_point_id=alarm.point_id))
    holds = {"empty_level": 0.0, "full_level": 100.0, "capacity": 10.0, "unit": mark, "outflow_per_h": 1.0}
    buffer = PlantBuffer(**said, equipment_id=alarm.equipment_id, level_point_id=alarm.point_id, **holds)
    return {"buffer_id": (await made(session, buffer)).id}
