"""What a site can set: which outbreaks open an incident by themselves, and what counts to one that is open. Pure."""

from dataclasses import dataclass

from backend.alarms.models import Level
from backend.core.errors import N_, Invalid
from backend.incidents.lifecycle import LEVELS

MOST_ALARMS = 100
MOST_MINUTES = 1440


@dataclass(frozen=True)
class Policy:
    """``version`` 0: the usual rules, which are ours and not a standard's.

    ``alarm_level``: an alarm of this level or above opens one, None: none does. ``flood_alarms`` of one flood within
    ``flood_minutes`` open one, 0: no number does. ``major_hazards``: a hazard that a leader accepted as 重大 does.
    ``join_minutes``: so long after its last sign something at the same place counts to an open one.
    """

    version: int = 0
    alarm_level: Level | None = Level.MAJOR
    flood_alarms: int = 5
    flood_minutes: int = 10
    major_hazards: bool = True
    join_minutes: int = 30


def read_policy(
    *, alarm_level: str, flood_alarms: str, flood_minutes: str, major_hazards: bool, join_minutes: str
) -> Policy:
    """A policy as typed. Raises Invalid beside each field that can't be read."""
    wrong: dict[str, str] = {}
    if alarm_level and alarm_level not in LEVELS:
        wrong["alarm_level"] = N_("请选择级别")
    alarms = _whole(flood_alarms, MOST_ALARMS)
    if alarms is None or alarms == 1:
        wrong["flood_alarms"] = N_("请填写 2 到 100 的整数，0 表示不按数量")
    minutes, joins = _whole(flood_minutes, MOST_MINUTES), _whole(join_minutes, MOST_MINUTES)
    for name, read in (("flood_minutes", minutes), ("join_minutes", joins)):
        if not read:
            wrong[name] = N_("请填写 1 到 1440 的整数")
    if wrong or alarms is None or minutes is None or joins is None:
        raise Invalid(fields=wrong)
    level = Level(alarm_level) if alarm_level else None
    return Policy(0, level, alarms, minutes, major_hazards, joins)


def _whole(typed: str, most: int) -> int | None:
    plain = typed.strip()
    if not (plain.isascii() and plain.isdigit() and len(plain) <= 4):
        return None
    return int(plain) if int(plain) <= most else None
