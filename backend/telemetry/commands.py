"""What people decide about points that a gateway sends and nobody described: adopt, ignore, look again.

The ingest hears ``NOTIFY ansu_plant`` at the commit: from then on rules may watch an adopted point, and an
ignored one is refused. The readings stored meanwhile belong to the point either way.
"""

from dataclasses import asdict, dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.errors import N_, Conflict, Invalid, NotFound
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require
from backend.identity.scoping import get_visible
from backend.plant.commands import check_point
from backend.plant.history import note, snapshot
from backend.plant.models import Equipment, Point, PointStatus
from backend.telemetry.listening import PLANT_CHANNEL


@dataclass(frozen=True)
class Adoption:
    """What somebody says an unknown point is. The range is what its instrument can mean, not alarm limits."""

    name: str
    name_en: str = ""
    unit: str = ""
    equipment_id: int | None = None
    range_low: float | None = None
    range_high: float | None = None


async def adopt(session: AsyncSession, actor: Actor, point_id: int, wanted: Adoption) -> Point:
    """Take the point into the plant. Raises Invalid with a message a field, Conflict when somebody was first."""
    require(actor, "telemetry.adopt")
    point = await _undecided(session, actor, point_id, PointStatus.PENDING, PointStatus.IGNORED)
    check_point(wanted.name, wanted.name_en, wanted.unit, wanted.range_low, wanted.range_high)
    await _check_equipment(session, actor, wanted.equipment_id)
    said = asdict(wanted) | {
        "name": wanted.name.strip(),
        "name_en": wanted.name_en.strip(),
        "unit": wanted.unit.strip(),
    }
    before = snapshot(point)
    change = {key: [getattr(point, key), value] for key, value in said.items() if getattr(point, key) != value}
    for key, value in said.items():
        setattr(point, key, value)
    await _decide(session, actor, point, PointStatus.ACTIVE, "point.adopt", change)
    await note(session, actor, point, before, action="")
    return point


async def ignore(session: AsyncSession, actor: Actor, point_id: int) -> Point:
    """Store no more of what is sent for the point; its values become refusals. Raises Conflict."""
    require(actor, "telemetry.adopt")
    point = await _undecided(session, actor, point_id, PointStatus.PENDING)
    await _decide(session, actor, point, PointStatus.IGNORED, "point.ignore", {})
    return point


async def look_again(session: AsyncSession, actor: Actor, point_id: int) -> Point:
    """Let an ignored point wait for adoption again. Raises Conflict."""
    require(actor, "telemetry.adopt")
    point = await _undecided(session, actor, point_id, PointStatus.IGNORED)
    await _decide(session, actor, point, PointStatus.PENDING, "point.restore", {})
    return point


async def _undecided(session: AsyncSession, actor: Actor, point_id: int, *expected: PointStatus) -> Point:
    """The point, held until the transaction ends."""
    point = await get_visible(session, actor, Point, point_id, lock=True)
    if point.status not in expected:
        raise Conflict(N_("这个测点已由他人处理，请刷新列表"))
    return point


async def _check_equipment(session: AsyncSession, actor: Actor, equipment_id: int | None) -> None:
    if equipment_id is not None:
        try:
            await get_visible(session, actor, Equipment, equipment_id)
        except NotFound as missing:
            raise Invalid(fields={"equipment_id": N_("请选择本厂区的设备")}) from missing


async def _decide(
    session: AsyncSession,
    actor: Actor,
    point: Point,
    status: PointStatus,
    action: str,
    change: dict[str, list[object]],
) -> None:
    point.status = status
    await record_change(session, actor, action, "point", point.id, change)
    await session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": PLANT_CHANNEL})
