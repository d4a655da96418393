"""A past of a small plant with a planted pattern: the pump fails with its maintenance overdue, the reactor doesn't."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.database import Database
from backend.incidents.models import Incident
from backend.lessons.making import look_for_patterns
from backend.lessons.models import LessonRound
from backend.maintenance.models import MaintenanceRecord
from tests.factories import made, unique
from tests.incidents.scene import Scene

DAY = timedelta(days=1)


async def incident(session: AsyncSession, scene: Scene, at: datetime, **fields: object) -> Incident:
    """One that is over."""
    usual = {"kind": "other", "level": "general", "title": "旧事件", "title_en": "Past incident", "state": "closed"}
    one = Incident(site_id=scene.site.id, number=unique("SJ-"), began_at=at, closed_at=at, **{**usual, **fields})
    return await made(session, one)


async def troubled_past(database: Database, scene: Scene, *, times: int = 24) -> list[Incident]:
    """``times`` leaks at the pump while its maintenance was overdue, and five times as much that has no pattern."""
    start = now().astimezone(UTC) - 200 * DAY
    leaks = []
    async with database.session() as session:
        for unit in (scene.pump, scene.reactor):
            unit.equipment_class = "pump" if unit is scene.pump else "reactor"
            session.add(await session.merge(unit))
        overdue = {"due_on": (start + 140 * DAY).date(), "summary": "换密封"}
        await made(session, MaintenanceRecord(site_id=scene.site.id, equipment_id=scene.pump.id, **overdue))
        await made(session, MaintenanceRecord(site_id=scene.site.id, equipment_id=scene.reactor.id, **overdue))
        for n in range(times):
            at = start + 142 * DAY + n * 2 * DAY + timedelta(hours=n % 24)
            leaks.append(await incident(session, scene, at, kind="gas_leak", equipment_id=scene.pump.id))
        kinds = ("equipment_failure", "near_miss", "other", "operation_violation", "gas_leak")
        for n in range(times * 5):
            at = start + n * timedelta(hours=36)
            unit = (scene.pump, scene.reactor)[(n // 5) % 2]
            await incident(session, scene, at, kind=kinds[n % 5], equipment_id=unit.id)
    return leaks


async def looked(database: Database, scene: Scene) -> LessonRound:
    """The worker looks once."""
    async with database.session() as session:
        return await look_for_patterns(session, scene.site.id)
