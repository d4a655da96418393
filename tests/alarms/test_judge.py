"""The judge as ingest uses it: values in, alarms in the database, through crashes and edited rules."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from backend.alarms.commands import bring_back, edit_rule, take_out_of_service
from backend.alarms.commands.raising import hold_site
from backend.alarms.drafts import draft_of
from backend.alarms.judge import AlarmJudge
from backend.alarms.models import AlarmRule, RuleKind
from backend.core.database import Database
from backend.identity.models import Role
from backend.telemetry.judging import LiveValue
from tests.alarms.setting import T0, Setting, add_rule


async def started(database: Database, setting: Setting) -> AlarmJudge:
    judge = AlarmJudge([setting.site_id])
    async with database.session() as session:
        await judge.load(session)
    return judge


async def feed(database: Database, judge: AlarmJudge, *values: LiveValue, at: datetime | None = None) -> None:
    """One batch as ingest does it: judge, record and commit, then checkpoint and commit."""
    found = judge.judge(values, at or max(value.at for value in values))
    async with database.session() as session:
        await judge.record(session, found)
    async with database.session() as session:
        await judge.checkpoint(session)


async def tick(database: Database, judge: AlarmJudge, at: datetime) -> None:
    async with database.session() as session:
        await judge.record(session, judge.tick(at))


async def make(database: Database, setting: Setting, **fields: Any) -> AlarmRule:
    async with database.session() as session:
        return await add_rule(session, setting, **fields)


async def alarms(database: Database, setting: Setting) -> Sequence[Any]:
    async with database.session() as session:
        found = await session.execute(
            text("SELECT * FROM alarm WHERE site_id = :s ORDER BY id"), {"s": setting.site_id}
        )
        return found.all()


async def states(database: Database, setting: Setting) -> list[tuple[str, str]]:
    return [(alarm.limit_name, alarm.state) for alarm in await alarms(database, setting)]


async def test_a_breach_becomes_an_alarm_with_place_level_and_words(database: Database, setting: Setting) -> None:
    rule = await make(database, setting)
    judge = await started(database, setting)
    await feed(database, judge, setting.value(130, 1))
    high, high_high = await alarms(database, setting)
    assert (high.title, high.title_en) == ("压力0 高报 130 kPa（限值 100）", "Pressure 0 high 130 kPa (limit 100)")
    assert (high.level, high_high.level) == ("general", "major")
    assert (high.rule_id, high.point_id, high.equipment_id, high.area_id) == (
        rule.id, setting.points[0], setting.equipment[0], setting.area_id,
    )  # fmt: skip
    assert high.reading_at == T0 + timedelta(seconds=1)
    assert high.group_id == high_high.group_id


async def alone(database: Database, judge: AlarmJudge, value: LiveValue, *, save: bool = True) -> list[bool]:
    """Record each change as ingest does a single one."""
    async with database.engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        return [await judge.record_alone(driver, change, save=save) for change in judge.judge([value], value.at)]


async def test_an_alarm_recorded_alone_has_all_that_belongs_to_it(database: Database, setting: Setting) -> None:
    rule = await make(database, setting)
    judge = await started(database, setting)
    assert await alone(database, judge, setting.value(101, 1)) == [True]
    async with database.session() as session:
        counts = await session.execute(
            text(
                "SELECT (SELECT count(*) FROM event WHERE site_id = :s AND kind = 'alarm.raised'),"
                " (SELECT count(*) FROM escalation WHERE site_id = :s AND done_at IS NULL),"
                " (SELECT count(*) FROM alarm_group WHERE site_id = :s AND closed_at IS NULL),"
                " (SELECT count(*) FROM job WHERE site_id = :s AND kind = 'trace.make' AND status = 'queued'),"
                " (SELECT count(*) FROM rule_state WHERE rule_id = :rule)"
            ),
            {"s": setting.site_id, "rule": rule.id},
        )
    assert tuple(counts.one()) == (1, 1, 1, 1, 1)
    judge = await started(database, setting)
    await feed(database, judge, setting.value(102, 2))
    assert await states(database, setting) == [("H", "unacknowledged")]


async def test_an_end_isn_t_recorded_alone_nor_a_condition_whose_alarm_is_open(
    database: Database, setting: Setting
) -> None:
    await make(database, setting)
    judge = await started(database, setting)
    assert await alone(database, judge, setting.value(101, 1)) == [True]
    assert await alone(database, judge, setting.value(50, 2)) == [False]
    assert await alone(database, judge, setting.value(101, 3)) == [False]
    assert [(alarm.state, alarm.times_raised) for alarm in await alarms(database, setting)] == [("unacknowledged", 1)]


async def test_nothing_is_recorded_alone_while_somebody_else_raises_in_the_site(
    database: Database, setting: Setting
) -> None:
    await make(database, setting)
    judge = await started(database, setting)
    async with database.session() as session:
        await hold_site(session, setting.site_id)
        assert await alone(database, judge, setting.value(101, 1)) == [False]
    assert await alarms(database, setting) == []


async def test_a_redelivered_batch_raises_no_second_alarm_after_a_crash(database: Database, setting: Setting) -> None:
    await make(database, setting)
    batch = [setting.value(101, 1), setting.value(50, 2)]
    judge = await started(database, setting)
    async with database.session() as session:
        await judge.record(session, judge.judge(batch, T0))
    judge = await started(database, setting)
    await feed(database, judge, *batch)
    assert await states(database, setting) == [("H", "returned")]


async def test_a_value_that_comes_again_before_its_rule_s_state_was_saved_raises_nothing(
    database: Database, setting: Setting
) -> None:
    await make(database, setting)
    await feed(database, await started(database, setting), setting.value(50, 1))
    assert await alone(database, await started(database, setting), setting.value(101, 2), save=False) == [True]
    judge = await started(database, setting)
    await feed(database, judge, setting.value(101, 2))
    assert [(alarm.state, alarm.times_raised) for alarm in await alarms(database, setting)] == [("unacknowledged", 1)]
    await feed(database, judge, setting.value(50, 3))
    assert await states(database, setting) == [("H", "returned")]


async def test_a_state_that_wasn_t_saved_with_its_alarm_is_saved_with_the_next_checkpoint(
    database: Database, setting: Setting
) -> None:
    rule = await make(database, setting)
    judge = await started(database, setting)
    await alone(database, judge, setting.value(101, 1), save=False)
    async with database.session() as session:
        await judge.checkpoint(session)
        saved = await session.execute(text("SELECT state FROM rule_state WHERE rule_id = :rule"), {"rule": rule.id})
    assert saved.scalar_one()["conditions"]["H"][2] is True


async def test_a_batch_whose_alarm_was_not_committed_raises_it_when_redelivered(
    database: Database, setting: Setting
) -> None:
    await make(database, setting)
    judge = await started(database, setting)
    judge.judge([setting.value(101, 1)], T0)
    judge = await started(database, setting)
    await feed(database, judge, setting.value(101, 1))
    assert await states(database, setting) == [("H", "unacknowledged")]


async def test_a_delay_goes_on_after_a_restart(database: Database, setting: Setting) -> None:
    await make(database, setting, on_delay_s=60.0)
    await feed(database, await started(database, setting), setting.value(101, 1))
    judge = await started(database, setting)
    await tick(database, judge, T0 + timedelta(seconds=60))
    assert await states(database, setting) == []
    await tick(database, judge, T0 + timedelta(seconds=61))
    assert await states(database, setting) == [("H", "unacknowledged")]


async def test_a_delay_runs_on_the_clock_of_a_device_that_sends_late(database: Database, setting: Setting) -> None:
    await make(database, setting, on_delay_s=60.0)
    judge = await started(database, setting)
    await feed(database, judge, setting.value(101, 1), at=T0 + timedelta(seconds=41))
    await tick(database, judge, T0 + timedelta(seconds=90))
    assert await states(database, setting) == []
    await tick(database, judge, T0 + timedelta(seconds=101))
    assert await states(database, setting) == [("H", "unacknowledged")]


async def test_an_edited_limit_holds_from_the_next_look_without_restart(database: Database, setting: Setting) -> None:
    rule = await make(database, setting)
    judge = await started(database, setting)
    await feed(database, judge, setting.value(90, 1))
    draft = replace(draft_of(rule), parameters={"limits": {"H": {"value": 80.0}}})
    async with database.session() as session:
        await edit_rule(session, setting.actor(Role.SAFETY_OFFICER), rule.id, draft, version=1)
    async with database.session() as session:
        assert await judge.refresh(session)
        assert not await judge.refresh(session)
    await feed(database, judge, setting.value(90, 2))
    assert await states(database, setting) == [("H", "unacknowledged")]


async def test_an_alarm_closed_by_somebody_else_is_seen_though_no_rule_was_edited(
    database: Database, setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.alarms.judge.PLANT_AGE_S", 0.0)
    await make(database, setting)
    judge = await started(database, setting)
    await feed(database, judge, setting.value(101, 1))
    async with database.session() as session:
        closed = "UPDATE alarm SET state = 'closed', active = false, closed_at = now() WHERE site_id = :s"
        await session.execute(text(closed), {"s": setting.site_id})
    async with database.session() as session:
        assert not await judge.refresh(session)
    await feed(database, judge, setting.value(102, 2))
    assert await states(database, setting) == [("H", "closed"), ("H", "unacknowledged")]


async def test_a_renamed_point_is_called_by_its_new_name_though_no_rule_was_edited(
    database: Database, setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.alarms.judge.PLANT_AGE_S", 0.0)
    await make(database, setting)
    judge = await started(database, setting)
    async with database.session() as session:
        await session.execute(text("UPDATE point SET name = '釜压' WHERE id = :p"), {"p": setting.points[0]})
    async with database.session() as session:
        await judge.refresh(session)
    await feed(database, judge, setting.value(101, 1))
    (alarm,) = await alarms(database, setting)
    assert alarm.title.startswith("釜压 ")


async def test_switching_a_rule_off_returns_its_alarm_and_on_again_raises_anew(
    database: Database, setting: Setting
) -> None:
    rule = await make(database, setting)
    judge = await started(database, setting)
    await feed(database, judge, setting.value(101, 1))
    officer = setting.actor(Role.SAFETY_OFFICER)
    off = replace(draft_of(rule), enabled=False, reason="改造停用")
    async with database.session() as session:
        await edit_rule(session, officer, rule.id, off, version=1)
    assert await states(database, setting) == [("H", "returned")]
    async with database.session() as session:
        await edit_rule(session, officer, rule.id, replace(off, enabled=True), version=2)
    async with database.session() as session:
        await judge.refresh(session)
    await feed(database, judge, setting.value(101, 2))
    assert await states(database, setting) == [("H", "unacknowledged")]


async def test_a_rule_out_of_service_is_not_judged_and_judges_afresh_when_back(
    database: Database, setting: Setting
) -> None:
    rule = await make(database, setting)
    judge = await started(database, setting)
    await feed(database, judge, setting.value(101, 1))
    officer = setting.actor(Role.SAFETY_OFFICER)
    async with database.session() as session:
        await take_out_of_service(session, officer, rule.id, reason="变送器检修")
    async with database.session() as session:
        await judge.refresh(session)
    await feed(database, judge, setting.value(130, 2))
    assert await states(database, setting) == [("H", "out_of_service")]
    async with database.session() as session:
        await bring_back(session, officer, rule.id)
        await judge.refresh(session)
    await feed(database, judge, setting.value(101, 3))
    assert await states(database, setting) == [("H", "unacknowledged")]


async def test_a_point_that_falls_silent_is_noticed_and_its_voice_too(database: Database, setting: Setting) -> None:
    await make(database, setting, kind=RuleKind.SILENCE, parameters={"after_s": 30.0}, deadband=0.0)
    judge = await started(database, setting)
    start = datetime.now(T0.tzinfo)
    await feed(database, judge, setting.value(1, 1), at=start)
    await tick(database, judge, start + timedelta(seconds=29))
    assert await states(database, setting) == []
    await tick(database, judge, start + timedelta(seconds=31))
    assert await states(database, setting) == [("SILENT", "unacknowledged")]
    await feed(database, judge, setting.value(1, 40), at=start + timedelta(seconds=40))
    assert await states(database, setting) == [("SILENT", "returned")]


async def test_a_rate_goes_on_after_a_restart(database: Database, setting: Setting) -> None:
    await make(database, setting, kind=RuleKind.RATE, parameters={"per_minute": 10.0, "window_s": 60.0}, deadband=0.0)
    judge = await started(database, setting)
    await feed(database, judge, *(setting.value(t / 10, t) for t in range(0, 31, 5)))
    judge = await started(database, setting)
    await feed(database, judge, setting.value(15, 40))
    assert await states(database, setting) == [("RISE", "unacknowledged")]
