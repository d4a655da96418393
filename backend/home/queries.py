"""How the actor's plant stands at this moment, in one statement: open alarms, late rectifications, age of the data."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Alarm, AlarmState, Level
from backend.core.clock import now
from backend.hazards.lifecycle import FINAL, WORKABLE
from backend.hazards.models import Rectification
from backend.hazards.queries import verifiable_by
from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.telemetry.models import PointState

_SET_ASIDE = (AlarmState.CLOSED, AlarmState.SHELVED, AlarmState.OUT_OF_SERVICE)


@dataclass(frozen=True)
class Standing:
    """Counts over what the actor may see. ``by_level`` holds levels with open alarms, the worst first."""

    by_level: dict[Level, int]
    unacknowledged: int
    overdue: int
    to_verify: int
    newest_reading_at: datetime | None

    @property
    def open_alarms(self) -> int:
        """How many alarms are open and not set aside."""
        return sum(self.by_level.values())

    @property
    def worst(self) -> Level | None:
        """The highest level that is open; None when all is quiet."""
        return next(iter(self.by_level), None)


async def standing(session: AsyncSession, actor: Actor) -> Standing:
    """How it stands now. Shelved alarms and those out of service don't count: somebody has dealt with them."""
    still_open = col(Alarm.state).not_in(_SET_ASIDE)
    counts = [func.count().filter(still_open, col(Alarm.level) == level) for level in Level]
    calling = func.count().filter(col(Alarm.state) == AlarmState.UNACKNOWLEDGED)
    alarms = (
        await session.execute(
            select(*counts, calling)
            .select_from(Alarm)
            .where(visible(actor, Alarm), col(Alarm.state) != AlarmState.CLOSED)
        )
    ).one()
    overdue = func.count().filter(col(Rectification.state).in_(WORKABLE), col(Rectification.deadline) < now())
    late = (
        await session.execute(
            select(overdue, func.count().filter(verifiable_by(actor)))
            .select_from(Rectification)
            .where(visible(actor, Rectification), col(Rectification.state).not_in(FINAL))
        )
    ).one()
    newest = select(func.max(col(PointState.received_at))).where(visible(actor, PointState))
    return Standing(
        by_level={level: count for level, count in zip(Level, alarms, strict=False) if count},
        unacknowledged=alarms[-1],
        overdue=late[0],
        to_verify=late[1],
        newest_reading_at=(await session.execute(newest)).scalar_one_or_none(),
    )
