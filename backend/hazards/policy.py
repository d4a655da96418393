"""What a site can set for its rectifications: when a hazard counts as come back, how late ones climb. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from backend.alarms.models import Level
from backend.core.errors import N_, Invalid
from backend.identity.models import Role

USUAL_RECURRENCE_DAYS = 90
USUAL_MANAGERS_AFTER_DAYS = {Level.MAJOR: 0, Level.SIGNIFICANT: 1, Level.GENERAL: 3, Level.LOW: 7}
"""Ours, not a standard's; the window is that of 风险复发率 in the indicators."""
MOST_DAYS = 366


@dataclass(frozen=True)
class Policy:
    """``recurrence_days`` after its verification the same hazard counts as come back; ``managers_after_days`` whole
    days after the deadline managers are reminded too, by level."""

    recurrence_days: int = USUAL_RECURRENCE_DAYS
    managers_after_days: Mapping[Level, int] = field(default_factory=lambda: dict(USUAL_MANAGERS_AFTER_DAYS))

    def counts_as_recurrence(self, verified_at: datetime, now: datetime) -> bool:
        """Whether what was verified at ``verified_at`` and shows again ``now`` has come back."""
        return now - verified_at <= timedelta(days=self.recurrence_days)

    def rungs(self, level: str, deadline: datetime, now: datetime) -> tuple[Role, ...]:
        """Who besides the owner is reminded of a late one: the team's leader at once, managers later."""
        late = now - deadline
        patience = timedelta(days=self.managers_after_days[Level(level)])
        return (Role.LEADER, Role.MANAGER) if late >= patience else (Role.LEADER,)


def policy_from(recurrence_days: int | None, managers_after_days: Mapping[str, int] | None) -> Policy:
    """A site's own policy as its row has it; what it doesn't name is as usual."""
    days = {level: (managers_after_days or {}).get(level, usual) for level, usual in USUAL_MANAGERS_AFTER_DAYS.items()}
    return Policy(USUAL_RECURRENCE_DAYS if recurrence_days is None else recurrence_days, days)


def read_policy(recurrence_days: str, managers_after_days: Mapping[Level, str]) -> Policy:
    """A policy as typed. Raises Invalid beside ``recurrence_days`` and ``managers_<level>``."""
    wrong: dict[str, str] = {}
    window = _days(recurrence_days, 1)
    if window is None:
        wrong["recurrence_days"] = N_("请填写 1 到 366 的整数")
    after = {level: _days(typed, 0) for level, typed in managers_after_days.items()}
    wrong |= {f"managers_{level}": N_("请填写 0 到 366 的整数") for level, days in after.items() if days is None}
    if wrong or window is None:
        raise Invalid(fields=wrong)
    return Policy(window, {level: days for level, days in after.items() if days is not None})


def _days(typed: str, fewest: int) -> int | None:
    plain = typed.strip()
    if not (plain.isascii() and plain.isdigit() and len(plain) <= 4):
        return None
    return int(plain) if fewest <= int(plain) <= MOST_DAYS else None
