"""Suggestions about maintenance: when a shorter interval is claimed, and how they land in plans with a link back."""

from datetime import date, timedelta
from typing import Any

from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlmodel import col

from backend.core.clock import now
from backend.core.database import Database
from backend.identity.models import Post
from backend.lessons.gathering import gather
from backend.lessons.models import LessonPattern, Suggestion, SuggestionState
from backend.lessons.suggesting import suggest
from backend.lessons.wearing import Cycle, cycles_of, earlier_by_lateness, first_interval, shorter_interval
from backend.maintenance.commands import Work, change_plan, do_maintenance, make_plan
from backend.maintenance.models import MaintenancePlan, MaintenancePlanVersion, MaintenanceRecord
from backend.maintenance.schedule import Terms
from tests.factories import made, make_post
from tests.incidents.scene import Scene
from tests.incidents.test_pages import browsing, text_of
from tests.lessons.past import incident
from tests.lessons.test_suggestions import again, sent

DAY = timedelta(days=1)


def test_trouble_that_comes_late_in_every_cycle_asks_for_half_the_interval() -> None:
    cycles = [Cycle(60, (50,)), Cycle(60, (45, 58)), Cycle(60, (40,)), Cycle(60, (55, 59)), Cycle(60, (52,))]
    found = shorter_interval(60, cycles)
    assert found and (found.interval_days, found.late, found.of) == (30, 7, 7)
    assert found.per_90_days == 7 / 300 * 90, "none came in the earlier half"


def test_trouble_that_comes_at_any_time_or_hardly_ever_asks_for_nothing() -> None:
    anytime = [Cycle(60, (3, 40)), Cycle(60, (12, 55)), Cycle(60, (25,)), Cycle(60, (31, 8))]
    assert shorter_interval(60, anytime) is None
    assert shorter_interval(60, [Cycle(60, (50,)), Cycle(60, (58, 59, 57))]) is None, "four are too few"
    assert shorter_interval(60, []) is None and shorter_interval(1, [Cycle(1, (0,) * 9)]) is None


_CYCLES = st.lists(
    st.integers(1, 200).flatmap(
        lambda days: st.builds(Cycle, st.just(days), st.lists(st.integers(0, days - 1), max_size=6).map(tuple))
    ),
    max_size=12,
)


@given(st.integers(1, 400), _CYCLES)
@settings(deadline=None)
def test_what_is_claimed_is_shorter_and_saves_something(interval: int, cycles: list[Cycle]) -> None:
    found = shorter_interval(interval, cycles)
    if found:
        assert interval / 2 <= found.interval_days < interval
        assert found.per_90_days > 0 and 0 < found.late <= found.of


@given(st.lists(st.integers(0, 500), max_size=12), st.lists(st.integers(0, 600), max_size=20))
def test_each_trouble_since_the_first_maintenance_is_in_one_cycle(done: list[int], troubles: list[int]) -> None:
    today = 600
    cycles = cycles_of(done, troubles, today)
    assert sum(cycle.days for cycle in cycles) == (today - min(done) if done else 0)
    counted = [day for day in troubles if done and min(done) <= day < today]
    assert sum(len(cycle.troubles) for cycle in cycles) == len(counted)


def test_what_is_usually_late_is_asked_for_earlier_by_as_much() -> None:
    assert earlier_by_lateness(90, [12, 0, 20]) == (78, 12)
    assert earlier_by_lateness(90, [80, 80]) == (45, 80), "never below half"
    assert earlier_by_lateness(90, [0, 0, 30]) is None and earlier_by_lateness(90, []) is None
    assert first_interval([0, 40, 100]) == 25 and first_interval([7]) == 90


async def worn_pump(database: Database, scene: Scene) -> tuple[MaintenancePlan, Post, date]:
    """The pump was serviced every 60 days, and leaked in the last third of each."""
    today = now().astimezone(scene.leader.zone).date()
    async with database.session() as session:
        post = await make_post(session, scene.site)
        scene.pump.owner_post_id = post.id
        session.add(await session.merge(scene.pump))
        terms = Terms("换密封", "service", today - 360 * DAY, 60, post.id, "Change the seal")
        plan = await make_plan(session, scene.leader, scene.pump.id, terms)
        for cycle in range(6, 0, -1):
            await do_maintenance(session, scene.leader, plan.id, Work(done_on=today - 60 * cycle * DAY))
            for age in (50, 55):
                at = now() - (60 * cycle - age) * DAY
                await incident(session, scene, at, kind="gas_leak", equipment_id=scene.pump.id)
        return plan, post, today


async def suggested(database: Database, scene: Scene) -> list[Suggestion]:
    """What the worker suggests about maintenance, looking twice."""
    async with database.session() as session:
        history = await gather(session, scene.site.id)
        for _ in range(2):
            await suggest(session, scene.site.id, history)
        kinds = col(Suggestion.kind).in_(["maintenance_interval", "renewal"])
        wanted = select(Suggestion).where(col(Suggestion.site_id) == scene.site.id, kinds)
        return list(await session.scalars(wanted.order_by(col(Suggestion.id))))


async def pattern(database: Database, scene: Scene, *values: tuple[str, str, str, str]) -> None:
    """A pattern whose records are all of the pump's."""
    async with database.session() as session:
        refs = [
            f"incident:{(await incident(session, scene, now() - n * 8 * DAY, equipment_id=scene.pump.id)).id}"
            for n in range(6)
        ]
        key = "|".join(f"{attribute}={value}" for attribute, value, _, _ in values)
        one = LessonPattern(site_id=scene.site.id, key=key, times=30, of=300, expected=6.0, p=1e-9, q=1e-6, refs=refs)
        one.items = [dict(zip(("attribute", "value", "name", "name_en"), value, strict=True)) for value in values]
        await made(session, one)


async def versions(database: Database, plan_id: int | None) -> list[MaintenancePlanVersion]:
    async with database.session() as session:
        wanted = select(MaintenancePlanVersion).where(col(MaintenancePlanVersion.plan_id) == plan_id)
        return list(await session.scalars(wanted.order_by(col(MaintenancePlanVersion.number))))


async def open_due(database: Database, plan_id: int | None) -> date | None:
    async with database.session() as session:
        wanted = select(MaintenanceRecord).where(
            col(MaintenanceRecord.plan_id) == plan_id, col(MaintenanceRecord.done_on).is_(None)
        )
        return (await session.scalars(wanted)).one().due_on


async def page(app: FastAPI, scene: Scene, url: str, *, locale: str = "zh_CN") -> str:
    async with browsing(app, scene.officer, locale=locale) as browser:
        answer = await browser.get(url)
        assert answer.status_code == 200
        return answer.text


async def test_a_pump_that_fails_late_in_each_cycle_gets_a_shorter_interval_as_its_next_version(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    plan, _, today = await worn_pump(database, scene)
    [one] = await suggested(database, scene)
    assert one.proposal == {"plan_id": plan.id, "interval_days": 30, "now_days": 60, "late": 12, "of": 12}
    assert one.watch == {"equipment": str(scene.pump.id)} and one.per_90_days == 3.0 and len(one.refs) == 12
    url = f"/lessons/suggestions/{one.id}"
    assert "12 次中有 12 次在保养 30 天以后" in await page(app, scene, url)
    assert "every 30 days" in await page(app, scene, url, locale="en")
    status, refused = await sent(app, scene, one, interval_days="")
    assert status == 422 and "间隔请填写" in refused
    status, _ = await sent(app, scene, one, interval_days="30", reason="密封老化快")
    assert status == 303
    decided = await again(database, one)
    assert (decided.state, decided.landed_kind, decided.landed_id) == (SuggestionState.ADOPTED, "maintenance", plan.id)
    newest = (await versions(database, plan.id))[-1]
    assert (newest.number, newest.terms["interval_days"], newest.why, newest.origin_url) == (2, 30, "密封老化快", url)
    assert newest.made_by == scene.officer.person_id
    assert await open_due(database, plan.id) == today - 30 * DAY, "dated anew from when it was last done"
    assert f"/maintenance/{plan.id}" in await page(app, scene, url)
    assert url in await page(app, scene, f"/maintenance/{plan.id}")
    assert url in await page(app, scene, f"/maintenance/{plan.id}/lessons")


async def test_what_goes_wrong_while_overdue_asks_earlier_by_as_much_as_it_is_late(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    today = now().astimezone(scene.leader.zone).date()
    async with database.session() as session:
        post = await make_post(session, scene.site)
        terms = Terms("清洗换热器", "service", today - 112 * DAY, 100, post.id)
        plan = await make_plan(session, scene.leader, scene.pump.id, terms)
        record = (
            await session.scalars(select(MaintenanceRecord).where(col(MaintenanceRecord.plan_id) == plan.id))
        ).one()
        record.asked_on = None
    await pattern(database, scene, ("maintenance", "overdue", "维护超期", "Maintenance overdue"))
    [one] = await suggested(database, scene)
    assert one.proposal == {"plan_id": plan.id, "interval_days": 88, "now_days": 100, "late_days": 12}
    assert one.pattern_id is not None and one.per_90_days > 0
    assert "通常晚 12 天才做" in await page(app, scene, f"/lessons/suggestions/{one.id}")
    status, _ = await sent(app, scene, one, interval_days="80")
    assert status == 303 and (await again(database, one)).state == SuggestionState.ADAPTED
    assert (await versions(database, plan.id))[-1].terms["interval_days"] == 80


async def test_equipment_without_a_plan_gets_a_first_one(app: FastAPI, database: Database, scene: Scene) -> None:
    async with database.session() as session:
        post = await make_post(session, scene.site)
    await pattern(database, scene, ("again", "yes", "又发生", "Came back"))
    [one] = await suggested(database, scene)
    assert one.proposal == {"interval_days": 7} and one.equipment_id == scene.pump.id
    form: dict[str, Any] = {"words": "每周查密封", "interval_days": "14"}
    status, refused = await sent(app, scene, one, **form)
    assert status == 422 and "请选择责任岗位" in refused and "每周查密封" in refused
    status, _ = await sent(app, scene, one, **form, post_id=post.id)
    assert status == 303
    decided = await again(database, one)
    [first] = await versions(database, decided.landed_id)
    assert first.terms["name"] == "每周查密封" and first.origin_url == f"/lessons/suggestions/{one.id}"
    assert len(await suggested(database, scene)) == 1, "it isn't suggested again"


async def test_old_equipment_asks_for_a_renewal_that_lands_as_a_plan_for_one_day(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    async with database.session() as session:
        post = await make_post(session, scene.site)
    await pattern(database, scene, ("age", "old", "使用十年以上", "Ten years and more"))
    [one] = await suggested(database, scene)
    assert one.kind == "renewal" and one.equipment_id == scene.pump.id
    shown = text_of(await page(app, scene, f"/lessons/suggestions/{one.id}"))
    assert "安排更换" in shown and "截止日期" in shown
    today = now().astimezone(scene.officer.zone).date()
    form: dict[str, Any] = {"words": one.words, "post_id": post.id}
    status, refused = await sent(app, scene, one, **form, due_on=(today - DAY).isoformat())
    assert status == 422 and "日期不能早于今天" in refused
    day = today + 45 * DAY
    status, _ = await sent(app, scene, one, **form, due_on=day.isoformat())
    assert status == 303
    decided = await again(database, one)
    async with database.session() as session:
        plan = await session.get_one(MaintenancePlan, decided.landed_id)
    assert (plan.kind, plan.interval_days, plan.post_id) == ("renewal", None, post.id)
    assert await open_due(database, plan.id) == day


async def test_a_plan_that_already_has_the_interval_or_rests_is_not_changed(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    plan, post, today = await worn_pump(database, scene)
    [one] = await suggested(database, scene)
    async with database.session() as session:
        terms = Terms("换密封", "service", today - 360 * DAY, 30, post.id)
        await change_plan(session, scene.leader, plan.id, terms)
    status, refused = await sent(app, scene, one, interval_days="30")
    assert status == 422 and "现在已经是这个间隔" in refused
    assert (await again(database, one)).state == SuggestionState.OPEN
