"""Patterns of a real database: one event counts once, what is found has its rows, pages say it to those who lead."""

from datetime import timedelta

from fastapi import FastAPI
from sqlalchemy import select
from sqlmodel import col

from backend.alarms.models import Level
from backend.core.clock import now
from backend.core.database import Database
from backend.core.jobs import Job, run_job
from backend.lessons.gathering import downstream, gather
from backend.lessons.making import plan_rounds
from backend.lessons.models import MINE_JOB, LessonPattern
from backend.lessons.weakness import Control, ControlKind, weakest, wilson
from tests.factories import made, make_alarm, make_rule
from tests.incidents.scene import Scene, raised, watched
from tests.incidents.test_pages import browsing, text_of
from tests.lessons.past import incident, looked, troubled_past
from workers.handlers import HANDLERS


async def patterns_of(database: Database, scene: Scene) -> list[LessonPattern]:
    async with database.session() as session:
        wanted = select(LessonPattern).where(col(LessonPattern.site_id) == scene.site.id)
        return list((await session.scalars(wanted.order_by(col(LessonPattern.p)))).all())


async def test_a_planted_pattern_is_found_with_its_records_and_said_in_both_languages(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    leaks = await troubled_past(database, scene)
    round_ = await looked(database, scene)
    found = await patterns_of(database, scene)
    assert round_.records == 144 and round_.found == len(found)
    [told] = [one for one in found if "kind=incident.gas_leak" in one.key and "maintenance=overdue" in one.key]
    assert {f"incident:{one.id}" for one in leaks} <= set(told.refs)
    assert told.lift > 1.3 and told.q <= 0.1
    async with browsing(app, scene.leader) as browser:
        page = text_of((await browser.get("/lessons")).text)
        one = (await browser.get(f"/lessons/patterns/{told.id}")).text
        listed = (await browser.get("/api/v1/lessons/patterns")).json()
    assert "维护超期" in page and f"同时出现 {told.times} 次" in page
    assert f"/incidents/{leaks[-1].id}" in one
    assert told.id in {entry["id"] for entry in listed["patterns"]}
    async with browsing(app, scene.leader, locale="en") as browser:
        assert "Maintenance overdue" in text_of((await browser.get("/lessons")).text)


async def test_a_pattern_that_is_gone_says_so_and_keeps_its_page(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    await troubled_past(database, scene)
    await looked(database, scene)
    before = await patterns_of(database, scene)
    async with database.session() as session:
        for n in range(600):
            unit = (scene.pump, scene.reactor)[n % 2]
            at = now() - timedelta(days=100) + n * timedelta(hours=3)
            await incident(session, scene, at, kind="gas_leak" if n % 2 else "other", equipment_id=unit.id)
    await looked(database, scene)
    gone = [one for one in await patterns_of(database, scene) if not one.current]
    assert gone and {one.id for one in gone} <= {one.id for one in before}
    async with browsing(app, scene.leader) as browser:
        assert "最近一次已看不到" in (await browser.get(f"/lessons/patterns/{gone[0].id}")).text


async def test_one_event_is_one_record(database: Database, scene: Scene) -> None:
    await raised(database, scene, level=Level.MAJOR)
    await raised(database, scene, "temperature")
    await watched(database)
    async with database.session() as session:
        history = await gather(session, scene.site.id)
    assert [record.ref.partition(":")[0] for record in history.records] == ["incident"]
    assert {trouble.ref.partition(":")[0] for trouble in history.troubles} == {"alarm", "incident"}


async def test_a_site_is_looked_at_once_a_day_and_when_somebody_asks(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    async def waiting() -> list[int]:
        async with database.session() as session:
            of_site = (col(Job.kind) == MINE_JOB, col(Job.site_id) == scene.site.id, col(Job.status) == "queued")
            return list((await session.scalars(select(col(Job.id)).where(*of_site))).all())

    async with database.session() as session:
        await plan_rounds(session)
    [job_id] = await waiting()
    assert await run_job(database, HANDLERS, job_id)
    async with database.session() as session:
        await plan_rounds(session)
    assert await waiting() == [], "it was looked at just now"
    async with browsing(app, scene.officer) as browser:
        asked = await browser.post("/lessons/rounds")
        page = (await browser.get("/lessons")).text
    assert asked.status_code == 303 and len(await waiting()) == 1
    assert "正在查找" in page
    async with browsing(app, scene.leader) as browser:
        assert "现在查找规律" not in (await browser.get("/lessons")).text


async def test_a_rule_that_cries_wolf_is_a_weak_control(app: FastAPI, database: Database, scene: Scene) -> None:
    async with database.session() as session:
        rule = await make_rule(session, scene.site, scene.points["pressure"], name="压力高报规则")
        for n in range(8):
            alarm = await make_alarm(session, scene.site, scene.points["pressure"], rule_id=rule.id, state="closed")
            alarm.judgement = "false" if n < 6 else "true"
            await made(session, alarm)
    async with browsing(app, scene.leader) as browser:
        page = (await browser.get("/lessons")).text
    assert f"/rules/{rule.id}" in page and "8 次中 6 次" in text_of(page)


def test_one_failure_of_one_try_is_not_the_weakest() -> None:
    few, many = (Control(ControlKind.RULE, n, "规则", "", *of) for n, of in enumerate([(6, 2), (60, 30)]))
    once = Control(ControlKind.RULE, 9, "规则", "", 1, 1)
    assert weakest([once, few, many]) == [many, few]


def test_the_interval_of_a_share_is_wilsons() -> None:
    low, high = wilson(3, 10)
    assert (round(low, 4), round(high, 4)) == (0.1078, 0.6032)
    assert wilson(0, 5)[0] == 0 and wilson(5, 5)[1] == 1


def test_trouble_goes_two_links_down_the_graph() -> None:
    assert downstream([(1, 2), (2, 3), (3, 4), (None, 1), (3, 1)])[1] == {2, 3}
