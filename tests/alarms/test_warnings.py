"""Warnings of the plant as a whole, as the judge makes them: where they come from, with which alarms they are one."""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import text

from backend.alarms.deviation import FAR_OFF
from backend.alarms.judge import AlarmJudge
from backend.alarms.models import RuleKind
from backend.alarms.wording import ALONE_WORDS, Named, point_title
from backend.core.database import Database
from backend.telemetry.judging import LiveValue
from backend.telemetry.models import LearnedNormal
from backend.tracing.engine import Window, learn_normal
from backend.tracing.engine.forms import Form
from tests.alarms.setting import T0, Setting, add_rule
from tests.alarms.test_judge import alarms, feed, make, started, states, tick


@pytest.fixture
async def learned(database: Database, setting: Setting) -> Setting:
    """Two points that usually move together."""
    draw = np.random.default_rng(7)
    shared = draw.normal(size=(600, 1))
    rows = np.hstack([shared + 0.1 * draw.normal(size=(600, 1)) for _ in range(2)])
    pair = setting.points[:2]
    normal = learn_normal(Window.of(np.arange(600.0), [str(p) for p in pair], rows))
    async with database.session() as session:
        session.add(LearnedNormal(site_id=setting.site_id, point_ids=pair, parameters=normal.to_dict()))
        await add_rule(
            session, setting, point=None, kind=RuleKind.DEVIATION, name="反应段", parameters={}, deadband=0.0
        )
    return setting


def together(setting: Setting, seconds: int, first: float, second: float) -> list[LiveValue]:
    return [setting.value(first, seconds, 0), setting.value(second, seconds, 1)]


async def test_points_that_part_though_each_is_in_range_deviate_from_the_learned_normal(
    database: Database, learned: Setting
) -> None:
    judge = await started(database, learned)
    for second in range(1, 20):
        await feed(database, judge, *together(learned, second, 0.5 + second % 3 / 100, 0.5 + second % 3 / 100))
    assert await states(database, learned) == []
    await feed(database, judge, *together(learned, 20, 1.5, -1.5))
    (alarm,) = await alarms(database, learned)
    assert (alarm.limit_name, alarm.point_id in learned.points[:2]) == ("DEVIATION", True)
    assert alarm.equipment_id in learned.equipment[:2]
    assert alarm.title.startswith("反应段 多变量偏离正常")


async def test_a_row_whose_other_point_stays_away_is_judged_after_its_patience(
    database: Database, learned: Setting
) -> None:
    judge = await started(database, learned)
    for second in range(1, 20):
        await feed(database, judge, *together(learned, second, 0.5 + second % 3 / 100, 0.5 + second % 3 / 100))
    await feed(database, judge, learned.value(9, 20, 0))
    assert await states(database, learned) == []
    await tick(database, judge, T0 + timedelta(seconds=23))
    assert await states(database, learned) == [("DEVIATION", "unacknowledged")]


@pytest.fixture
async def slow(database: Database, learned: Setting) -> Setting:
    """The same, where a deviation must last two seconds."""
    async with database.session() as session:
        await session.execute(text("UPDATE alarm_rule SET on_delay_s = 2 WHERE site_id = :s"), {"s": learned.site_id})
    return learned


async def test_a_warning_whose_delay_ends_between_two_rows_is_placed_where_it_comes_from(
    database: Database, slow: Setting
) -> None:
    judge = await started(database, slow)
    for second in range(1, 20):
        await feed(database, judge, *together(slow, second, 0.5 + second % 3 / 100, 0.5 + second % 3 / 100))
    await feed(database, judge, *together(slow, 20, 0.5, -9.0))
    assert await states(database, slow) == []
    await tick(database, judge, T0 + timedelta(seconds=22.5))
    (alarm,) = await alarms(database, slow)
    assert (alarm.point_id, alarm.equipment_id) == (slow.points[1], slow.equipment[1])


async def warned(database: Database, setting: Setting) -> AlarmJudge:
    """A judge that has just warned of the plant as a whole; the alarm rules are those of ``make``."""
    judge = await started(database, setting)
    for second in range(1, 20):
        await feed(database, judge, *together(setting, second, 0.5 + second % 3 / 100, 0.5 + second % 3 / 100))
    await feed(database, judge, *together(setting, 20, 0.5, -9.0))
    assert await states(database, setting) == [("DEVIATION", "unacknowledged")]
    return judge


async def passes(database: Database, setting: Setting, by: timedelta) -> None:
    """Time goes on: all that was stored lies further back."""
    shifted = {"alarm": ("raised_at", "last_raised_at", "returned_at"), "alarm_group": ("opened_at", "last_raised_at")}
    async with database.session() as session:
        for table, columns in shifted.items():
            earlier = ", ".join(f"{name} = {name} - CAST(:by AS interval)" for name in columns)
            await session.execute(
                text(f"UPDATE {table} SET {earlier} WHERE site_id = :s"), {"by": by, "s": setting.site_id}
            )


async def test_an_alarm_joins_the_warning_that_stands_though_half_an_hour_lies_between(
    database: Database, learned: Setting
) -> None:
    await make(database, learned, point=0)
    judge = await warned(database, learned)
    await passes(database, learned, timedelta(minutes=30))
    await feed(database, judge, learned.value(101, 21, 0))
    warning, alarm = await alarms(database, learned)
    assert (alarm.limit_name, alarm.group_id) == ("H", warning.group_id)


async def test_an_alarm_of_a_point_that_the_normal_doesn_t_know_is_a_fault_of_its_own(
    database: Database, learned: Setting
) -> None:
    await make(database, learned, point=2)
    judge = await warned(database, learned)
    await passes(database, learned, timedelta(minutes=30))
    await feed(database, judge, learned.value(101, 21, 2))
    warning, alarm = await alarms(database, learned)
    assert alarm.group_id not in (None, warning.group_id)


async def test_a_warning_that_went_takes_no_more_after_the_window(database: Database, learned: Setting) -> None:
    await make(database, learned, point=0)
    judge = await warned(database, learned)
    async with database.session() as session:
        gone = "UPDATE alarm SET active = false, state = 'returned', returned_at = now() WHERE site_id = :s"
        await session.execute(text(gone), {"s": learned.site_id})
    await passes(database, learned, timedelta(minutes=11))
    await feed(database, judge, learned.value(101, 21, 0))
    warning, alarm = await alarms(database, learned)
    assert alarm.group_id not in (None, warning.group_id)


async def test_a_warning_joins_the_alarm_of_its_points_that_stands_already(
    database: Database, learned: Setting
) -> None:
    await make(database, learned, point=0)
    judge = await started(database, learned)
    await feed(database, judge, learned.value(101, 0, 0))
    await passes(database, learned, timedelta(minutes=20))
    for second in range(1, 4):
        await feed(database, judge, *together(learned, second, 101.0, 0.5))
    first, *further = await alarms(database, learned)
    assert first.limit_name == "H" and [alarm.limit_name for alarm in further] == ["DEVIATION"]
    assert further[0].group_id == first.group_id


async def test_a_warning_of_an_unlinked_plant_leaves_other_equipment_s_alarms_alone(
    database: Database, learned: Setting
) -> None:
    await make(database, learned, point=0)
    async with database.session() as session:
        await session.execute(text("DELETE FROM link WHERE site_id = :s"), {"s": learned.site_id})
    judge = await warned(database, learned)
    await feed(database, judge, learned.value(101, 21, 0))
    warning, alarm = await alarms(database, learned)
    assert warning.equipment_id == learned.equipment[1] and alarm.group_id != warning.group_id


@pytest.fixture
async def singles(database: Database, setting: Setting) -> Setting:
    """Three points that have nothing to do with each other: one trembles, one wanders, one is a switch."""
    draw = np.random.default_rng(3)
    walk = draw.normal(size=900).cumsum()
    switch = np.repeat(draw.integers(0, 2, 90), 10)
    rows = np.column_stack([draw.normal(size=900), walk - walk.mean(), switch])
    normal = learn_normal(Window.of(np.arange(900.0), [str(p) for p in setting.points], rows))
    async with database.session() as session:
        session.add(LearnedNormal(site_id=setting.site_id, point_ids=setting.points, parameters=normal.to_dict()))
        await add_rule(
            session, setting, point=None, kind=RuleKind.DEVIATION, name="全厂工况", name_en="The plant", parameters={},
            deadband=0.0,
        )  # fmt: skip
    return setting


@pytest.mark.parametrize(
    ("trembles", "wanders", "switch", "zh", "en"),
    [
        ([0.3], [0.0], 0.0, "压力0 卡住不动（全厂工况 ", "Pressure 0 is stuck (The plant, "),
        (
            [0.3, -0.3],
            [0.0],
            7.0,
            "压力2 处于从未有过的状态（全厂工况 ",
            "Pressure 2 is in a state never seen (The plant, ",
        ),
        (
            [0.3, -0.3],
            range(0, 9000, 20),
            0.0,
            "压力1 远离一贯的范围（",
            "Pressure 1 is far from where it usually moves (",
        ),
    ],
)
async def test_a_warning_that_comes_from_a_single_point_says_what_that_one_does(
    database: Database,
    singles: Setting,
    trembles: list[float],
    wanders: Sequence[float],
    switch: float,
    zh: str,
    en: str,
) -> None:
    judge = await started(database, singles)
    for second in range(1, 200):
        values = (trembles[second % len(trembles)], float(wanders[second % len(wanders)]), switch)
        row = [singles.value(value + (point == 1) * second / 1e6, second, point) for point, value in enumerate(values)]
        await feed(database, judge, *row)
        if found := await alarms(database, singles):
            break
    assert found[0].title.startswith(zh) and found[0].title_en.startswith(en)
    assert found[0].title.endswith("限值 1 倍）")
    assert found[0].point_id == singles.points[int(zh[2])]


def test_what_a_point_does_that_has_no_words_leaves_the_usual_title() -> None:
    named = Named("全厂工况", "The plant")
    assert point_title("sings", 2.0, 1.0, named, Named("压力0", "Pressure 0")) is None
    assert point_title("", 2.0, 1.0, named, Named("压力0", "Pressure 0")) is None
    stuck = point_title(Form.STUCK.value, 2.04, 1.0, named, Named("压力0", ""))
    assert stuck == ("压力0 卡住不动（全厂工况 2 倍，限值 1 倍）", "压力0 is stuck (The plant, 2 times, limit 1)")
    assert set(ALONE_WORDS) == {Form.STUCK.value, Form.NEW_STATE.value, FAR_OFF}
