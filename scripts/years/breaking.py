"""Incidents: the gravest floods, each with its trace, log, forecast and duties not done; traces of the other floods."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from backend.alarms.models import Level
from backend.incidents.models import (
    Deed,
    Disposal,
    Incident,
    IncidentKind,
    IncidentSource,
    IncidentState,
    Phase,
    SourceKind,
)
from backend.incidents.review.models import IncidentForecast, Lapse, LapseKind, LapseReply
from backend.tracing.models import Origin, Stage, Trace
from backend.tracing.story import nothing_yet
from scripts.years.alarming import Told
from scripts.years.effects import TRACED_RIGHT
from scripts.years.inspecting import Missed, Rounds
from scripts.years.ledger import Ledger
from scripts.years.naming import of_incident
from scripts.years.people import Crew
from scripts.years.raising import IN_A_FLOOD
from scripts.years.rhythm import Span

_CAUSES = ("valve.sticking", "pump.seal", "pump.wear", "line.blocked", "cooler.fouled", "sensor.drift")
_KINDS = (
    (IncidentKind.EQUIPMENT_FAILURE,) * 4
    + (IncidentKind.GAS_LEAK,) * 3
    + (
        IncidentKind.FIRE,
        IncidentKind.NEAR_MISS,
        IncidentKind.NEAR_MISS,
    )
)
_LEVELS = (Level.GENERAL,) * 6 + (Level.SIGNIFICANT,) * 3 + (Level.MAJOR,)
_DEEDS = (Deed.STOP, Deed.ISOLATE, Deed.RELIEVE, Deed.VENTILATE, Deed.CHECK)
LEAST_IN_A_FLOOD = IN_A_FLOOD[0] - 4
WITHIN = timedelta(days=7)
"""A check-in missed so long before, at the same equipment, is a duty not done."""


@dataclass(frozen=True)
class Flood:
    """A group of many alarms, in order of time."""

    group: int
    alarms: Sequence[Told]

    @property
    def at(self) -> datetime:
        """When it began."""
        return self.alarms[0].at


def floods_of(alarms: list[Told]) -> list[Flood]:
    """All floods that are over, in order; chatter at one place isn't one."""
    found: dict[int, list[Told]] = {}
    for one in alarms:
        if one.flood >= LEAST_IN_A_FLOOD:
            found.setdefault(one.group, []).append(one)
    floods = [Flood(group, members) for group, members in found.items()]
    return [
        one
        for one in floods
        if len({a.condition.unit.id for a in one.alarms}) > 2 and all(a.closed for a in one.alarms)
    ]


@dataclass(frozen=True)
class Over:
    """An incident that is closed: at which equipment, since when."""

    unit: int
    at: datetime


async def break_out(
    ledger: Ledger, span: Span, crew: Crew, rounds: Rounds, alarms: list[Told], wanted: int
) -> list[Over]:
    """Write ``wanted`` incidents of the floods there are, and a trace for each flood; gives those that are over."""
    await ledger.open(Incident, Lapse)
    dice, types, floods = span.dice("incidents"), span.dice("accident types"), floods_of(alarms)
    await _traces(ledger, dice, crew, floods)
    chosen = sorted(dice.sample(floods, min(wanted, len(floods))), key=lambda one: one.at)
    rows, numbers = [], dict[str, int]()
    for flood in chosen:
        day = f"SJ-{span.local(flood.at):%Y%m%d}"
        numbers[day] = numbers.get(day, 0) + 1
        row = _incident(ledger.id(Incident), span, dice, crew, flood, f"{day}-{numbers[day]:03}")
        unit = flood.alarms[0].condition.unit
        rows.append((*row, of_incident(types, row[3], unit.kind, over=row[17] is not None)))
    columns = ("id", "number", "state", "kind", "phase", "level", "title", "title_en", "equipment_id", "area_id")
    times = ("group_id", "began_at", "opened_at", "last_source_at", "lead_id", "contained_at", "contained_by")
    ends = ("closed_at", "closed_by", "losses", "loss_yuan", "injured", "accident")
    await ledger.copy(Incident, (*columns, *times, *ends), rows)
    both = list(zip(rows, chosen, strict=True))
    sources = [(row[0], SourceKind.GROUP, flood.group, flood.at, row[12]) for row, flood in both]
    await ledger.copy(IncidentSource, ("incident_id", "kind", "source_id", "at", "added_at"), sources)
    lines = [line for row, _ in both for line in _log(dice, row)]
    await ledger.copy(Disposal, ("incident_id", "kind", "person_id", "words", "at", "received_at"), lines)
    foretold = [line for row, flood in both for line in _forecast(dice, row, flood)]
    columns = ("incident_id", "equipment_id", "foretold_at", "arrival_at", "earliest", "latest")
    await ledger.copy(IncidentForecast, columns, foretold)
    await _lapses(ledger, dice, crew, rounds.missed, both)
    return [Over(row[8], row[17]) for row in rows if row[17] is not None]


async def _traces(ledger: Ledger, dice: random.Random, crew: Crew, floods: list[Flood]) -> None:
    rows = []
    for flood in floods:
        unit = flood.alarms[0].condition.unit
        place = f"equipment:{unit.id}"
        first, second = dice.sample(_CAUSES, 2)
        confirmed = dice.random() < 0.6
        truth = first if dice.random() < TRACED_RIGHT else second
        made, seen = flood.at + timedelta(seconds=8), flood.at + timedelta(hours=dice.randrange(4, 48))
        by = crew.leader[unit.area.team]
        rows.append(
            (
                *(flood.group, Origin.ALARM, Stage.REVIEW, 3, made, made + timedelta(minutes=10)),
                *(flood.at - timedelta(hours=1), flood.at, _result(unit.id, first, second)),
                *(f"{place}/{truth}" if confirmed else "", by if confirmed else None, seen if confirmed else None),
            )
        )
    columns = ("group_id", "origin", "stage", "revision", "first_made_at", "made_at", "window_from", "window_to")
    await ledger.copy(Trace, (*columns, "result", "confirmed_node", "confirmed_by", "confirmed_at"), rows)


def _result(equipment: int, first: str, second: str) -> dict[str, Any]:
    """Two causes at one place, as the trace's page reads them: no signs, no path, no scope."""
    place = f"equipment:{equipment}"
    shares = ((f"{place}/{first}", first, 0.6), (f"{place}/{second}", second, 0.25), ("rest", "", 0.15))
    fused = [_entry(key, library_key, equipment, share) for key, library_key, share in shares]
    return nothing_yet() | {"abnormal": True, "unknown": 0.15, "fused": fused}


def _entry(key: str, library_key: str, equipment: int, share: float) -> dict[str, Any]:
    """A cause, as ``tracing.library.telling`` writes it."""
    lists: dict[str, Any] = {name: [] for name in ("cites", "posts", "questions")}
    words = {name: library_key for name in ("library_key", "title", "title_en")}
    place = equipment if library_key else None
    told = {"key": key, "kind": "equipment", "contributes": False, "equipment_id": place, "probability": share}
    return {**told, **words, "advice": "", "advice_en": "", **lists}


def _incident(id_: int, span: Span, dice: random.Random, crew: Crew, flood: Flood, number: str) -> tuple[Any, ...]:
    first = flood.alarms[0]
    unit = first.condition.unit
    leader, began = crew.leader[unit.area.team], flood.at
    contained = began + timedelta(minutes=dice.randrange(10, 120))
    closed = contained + timedelta(hours=dice.randrange(1, 60))
    over, held = closed < span.until, contained < span.until
    state = IncidentState.CLOSED if over else IncidentState.CONTAINED if held else IncidentState.OPEN
    opened = min(began + timedelta(minutes=2), span.until)
    yuan = round(dice.lognormvariate(8, 1.2)) if over else None
    injured = int(dice.random() < 0.05) if over else None
    return (
        *(id_, number, state, dice.choice(_KINDS), dice.choice(list(Phase)), dice.choice(_LEVELS)),
        *(f"{unit.name}异常", f"{unit.code} upset", unit.id, unit.area.id, flood.group, began, opened, opened, leader),
        *(contained if held else None, leader if held else None, closed if over else None, leader if over else None),
        *("停产检修" if over else "", yuan, injured),
    )


def _log(dice: random.Random, row: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Lines in order of time: opened by the system, led, worked on, contained, closed."""
    id_, opened, leader, contained, closed = row[0], row[12], row[14], row[15], row[17]
    yield id_, Deed.OPENED, None, "", opened, opened
    led = opened + timedelta(minutes=1)
    yield id_, Deed.LED, leader, "", led, led
    if contained is None:
        return
    at = led
    for deed in dice.sample(_DEEDS, dice.randrange(2, 5)):
        at += (contained - at) * dice.uniform(0.1, 0.5)
        yield id_, deed, leader, "", at.replace(microsecond=0), at.replace(microsecond=0)
    yield id_, Deed.CONTAINED, leader, "", contained, contained
    if closed is not None:
        yield id_, Deed.CLOSED, leader, "停产检修", closed, closed


def _forecast(dice: random.Random, row: tuple[Any, ...], flood: Flood) -> Iterator[tuple[Any, ...]]:
    """What the trace said of the next equipment that was reached, off by some minutes."""
    reached: dict[int, datetime] = {}
    for one in flood.alarms:
        reached.setdefault(one.condition.unit.id, one.at)
    for unit, at in list(reached.items())[1:4]:
        said = flood.at + timedelta(seconds=8)
        arrival = max(at + timedelta(seconds=int(dice.gauss(0, 180))), said)
        margin = timedelta(minutes=5)
        yield row[0], unit, said, arrival, max(arrival - margin, said), arrival + margin


async def _lapses(
    ledger: Ledger,
    dice: random.Random,
    crew: Crew,
    missed: list[Missed],
    incidents: list[tuple[tuple[Any, ...], Flood]],
) -> None:
    of_unit: dict[int, list[Missed]] = {}
    for one in missed:
        of_unit.setdefault(one.unit.id, []).append(one)
    lapses, replies = [], []
    for row, flood in incidents:
        units = list(dict.fromkeys(one.condition.unit for one in flood.alarms))
        late = [m for unit in units for m in of_unit.get(unit.id, []) if flood.at - WITHIN < m.due < flood.at]
        for one in late[:2]:
            person = dice.choice(crew.held_by.get(one.unit.area.post) or crew.officers)
            lapse, found = ledger.id(Lapse), row[12] + timedelta(minutes=1)
            of = (row[0], LapseKind.MISSED_CHECKIN, one.visit, person, one.unit.area.post, one.unit.id)
            lapses.append((lapse, *of, one.due, "巡检打卡未完成", "Check-in not made", "/checkins/missed", found))
            if dice.random() < 0.5:
                replies.append((lapse, person, "当班处置其他异常，未能按时到场", found + timedelta(hours=5)))
    columns = ("id", "incident_id", "kind", "row_id", "person_id", "post_id", "equipment_id", "due_at")
    await ledger.copy(Lapse, (*columns, "title", "title_en", "url", "found_at"), lapses)
    await ledger.copy(LapseReply, ("lapse_id", "person_id", "words", "at"), replies)
