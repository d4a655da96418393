"""One fault, one flood, in whichever order they come: a warning of the whole plant and the alarms of its points."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from backend.alarms.commands import raise_alarm
from backend.alarms.commands.making import Occurrence
from backend.alarms.commands.raising import clear_alarm, raise_system_alarm
from backend.alarms.grouping import (
    FLOOD_ROWS,
    GROUP_WINDOW,
    LONGEST_FLOOD,
    Neighbourhood,
    watched_together,
)
from backend.alarms.models import Level, RuleKind
from backend.core.database import Database
from backend.tracing.gathering import REVIEW_ROWS_BEFORE
from backend.tracing.windows import MOST_ROWS
from tests.alarms.setting import T0, Setting, settle

LINE = range(8)
"""A line of eight, the last of them not known to the normal."""
APART = (8, 9)
"""Two more, joined to each other only."""
UNKNOWN = 7
WARNING = "1:DEVIATION"


class Clock:
    """The moment at which alarms are made."""

    def __init__(self) -> None:
        self.at = T0

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    for module in ("making", "raising", "stepping"):
        monkeypatch.setattr(f"backend.alarms.commands.{module}.now", clock)
    yield clock


def plant(setting: Setting, *, step_s: float = 60.0) -> Neighbourhood:
    near = Neighbourhood((setting.equipment[a], setting.equipment[b]) for a, b in [*pairwise(LINE), APART])
    known = [point for number, point in enumerate(setting.points) if number != UNKNOWN]
    near.watch_together({setting.site_id: watched_together([WARNING], known, step_s)})
    return near


def alarm_at(setting: Setting, machine: int, key: str = "") -> Occurrence:
    return Occurrence(
        site_id=setting.site_id,
        condition_key=key or f"9:{machine}",
        kind=RuleKind.THRESHOLD,
        level=Level.GENERAL,
        title="压力高",
        title_en="Pressure high",
        point_id=setting.points[machine],
        equipment_id=setting.equipment[machine],
        area_id=setting.area_id,
    )


def warning_at(setting: Setting, machine: int) -> Occurrence:
    return replace(alarm_at(setting, machine, WARNING), kind=RuleKind.DEVIATION, warning=True)


@dataclass(frozen=True)
class Member:
    machine: int
    at: datetime
    warning: bool
    group_id: int


async def flood_of(database: Database, near: Neighbourhood, occurrence: Occurrence) -> int:
    async with database.session() as session:
        alarm_id = await raise_alarm(session, occurrence, near)
        group: int = await session.scalar(text("SELECT group_id FROM alarm WHERE id = :id"), {"id": alarm_id})
    return group


async def goes(database: Database, setting: Setting, key: str, at: datetime) -> None:
    async with database.session() as session:
        await clear_alarm(session, setting.site_id, key, at)


Deed = tuple[str, int]
_DEEDS = st.lists(
    st.one_of(
        st.tuples(st.just("alarm"), st.sampled_from([*LINE, *APART])),
        st.tuples(st.just("warning"), st.sampled_from([n for n in LINE if n != UNKNOWN])),
        st.tuples(st.just("gone"), st.just(0)),
        st.tuples(st.just("minutes"), st.sampled_from([2, 9, 11, 40, 300])),
    ),
    min_size=3,
    max_size=14,
)


async def happen(database: Database, setting: Setting, clock: Clock, deeds: list[Deed]) -> tuple[list[Member], bool]:
    """The floods that the deeds made, and whether the warning came, once, and still stands."""
    near, members, came, gone = plant(setting), list[Member](), 0, False
    for number, (deed, value) in enumerate(deeds):
        if deed == "minutes":
            clock.at += timedelta(minutes=value)
        elif deed == "gone" and came:
            await goes(database, setting, WARNING, clock.at)
            gone = True
        elif deed == "alarm":
            group = await flood_of(database, near, alarm_at(setting, value, f"9:{number}"))
            members.append(Member(value, clock.at, False, group))
        elif deed == "warning" and not came:
            came += 1
            members.append(Member(value, clock.at, True, await flood_of(database, near, warning_at(setting, value))))
    return members, bool(came) and not gone


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=_DEEDS)
async def test_floods_hold_together_what_one_warning_sees_and_nothing_else(
    database: Database, clock: Clock, deeds: list[Deed]
) -> None:
    clock.at = T0
    async with database.session() as session:
        setting = await settle(session, machines=10, roles=())
    members, stands = await happen(database, setting, clock, deeds)
    floods = {m.group_id: [one for one in members if one.group_id == m.group_id] for m in members}
    for flood in floods.values():
        assert len({one.machine in APART for one in flood}) == 1, "what isn't connected is two faults"
        assert flood[-1].at - flood[0].at <= LONGEST_FLOOD, "no flood is endless"
        for before, one in pairwise(flood):
            alone = one.machine == UNKNOWN or not any(m.warning for m in members)
            assert not alone or one.at - before.at <= GROUP_WINDOW, "the window holds for what no warning sees"
    warning = next((m for m in members if m.warning), None)
    if stands and warning and not any(m.machine == UNKNOWN for m in members):
        seen = [m for m in members if m.at >= warning.at and m.machine not in APART]
        seen = [m for m in seen[seen.index(warning) :] if m.at - floods[warning.group_id][0].at <= LONGEST_FLOOD]
        assert {m.group_id for m in seen} == {warning.group_id}, "one fault is one flood"


async def test_a_warning_that_stands_for_days_makes_a_new_flood_each_half_day_and_not_each_alarm(
    database: Database, clock: Clock
) -> None:
    async with database.session() as session:
        setting = await settle(session, machines=10, roles=())
    near = plant(setting)
    floods = [await flood_of(database, near, warning_at(setting, 0))]
    for hour in range(1, 37):
        clock.at += timedelta(hours=1)
        floods.append(await flood_of(database, near, alarm_at(setting, hour % UNKNOWN, f"9:{hour}")))
    assert [floods.count(group) for group in dict.fromkeys(floods)] == [13, 13, 11]


async def test_alarms_that_never_pause_make_a_new_flood_after_half_a_day(database: Database, clock: Clock) -> None:
    async with database.session() as session:
        setting = await settle(session, machines=10, roles=())
    near, floods = plant(setting), list[int]()
    for number in range(90):
        floods.append(await flood_of(database, near, alarm_at(setting, 8, f"9:{number}")))
        clock.at += timedelta(minutes=9)
    assert [floods.count(group) for group in dict.fromkeys(floods)] == [81, 9]


async def test_a_warning_of_quick_rows_joins_only_what_its_trace_can_look_back_on(
    database: Database, clock: Clock
) -> None:
    async with database.session() as session:
        setting = await settle(session, machines=10, roles=())
    near = plant(setting, step_s=1.0)
    warning = await flood_of(database, near, warning_at(setting, 0))
    clock.at += timedelta(seconds=FLOOD_ROWS - 1)
    assert await flood_of(database, near, alarm_at(setting, 6)) == warning
    clock.at += timedelta(seconds=700)
    assert await flood_of(database, near, alarm_at(setting, 5)) != warning
    assert FLOOD_ROWS + REVIEW_ROWS_BEFORE <= MOST_ROWS


async def test_a_warning_that_was_judged_false_gathers_no_alarms(database: Database, clock: Clock) -> None:
    async with database.session() as session:
        setting = await settle(session, machines=10, roles=())
    near = plant(setting)
    warning = await flood_of(database, near, warning_at(setting, 0))
    async with database.session() as session:
        await session.execute(text("UPDATE alarm SET judgement = 'false' WHERE site_id = :s"), {"s": setting.site_id})
    clock.at += timedelta(hours=1)
    assert await flood_of(database, near, alarm_at(setting, 6)) != warning


async def test_a_warning_that_can_t_say_where_it_comes_from_concerns_the_whole_plant(
    database: Database, clock: Clock
) -> None:
    async with database.session() as session:
        setting = await settle(session, machines=10, roles=())
    near = plant(setting)
    placeless = replace(warning_at(setting, 0), point_id=None, equipment_id=None, area_id=None)
    warning = await flood_of(database, near, placeless)
    clock.at += timedelta(minutes=30)
    assert await flood_of(database, near, alarm_at(setting, 6)) == warning
    assert await flood_of(database, near, alarm_at(setting, 2)) == warning


async def test_the_watch_of_ansu_over_itself_joins_no_warning(database: Database, clock: Clock) -> None:
    async with database.session() as session:
        setting = await settle(session, machines=10, roles=())
        await raise_alarm(session, warning_at(setting, 0), plant(setting))
        alarm_id = await raise_system_alarm(session, setting.site_id, "canary", "链路", "Chain", Level.GENERAL)
        assert await session.scalar(text("SELECT group_id FROM alarm WHERE id = :id"), {"id": alarm_id}) is None
