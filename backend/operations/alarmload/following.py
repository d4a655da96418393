"""What came of a change, beside what its trial had promised."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.identity.actor import Actor
from backend.operations.alarmload.queries import load
from backend.operations.alarmload.queries.trials import Change, changes

AFTER_DAYS = (7, 30)
LEAST_DAYS = 1.0
"""Before so many days nothing is said of what came."""
_SLACK = 1.5


@dataclass(frozen=True)
class Came:
    """What came within ``days`` after the change beside what was promised for so many; ``over``: they have passed."""

    days: float
    alarms: int
    promised: float
    over: bool

    @property
    def as_promised(self) -> bool:
        """Whether it is at most half as much again, or one alarm more."""
        return self.alarms <= max(self.promised * _SLACK, self.promised + 1)


@dataclass(frozen=True)
class Followed:
    """A change with what came of it: after 7 and 30 days, or up to now."""

    change: Change
    came: list[Came]


async def followed(session: AsyncSession, actor: Actor, *, rule_id: int | None = None, most: int = 5) -> list[Followed]:
    """The newest changes, the newest first."""
    return [
        Followed(one, await _came(session, actor, one))
        for one in await changes(session, actor, rule_id=rule_id, most=most)
    ]


async def _came(session: AsyncSession, actor: Actor, change: Change) -> list[Came]:
    made = change.made
    end = made.restored_at or now()
    found: list[Came] = []
    for days in AFTER_DAYS:
        until = min(made.applied_at + timedelta(days=days), end)
        passed = (until - made.applied_at) / timedelta(days=1)
        if passed < LEAST_DAYS or (found and passed <= found[-1].days):
            break
        alarms = await load.raised_by_rule(session, actor, made.rule_id, made.applied_at, until)
        found.append(Came(round(passed, 1), alarms, made.alarms_after / made.days * passed, passed >= days))
    return found
