"""What was foretold of an incident against what came of it: which equipment alarmed, and when. Pure."""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime


class Outcome(enum.StrEnum):
    """What came of equipment that was foretold, or that alarmed."""

    CAME = "came"
    NOT_COME = "not_come"
    UNFORETOLD = "unforetold"
    BEFORE = "before"
    """It had alarmed when the first trace was made: nobody could have foretold it. A flood that is faster than the
    trace is made of these."""


@dataclass(frozen=True)
class Forecast:
    """That a disturbance would reach equipment, as the trace said it first while the incident went on. UTC."""

    equipment_id: int
    foretold_at: datetime
    arrival_at: datetime
    earliest: datetime
    latest: datetime


@dataclass(frozen=True)
class Alarmed:
    """The first alarm of equipment; None where it isn't of any."""

    alarm_id: int
    equipment_id: int | None
    at: datetime
    warning: bool = False


@dataclass(frozen=True)
class Compared:
    """One piece of equipment: foretold, alarmed, or both. ``late_s``: alarmed so many seconds after the foretold
    arrival (negative: before); ``within``: between its earliest and latest."""

    equipment_id: int
    outcome: Outcome
    forecast: Forecast | None = None
    alarm: Alarmed | None = None
    late_s: float | None = None
    within: bool | None = None


def compare(
    forecasts: Iterable[Forecast], alarms: Iterable[Alarmed], first_told: datetime | None = None
) -> list[Compared]:
    """Each piece of equipment once: those that came, those that didn't, those nobody foretold, those that had alarmed
    by ``first_told`` (UTC), when the first trace was made (None: none was); by time.

    Equipment that had alarmed when it was named wasn't foretold.
    """
    first: dict[int, Alarmed] = {}
    for alarm in sorted(alarms, key=lambda one: one.at):
        if alarm.equipment_id is not None:
            first.setdefault(alarm.equipment_id, alarm)
    told = {one.equipment_id: one for one in sorted(forecasts, key=lambda one: one.foretold_at, reverse=True)}
    told = {id_: one for id_, one in told.items() if id_ not in first or first[id_].at > one.foretold_at}
    found = [_one(id_, told.get(id_), first.get(id_), first_told) for id_ in sorted(told.keys() | first.keys())]
    return sorted(found, key=lambda one: (list(Outcome).index(one.outcome), _when(one), one.equipment_id))


def hit_share(compared: Iterable[Compared]) -> Mapping[str, int]:
    """How many there are of each outcome."""
    counted = {str(outcome): 0 for outcome in Outcome}
    for one in compared:
        counted[str(one.outcome)] += 1
    return counted


def first_warning(alarms: Iterable[Alarmed], opened_at: datetime) -> tuple[Alarmed, float] | None:
    """The first early warning and by how many seconds it came before the incident was opened; None without one."""
    early = [one for one in alarms if one.warning and one.at < opened_at]
    if not early:
        return None
    first = min(early, key=lambda one: (one.at, one.alarm_id))
    return first, (opened_at - first.at).total_seconds()


def _one(equipment_id: int, forecast: Forecast | None, alarm: Alarmed | None, first_told: datetime | None) -> Compared:
    if forecast is None:
        there = alarm is not None and first_told is not None and alarm.at <= first_told
        return Compared(equipment_id, Outcome.BEFORE if there else Outcome.UNFORETOLD, alarm=alarm)
    if alarm is None:
        return Compared(equipment_id, Outcome.NOT_COME, forecast)
    late_s = (alarm.at - forecast.arrival_at).total_seconds()
    within = forecast.earliest <= alarm.at <= forecast.latest
    return Compared(equipment_id, Outcome.CAME, forecast, alarm, late_s, within)


def _when(one: Compared) -> datetime:
    if one.alarm is not None:
        return one.alarm.at
    assert one.forecast is not None
    return one.forecast.arrival_at
