"""Alarms in the database: one a condition, floods in one group, people's deeds with their traces."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from backend.alarms.commands import (
    Occurrence,
    acknowledge,
    clear_alarm,
    clear_system_alarm,
    close,
    judge,
    raise_alarm,
    raise_system_alarm,
    shelve,
    unshelve,
)
from backend.alarms.grouping import Neighbourhood
from backend.alarms.models import Alarm, AlarmState, Level, RuleKind
from backend.core.clock import now
from backend.core.database import Database
from backend.core.errors import Conflict, Forbidden, Invalid, NotFound
from backend.identity.models import Role
from tests.alarms.setting import T0, Setting, settle


def breach(setting: Setting, machine: int = 0, key: str = "", level: Level = Level.GENERAL) -> Occurrence:
    return Occurrence(
        site_id=setting.site_id,
        condition_key=key or f"p{machine}:H",
        kind=RuleKind.THRESHOLD,
        level=level,
        title="压力 高报",
        title_en="Pressure high",
        value=101.0,
        point_id=setting.points[machine],
        equipment_id=setting.equipment[machine],
        area_id=setting.area_id,
        reading_at=T0,
    )


def row_of(setting: Setting) -> Neighbourhood:
    return Neighbourhood(zip(setting.equipment, setting.equipment[1:], strict=False))


async def raised(database: Database, occurrence: Occurrence, near: Neighbourhood | None = None) -> int:
    async with database.session() as session:
        return await raise_alarm(session, occurrence, near or Neighbourhood())


async def fetch(database: Database, sql: str, **values: Any) -> Sequence[Any]:
    async with database.session() as session:
        return (await session.execute(text(sql), values)).all()


async def kinds(database: Database, alarm_id: int) -> list[str]:
    rows = await fetch(database, "SELECT kind FROM event WHERE story = :s ORDER BY id", s=f"alarm:{alarm_id}")
    return [row.kind for row in rows]


async def test_a_breach_reported_a_thousand_times_at_once_makes_one_alarm(database: Database, setting: Setting) -> None:
    ids = await asyncio.gather(*(raised(database, breach(setting)) for _ in range(1000)))
    assert len(set(ids)) == 1
    assert await kinds(database, ids[0]) == ["alarm.raised"]
    counted = await fetch(
        database,
        "SELECT (SELECT count(*) FROM alarm WHERE site_id = :s) AS alarms, "
        "(SELECT count(*) FROM escalation WHERE site_id = :s) AS deadlines, "
        "(SELECT count(*) FROM job WHERE site_id = :s) AS jobs",
        s=setting.site_id,
    )
    assert tuple(counted[0]) == (1, 1, 1)


async def test_the_database_itself_refuses_a_second_open_alarm_of_a_condition(
    database: Database, setting: Setting
) -> None:
    await raised(database, breach(setting))
    with pytest.raises(Exception, match="alarm_one_open"):
        await fetch(
            database,
            "INSERT INTO alarm(site_id, condition_key, kind, limit_name, level, title, title_en, state, active, "
            "warning, latched, rule_version, times_raised, shelved_reason, judgement, judgement_note) "
            "SELECT site_id, condition_key, kind, limit_name, level, title, title_en, state, active, warning, "
            "latched, rule_version, times_raised, shelved_reason, judgement, judgement_note FROM alarm "
            "WHERE site_id = :s RETURNING id",
            s=setting.site_id,
        )


async def test_a_flood_along_the_plant_is_one_group_with_one_trace_asked_for(
    database: Database, setting: Setting
) -> None:
    near = row_of(setting)
    ids = [await raised(database, breach(setting, machine), near) for machine in range(3)]
    rows = await fetch(database, "SELECT DISTINCT group_id FROM alarm WHERE id = ANY(:ids)", ids=ids)
    assert len(rows) == 1
    jobs = await fetch(
        database, "SELECT payload FROM job WHERE site_id = :s AND kind = 'trace.make'", s=setting.site_id
    )
    assert [job.payload for job in jobs] == [{"group_id": rows[0].group_id}]


async def group_of(database: Database, alarm_id: int) -> int | None:
    rows = await fetch(database, "SELECT group_id FROM alarm WHERE id = :id", id=alarm_id)
    group: int | None = rows[0].group_id
    return group


async def test_alarms_of_unconnected_equipment_are_two_groups(database: Database, setting: Setting) -> None:
    first, second = [await raised(database, breach(setting, machine)) for machine in range(2)]
    assert await group_of(database, first) != await group_of(database, second)


async def test_an_alarm_four_links_away_opens_its_own_group(database: Database) -> None:
    async with database.session() as session:
        setting = await settle(session, machines=5)
    near = row_of(setting)
    first, far, between = [await raised(database, breach(setting, machine), near) for machine in (0, 4, 2)]
    groups = [await group_of(database, alarm_id) for alarm_id in (first, far, between)]
    assert groups[0] != groups[1] == groups[2]  # of two near floods the later one is joined


async def test_a_flood_that_has_been_quiet_for_ten_minutes_takes_no_more(database: Database, setting: Setting) -> None:
    near = row_of(setting)
    ages = ("9 minutes", "11 minutes")
    groups = [await group_of(database, await raised(database, breach(setting), near))]
    for machine, age in enumerate(ages, 1):
        await fetch(
            database,
            f"UPDATE alarm_group SET last_raised_at = now() - interval '{age}' WHERE site_id = :s RETURNING id",
            s=setting.site_id,
        )
        groups.append(await group_of(database, await raised(database, breach(setting, machine), near)))
    assert groups[0] == groups[1] != groups[2]


async def test_alarms_that_nobody_placed_stand_alone(database: Database, setting: Setting) -> None:
    lost = [replace(breach(setting, key=key), equipment_id=None) for key in ("a", "b")]
    groups = [await group_of(database, await raised(database, occurrence)) for occurrence in lost]
    assert groups[0] != groups[1]


@pytest.mark.parametrize(
    ("steps", "seconds"),
    [
        ([{"after_s": 90, "roles": ["manager"]}, {"after_s": 30, "roles": ["leader"]}], 30),
        ([{"after_s": "soon", "roles": ["leader"]}], 0),
        ([], 0),
        ({"after_s": 30}, 0),
    ],
)
async def test_the_first_deadline_is_the_site_s_own_and_the_usual_one_where_that_is_unusable(
    database: Database, setting: Setting, steps: Any, seconds: float
) -> None:
    await fetch(
        database,
        "INSERT INTO escalation_policy(site_id, level, steps, repeat_s) "
        "VALUES (:s, 'general', CAST(:steps AS jsonb), 60) RETURNING id",
        s=setting.site_id,
        steps=json.dumps(steps),
    )
    alarm_id = await raised(database, breach(setting))
    rows = await fetch(
        database,
        "SELECT s.step, extract(epoch FROM s.due_at - a.raised_at) AS after_s FROM escalation s "
        "JOIN alarm a ON a.id = s.alarm_id WHERE a.id = :id",
        id=alarm_id,
    )
    assert [(row.step, float(row.after_s)) for row in rows] == [(0, seconds)]


async def test_a_group_is_over_when_its_last_alarm_is_closed(database: Database, setting: Setting) -> None:
    alarm_id = await raised(database, breach(setting))
    async with database.session() as session:
        await acknowledge(session, setting.actor(), alarm_id)
        await clear_alarm(session, setting.site_id, "p0:H", now())
    rows = await fetch(
        database,
        "SELECT a.state, g.closed_at FROM alarm a JOIN alarm_group g ON g.id = a.group_id WHERE a.id = :id",
        id=alarm_id,
    )
    assert rows[0].state == AlarmState.CLOSED
    assert rows[0].closed_at is not None
    assert await kinds(database, alarm_id) == ["alarm.raised", "alarm.acknowledged", "alarm.returned", "alarm.closed"]
    assert await raised(database, breach(setting)) != alarm_id


async def test_acknowledging_stops_the_deadlines_and_is_audited_with_who(database: Database, setting: Setting) -> None:
    alarm_id = await raised(database, breach(setting))
    async with database.session() as session:
        await acknowledge(session, setting.actor(), alarm_id, note="去现场看")
    pending = await fetch(database, "SELECT 1 FROM escalation WHERE alarm_id = :id AND done_at IS NULL", id=alarm_id)
    assert pending == []
    audit = await fetch(
        database,
        "SELECT actor_id, action, change FROM audit_entry WHERE object_type = 'alarm' AND object_id = :id",
        id=alarm_id,
    )
    assert (audit[0].actor_id, audit[0].action) == (setting.people[Role.LEADER], "alarm.acknowledged")
    assert audit[0].change["state"] == ["unacknowledged", "acknowledged"]
    event = await fetch(
        database, "SELECT actor_id, data FROM event WHERE subject_id = :id AND kind = 'alarm.acknowledged'", id=alarm_id
    )
    assert event[0].data["note"] == "去现场看"


async def test_two_people_acknowledging_at_once_make_one_acknowledgement(database: Database, setting: Setting) -> None:
    alarm_id = await raised(database, breach(setting))

    async def try_as(role: Role) -> object:
        async with database.session() as session:
            return await acknowledge(session, setting.actor(role), alarm_id)

    results = await asyncio.gather(try_as(Role.LEADER), try_as(Role.MANAGER), return_exceptions=True)
    assert {type(result) for result in results} == {Alarm, Conflict}


async def test_a_worker_may_not_acknowledge_and_another_site_finds_nothing(
    database: Database, setting: Setting
) -> None:
    alarm_id = await raised(database, breach(setting))
    async with database.session() as session:
        stranger = await settle(session)
        with pytest.raises(Forbidden):
            await acknowledge(session, setting.actor(Role.WORKER), alarm_id)
        with pytest.raises(NotFound):
            await acknowledge(session, stranger.actor(), alarm_id)


async def test_a_major_alarm_is_closed_by_a_second_person_only(database: Database, setting: Setting) -> None:
    alarm_id = await raised(database, breach(setting, level=Level.MAJOR))
    async with database.session() as session:
        await acknowledge(session, setting.actor(Role.LEADER), alarm_id)
        await clear_alarm(session, setting.site_id, "p0:H", now())
        with pytest.raises(Conflict, match="另一人"):
            await close(session, setting.actor(Role.LEADER), alarm_id)
        closed = await close(session, setting.actor(Role.SAFETY_OFFICER), alarm_id)
    assert closed.state == AlarmState.CLOSED


async def test_a_shelved_alarm_is_quiet_until_somebody_takes_it_back(database: Database, setting: Setting) -> None:
    alarm_id = await raised(database, breach(setting))
    async with database.session() as session:
        with pytest.raises(Invalid):
            await shelve(session, setting.actor(), alarm_id, reason=" ", minutes=30)
        await shelve(session, setting.actor(), alarm_id, reason="校验仪表", minutes=30)
    assert await raised(database, breach(setting)) == alarm_id
    assert await fetch(database, "SELECT 1 FROM escalation WHERE alarm_id = :id AND done_at IS NULL", id=alarm_id) == []
    async with database.session() as session:
        back = await unshelve(session, setting.actor(), alarm_id)
    assert back.state == AlarmState.UNACKNOWLEDGED
    assert (
        len(await fetch(database, "SELECT 1 FROM escalation WHERE alarm_id = :id AND done_at IS NULL", id=alarm_id))
        == 1
    )


async def test_a_false_alarm_is_judged_with_a_word_on_why_and_kept(database: Database, setting: Setting) -> None:
    alarm_id = await raised(database, breach(setting))
    async with database.session() as session:
        with pytest.raises(Invalid):
            await judge(session, setting.actor(), alarm_id, genuine=False)
        await judge(session, setting.actor(), alarm_id, genuine=False, note="仪表结冰")
    rows = await fetch(database, "SELECT judgement, judgement_note, judged_by FROM alarm WHERE id = :id", id=alarm_id)
    assert tuple(rows[0]) == ("false", "仪表结冰", setting.people[Role.LEADER])


async def test_the_watch_over_ansu_itself_raises_once_and_clears(database: Database, setting: Setting) -> None:
    async def look(well: bool) -> None:
        async with database.session() as session:
            if well:
                await clear_system_alarm(session, setting.site_id, "canary")
            else:
                await raise_system_alarm(
                    session, setting.site_id, "canary", "数据通道中断", "Data line is down", Level.SIGNIFICANT
                )

    for well in (True, False, False, True, True):
        await look(well)
    rows = await fetch(database, "SELECT state, group_id FROM alarm WHERE site_id = :s", s=setting.site_id)
    assert [tuple(row) for row in rows] == [(AlarmState.RETURNED, None)]
