"""Alarms of one piece of equipment or one area, for the page about it."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, case, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.lifecycle import SET_ASIDE
from backend.alarms.models import Alarm, AlarmState
from backend.alarms.queries.listing import RANK, Line, line, lines
from backend.core.clock import now
from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.plant.models import Equipment

MOST = 20
TRACEABLE_FOR = timedelta(days=90)
"""How long after an alarm the page of its equipment still leads to its trace."""


async def open_on_equipment(session: AsyncSession, actor: Actor, equipment_id: int) -> Sequence[Line]:
    """Open alarms of the equipment that nobody has set aside, the worst first."""
    return await _open(session, actor, col(Alarm.equipment_id) == equipment_id)


async def open_in_area(session: AsyncSession, actor: Actor, area_id: int) -> Sequence[Line]:
    """The same of the area and of all equipment in it."""
    inside = select(col(Equipment.id)).where(visible(actor, Equipment), col(Equipment.area_id) == area_id)
    return await _open(session, actor, or_(col(Alarm.area_id) == area_id, col(Alarm.equipment_id).in_(inside)))


async def latest_on_equipment(session: AsyncSession, actor: Actor, equipment_id: int) -> int | None:
    """The alarm whose trace tells most about the equipment: an open one before those that were, then the newest."""
    closed = case((col(Alarm.state) == AlarmState.CLOSED, 1), else_=0)
    found: int | None = await session.scalar(
        select(col(Alarm.id))
        .where(
            visible(actor, Alarm),
            col(Alarm.equipment_id) == equipment_id,
            col(Alarm.raised_at) > now() - TRACEABLE_FOR,
        )
        .order_by(closed, col(Alarm.raised_at).desc())
        .limit(1)
    )
    return found


async def _open(session: AsyncSession, actor: Actor, where: ColumnElement[bool]) -> Sequence[Line]:
    statement = lines(actor).where(where, col(Alarm.state).not_in([AlarmState.CLOSED, *SET_ASIDE]))
    rows = await session.execute(statement.order_by(RANK, col(Alarm.last_raised_at).desc()).limit(MOST))
    return [line(row) for row in rows]
