"""Ladders as people read and write them: after how many minutes each role is told, how often all are told again. Pure.

Field names are those of the form: ``major_leader``, ``major_repeat``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backend.alarms.escalation import Ladder, Rung
from backend.alarms.models import Level
from backend.core.errors import N_, Invalid
from backend.identity.models import Role

ROLES = (Role.WORKER, Role.LEADER, Role.MANAGER, Role.SAFETY_OFFICER, Role.ADMIN)
REPEAT = "repeat"
LONGEST_MINUTES = 24 * 60
MAJOR_WITHIN_MINUTES = 5
"""So soon somebody must be told of an alarm of level 重大. Ours, not a standard's."""
_WAIT = N_("请填写 0 到 1440 的分钟数，不通知就留空")


def fields_of(ladder: Ladder) -> dict[str, float | None]:
    """Minutes by role, None for one that isn't told, and ``repeat``: as the audit keeps them and the form shows."""
    after = {str(role): next((_short(r.after_s) for r in ladder.rungs if role in r.roles), None) for role in ROLES}
    return {**after, REPEAT: _short(ladder.repeat_s)}


def _short(seconds: float) -> float:
    """Minutes without a point where they are whole."""
    minutes = seconds / 60
    return int(minutes) if minutes.is_integer() else minutes


def ladder_of_fields(fields: Mapping[str, Any]) -> Ladder:
    """The ladder whose ``fields_of`` these are. Raises ValueError where nobody is told."""
    told: dict[float, tuple[Role, ...]] = {}
    for role in ROLES:
        minutes = fields.get(str(role))
        if minutes is not None:
            told[float(minutes) * 60] = (*told.get(float(minutes) * 60, ()), role)
    if not told:
        raise ValueError("a ladder tells somebody")
    return Ladder(tuple(Rung(after, told[after]) for after in sorted(told)), float(fields[REPEAT]) * 60)


@dataclass(frozen=True)
class Summary:
    """A ladder on one line: seconds and roles of each rung, and the seconds between repetitions."""

    rungs: tuple[tuple[float, tuple[str, ...]], ...]
    repeat_s: float


def summary(ladder: Ladder) -> Summary:
    """For a page to say it in words."""
    return Summary(tuple((r.after_s, tuple(str(role) for role in r.roles)) for r in ladder.rungs), ladder.repeat_s)


def typed_of(ladders: Mapping[Level, Ladder]) -> dict[str, str]:
    """The form, filled in."""
    return {
        f"{level}_{name}": "" if minutes is None else f"{minutes:.12g}"
        for level, ladder in ladders.items()
        for name, minutes in fields_of(ladder).items()
    }


def read_ladders(typed: Mapping[str, str]) -> dict[Level, Ladder]:
    """The ladder of each level as typed. Raises Invalid with a message beside each field that can't be."""
    wrong: dict[str, str] = {}
    read: dict[Level, Ladder] = {}
    for level in Level:
        fields = {name: _minutes(typed.get(f"{level}_{name}", "")) for name in (*map(str, ROLES), REPEAT)}
        wrong |= _faults(level, fields)
        if not wrong:
            read[level] = ladder_of_fields(fields)
    if wrong:
        raise Invalid(fields=wrong)
    return read


_UNREADABLE = -1.0


def _faults(level: Level, fields: Mapping[str, float | None]) -> dict[str, str]:
    waits = [minutes for name, minutes in fields.items() if name != REPEAT and minutes is not None]
    wrong = {f"{level}_{name}": _WAIT for name, minutes in fields.items() if minutes == _UNREADABLE}
    if not 1 <= (fields[REPEAT] or 0) <= LONGEST_MINUTES:
        wrong[f"{level}_{REPEAT}"] = N_("请填写 1 到 1440 的分钟数")
    if not waits:
        wrong[f"{level}_{ROLES[0]}"] = N_("至少要通知一种角色")
    elif level == Level.MAJOR and not wrong and min(waits) > MAJOR_WITHIN_MINUTES:
        wrong[f"{level}_{ROLES[0]}"] = N_("重大预警要在 5 分钟内通知到人")
    return wrong


def _minutes(typed: str) -> float | None:
    """What was typed; None for nothing, ``_UNREADABLE`` for what is no such number of minutes."""
    plain = typed.strip()
    if not plain:
        return None
    try:
        minutes = float(plain)
    except ValueError:
        return _UNREADABLE
    return minutes if 0 <= minutes <= LONGEST_MINUTES else _UNREADABLE
