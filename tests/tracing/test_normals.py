"""A site's own baseline: learned from a good time, tried on the past, put in force and taken back."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import numpy as np
import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlmodel import col

from backend.alarms.deviation import Rows
from backend.alarms.models import Alarm, RuleKind
from backend.alarms.parameters import Deviation
from backend.alarms.queries.watching import active_normals, rules_signature
from backend.core.clock import now
from backend.core.database import Database, driver_connection
from backend.core.errors import Conflict, Invalid, NotFound
from backend.core.events import Event
from backend.core.jobs import Job, run_job
from backend.identity.models import Person, Role, Site
from backend.plant.models import Point
from backend.telemetry.assembly import Row
from backend.telemetry.formats.moments import from_datetime
from backend.telemetry.models import LearnedNormal
from backend.telemetry.partitions import ensure_partitions
from backend.telemetry.storage import copy_rows
from backend.tracing.engine import Normal, detect
from backend.tracing.gathering import Span, gather_for
from backend.tracing.normals.commands import activate_normal, ask_learning, ask_trial
from backend.tracing.normals.models import NORMAL_JOB, NormalPiece, NormalWork, WorkKind, WorkState
from backend.tracing.normals.queries import past_hours, version, versions
from backend.tracing.normals.reading import read_rows
from tests.factories import actor_for, make_alarm, make_equipment, make_person, make_point, make_site
from tests.webclient import running_app, signed_in
from workers.handlers import HANDLERS

GAP_S = 60.0
HOURS = 40
PARTED = (36.0, 37.0)
"""Hours between which the points part, each within what it usually does."""


@dataclass
class Plant:
    """Three points that move together, for ``HOURS`` up to ``end``; one alarm stood in the tenth hour."""

    site: Site
    points: list[Point]
    officer: Person
    worker: Person
    end: datetime

    def at(self, hours: float) -> datetime:
        return self.end - timedelta(hours=HOURS - hours)


async def make_plant(database: Database) -> Plant:
    end = now().replace(minute=0, second=0, microsecond=0)
    count = int(HOURS * 3600 / GAP_S)
    draw = np.random.default_rng(3)
    shared = np.zeros(count)
    for row in range(1, count):
        shared[row] = 0.9 * shared[row - 1] + draw.normal()
    values = np.column_stack([shared + 0.2 * draw.normal(size=count) for _ in range(3)])
    hours = np.arange(count) * GAP_S / 3600
    values[(hours >= 10) & (hours < 11)] += 30.0
    values[(hours >= PARTED[0]) & (hours < PARTED[1]), 0] *= -1
    async with database.session() as session:
        site = await make_site(session)
        unit = await make_equipment(session, site)
        points = [await make_point(session, site, unit, expected_interval_s=GAP_S) for _ in range(3)]
        officer = await make_person(session, site, role=Role.SAFETY_OFFICER)
        worker = await make_person(session, site, role=Role.WORKER)
        plant = Plant(site, points, officer, worker, end)
        stamps = [plant.at(float(hour)) + timedelta(seconds=7) for hour in hours]
        await ensure_partitions(session, {stamp.date() for stamp in stamps})
        readings = [
            Row(site.id, point.id, at, float(value), 0, at)
            for at, row in zip(map(from_datetime, stamps), values, strict=True)
            for point, value in zip(points, row, strict=True)
        ]
        await copy_rows(await driver_connection(session), readings)
        await make_alarm(
            session,
            site,
            kind=RuleKind.THRESHOLD,
            raised_at=plant.at(10),
            returned_at=plant.at(11),
            active=False,
        )
    return plant


@pytest.fixture
async def plant(database: Database) -> Plant:
    return await make_plant(database)


async def work_off(database: Database, site_id: int) -> None:
    """Let a worker do what waits of the site."""
    while True:
        async with database.session() as session:
            wanted = select(col(Job.id)).where(
                col(Job.kind) == NORMAL_JOB, col(Job.site_id) == site_id, col(Job.status) == "queued"
            )
            waiting = (await session.scalars(wanted)).all()
        if not waiting:
            return
        for job_id in waiting:
            assert await run_job(database, HANDLERS, job_id)


async def learn(database: Database, plant: Plant, first: float, last: float, **chosen: bool) -> NormalWork:
    """Ask as the officer would, and let the worker do it."""
    async with database.session() as session:
        actor = await actor_for(session, plant.officer)
        asked = await ask_learning(session, actor, from_at=plant.at(first), to_at=plant.at(last), **chosen)
    await work_off(database, plant.site.id)
    async with database.session() as session:
        return await session.get_one(NormalWork, asked.id)


async def test_a_baseline_is_learned_without_the_times_of_alarms_and_tried_at_once(
    database: Database, plant: Plant
) -> None:
    work = await learn(database, plant, 0, 30)
    assert work.state == WorkState.DONE
    assert work.result["points"] == 3
    assert 118 <= work.result["left_out"] <= 122, "the alarm's hour and half an hour on both sides"
    assert work.result["rows"] + work.result["left_out"] == pytest.approx(30 * 60, abs=2)
    async with database.session() as session:
        actor = await actor_for(session, plant.officer)
        (view,) = await versions(session, actor)
        learned = await session.get_one(LearnedNormal, view.id)
        assert (await session.scalars(select(NormalPiece).where(col(NormalPiece.site_id) == plant.site.id))).all() == []
    assert (view.version, view.active, view.row_s) == (1, False, GAP_S)
    assert Normal.from_dict(learned.parameters).scale.max() < 6, "the time of the alarm isn't normal"
    assert view.trial and view.trial.work.state == WorkState.DONE
    found = view.trial.work.result
    parted = [plant.at(hour).timestamp() for hour in PARTED]
    assert any(parted[0] <= one["from_s"] <= parted[1] for one in found["warnings"]), "each point alone was in range"
    assert (found["alarms"], found["foreseen"]) == (1, 0) or found["foreseen"] == 1


async def test_the_chosen_rate_holds_on_good_time_that_was_not_learned_from(database: Database, plant: Plant) -> None:
    await learn(database, plant, 12, 28)
    async with database.session() as session:
        actor = await actor_for(session, plant.officer)
        (view,) = await versions(session, actor)
        await ask_trial(session, actor, view.id, from_at=plant.at(28), to_at=plant.at(PARTED[0]))
    await work_off(database, plant.site.id)
    async with database.session() as session:
        (view,) = await versions(session, await actor_for(session, plant.officer))
    assert view.trial
    assert view.trial.work.result["learned_rows"] == 0
    assert view.trial.work.result["over"] / view.trial.work.result["rows"] < 0.03


async def test_early_warnings_are_learned_from_only_when_asked(database: Database, plant: Plant) -> None:
    async with database.session() as session:
        times = {"raised_at": plant.at(20), "returned_at": plant.at(22), "active": False}
        await make_alarm(session, plant.site, kind=RuleKind.DEVIATION, **times)
    without = await learn(database, plant, 12, 30)
    with_them = await learn(database, plant, 12, 30, with_deviations=True)
    assert (without.result["left_out"] > 175, with_them.result["left_out"]) == (True, 0)


async def test_an_alarm_that_was_judged_false_takes_no_time_away(database: Database, plant: Plant) -> None:
    async with database.session() as session:
        alarm = (await session.scalars(select(Alarm).where(col(Alarm.site_id) == plant.site.id))).one()
        alarm.judgement = "false"
        session.add(alarm)
    assert (await learn(database, plant, 0, 30)).result["left_out"] == 0


async def test_putting_in_force_reaches_the_ingest_and_the_traces_and_can_be_taken_back(
    database: Database, plant: Plant
) -> None:
    await learn(database, plant, 12, 20)
    await learn(database, plant, 12, 30)
    async with database.session() as session:
        actor = await actor_for(session, plant.officer)
        second, first = await versions(session, actor)
        before = await rules_signature(session)
        assert (await active_normals(session, [plant.site.id])) == {}
        await activate_normal(session, actor, second.id)
        assert await rules_signature(session) != before
        learned = (await active_normals(session, [plant.site.id]))[plant.site.id]
        assert (learned.id, learned.row_s) == (second.id, GAP_S)
        material = await gather_for(session, plant.site.id, [], Span(plant.end))
        assert (material.normal_id, material.pace.step_s) == (second.id, GAP_S)
        await activate_normal(session, actor, first.id)
        assert [(one.version, one.active) for one in await versions(session, actor)] == [(2, False), (1, True)]
        with pytest.raises(Conflict):
            await activate_normal(session, actor, first.id)
        kinds = select(col(Event.kind)).where(col(Event.site_id) == plant.site.id, col(Event.subject) == "normal")
        assert (await session.scalars(kinds)).all().count("normal.activated") == 2


async def test_the_ingest_s_rows_of_the_clock_are_those_that_were_learned_from(
    database: Database, plant: Plant
) -> None:
    """Values one by one, late ones of a cell after the first of others, give the scores of the whole window."""
    await learn(database, plant, 12, 30)
    ids = [point.id for point in plant.points]
    async with database.session() as session:
        actor = await actor_for(session, plant.officer)
        (view,) = await versions(session, actor)
        await activate_normal(session, actor, view.id)
        learned = (await active_normals(session, [plant.site.id]))[plant.site.id]
        window = await read_rows(session, plant.site.id, ids, plant.at(34), GAP_S, 300, sparse=False)
    rows = Rows(learned, Deviation(false_alarm_rate=0.01))
    scored = []
    for end, values in zip(window.times_s.tolist(), window.values.tolist(), strict=True):
        for offset, column in ((7.0, 0), (20.0, 2), (55.0, 1)):
            at = end - GAP_S + offset
            scored += [row.score for row in rows.put(learned.point_ids[column], at, values[column], at)]
    expected = detect(window, Normal.from_dict(dict(learned.parameters)), 0.01).scores
    np.testing.assert_allclose(scored, expected[:-1], rtol=1e-6)


async def test_looking_readings_up_row_by_row_finds_the_same_as_reading_them_all(
    database: Database, plant: Plant
) -> None:
    ids = [point.id for point in plant.points]
    start = datetime.fromtimestamp(plant.at(5).timestamp() // 600 * 600, UTC)
    async with database.session() as session:
        both = [
            await read_rows(session, plant.site.id, ids, start, 600.0, 50, sparse=sparse) for sparse in (False, True)
        ]
    np.testing.assert_array_equal(both[0].times_s, both[1].times_s)
    np.testing.assert_array_equal(both[0].values, both[1].values)
    assert both[0].values.shape == (50, 3) and not np.isnan(both[0].values).any()


async def test_what_can_t_be_learned_from_is_refused_with_a_reason(database: Database, plant: Plant) -> None:
    async with database.session() as session:
        actor = await actor_for(session, plant.officer)
        for first, last, field in ((20, 20.2, "from_at"), (20, HOURS + 9, "to_at"), (-4000, 20, "from_at")):
            with pytest.raises(Invalid) as refused:
                await ask_learning(session, actor, from_at=plant.at(first), to_at=plant.at(last))
            assert field in refused.value.fields
        with pytest.raises(Invalid) as refused:
            await ask_learning(session, actor, from_at=plant.at(-900), to_at=plant.at(-800))
        assert "没有读数" in refused.value.fields["from_at"]
    within = await learn(database, plant, 9.6, 11.4)
    assert within.state == WorkState.REFUSED and "太少" in within.problem and within.normal_id is None


async def test_one_work_at_a_time_and_one_whose_job_failed_for_good_is_over(database: Database, plant: Plant) -> None:
    times = {"from_at": plant.at(12), "to_at": plant.at(30)}
    async with database.session() as session:
        asked = await ask_learning(session, await actor_for(session, plant.officer), **times)
    async with database.session() as session:
        with pytest.raises(Conflict):
            await ask_learning(session, await actor_for(session, plant.officer), **times)
    async with database.session() as session:
        session.add(NormalPiece(site_id=plant.site.id, work_id=asked.id, first_row=0, content=b"taken in"))
        job = (await session.scalars(select(Job).where(col(Job.site_id) == plant.site.id))).one()
        job.status = "dead"
        session.add(job)
    async with database.session() as session:
        await ask_learning(session, await actor_for(session, plant.officer), **times)
        assert (await session.get_one(NormalWork, asked.id)).state == WorkState.BROKEN
        assert (await session.scalars(select(NormalPiece).where(col(NormalPiece.work_id) == asked.id))).all() == []


async def test_a_worker_that_dies_between_steps_loses_nothing(
    database: Database, plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.tracing.normals.working.STEP_S", 0.0)
    monkeypatch.setattr("backend.tracing.normals.working.PIECE_CELLS", 900)
    work = await learn(database, plant, 12, 30)
    assert work.state == WorkState.DONE and work.read_rows == work.rows == 18 * 60
    async with database.session() as session:
        wanted = select(Job).where(col(Job.kind) == NORMAL_JOB, col(Job.site_id) == plant.site.id)
        assert len((await session.scalars(wanted)).all()) > 4


async def test_another_site_s_baseline_is_none(database: Database, plant: Plant) -> None:
    await learn(database, plant, 12, 30)
    async with database.session() as session:
        (view,) = await versions(session, await actor_for(session, plant.officer))
        stranger = await actor_for(session, await make_person(session, await make_site(session), role=Role.ADMIN))
        with pytest.raises(NotFound):
            await activate_normal(session, stranger, view.id)
        with pytest.raises(NotFound):
            await version(session, stranger, view.id)


async def test_the_past_shows_hours_with_readings_and_with_alarms(database: Database, plant: Plant) -> None:
    async with database.session() as session:
        state = "INSERT INTO point_state(point_id, site_id, at, value, quality, received_at, memory) VALUES "
        connection = await driver_connection(session)
        await connection.execute(f"{state} ($1, $2, now(), 1, 0, now(), '{{}}')", plant.points[0].id, plant.site.id)
    async with database.session() as session:
        hours = {hour.start: hour.state for hour in await past_hours(session, await actor_for(session, plant.officer))}
    assert len(hours) == 30 * 24
    assert [hours[plant.at(number)] for number in (-1, 0, 9, 10, 11, 12, 39)] == [
        *("none", "good", "trouble", "trouble", "trouble", "good", "good")
    ]


@pytest.fixture
async def app(database_url: str, redis_url: str) -> AsyncIterator[FastAPI]:
    async with running_app(database_url, redis_url) as app:
        yield app


def typed(plant: Plant, first: float, last: float) -> dict[str, str]:
    return {"from_at": plant.at(first).isoformat(), "to_at": plant.at(last).isoformat()}


async def test_pages_lead_from_the_past_to_a_baseline_in_force(app: FastAPI, database: Database, plant: Plant) -> None:
    async with signed_in(app, plant.officer) as browser:
        assert 'href="/normals"' in (await browser.get("/me")).text
        refused = await browser.post("/normals", data=typed(plant, 12, HOURS + 50))
        assert (
            refused.status_code == 422
            and "不能在将来" in refused.text
            and plant.at(12).isoformat()[:13] in refused.text
        )
        ancient = await browser.post("/normals", data=typed(plant, 12, 30) | {"from_at": "0001-01-01T00:00"})
        assert ancient.status_code == 422 and "请填写日期和时间" in ancient.text
        asked = await browser.post("/normals", data=typed(plant, 12, 30))
        assert (asked.status_code, asked.headers["location"]) == (303, "/normals?done=learning")
        assert "正在学习" in (await browser.get("/normals")).text
        busy = await browser.post("/normals", data=typed(plant, 12, 30))
        assert busy.status_code == 409 and "请等它结束" in busy.text
        await work_off(database, plant.site.id)
        listing = (await browser.get("/normals")).text
        assert "基线第 1 版" in listing and "会预警" in listing and "正在学习" not in listing
        found = re.search(r'href="(/normals/\d+)"', listing)
        assert found
        page = (await browser.get(found[1])).text
        assert "使用这一版" in page and "<rect" in page and plant.points[0].name in page
        await browser.post(f"{found[1]}/activate")
        page = (await browser.get(found[1])).text
        assert "使用中" in page and "还没有启用“偏离正常”规则" in page


async def test_pages_are_complete_in_english(app: FastAPI, database: Database, plant: Plant) -> None:
    await learn(database, plant, 12, 30)
    async with database.session() as session:
        (view,) = await versions(session, await actor_for(session, plant.officer))
    async with signed_in(app, plant.officer) as browser:
        browser.cookies.set("locale", "en")
        for path in ("/normals", f"/normals/{view.id}"):
            page = (await browser.get(path)).text
            main = page[page.index("<main") : page.index("</main>")]
            assert re.findall(r"[\u4e00-\u9fff]+", main) == [] and "%(" not in main


async def test_programs_learn_try_and_put_in_force(app: FastAPI, database: Database, plant: Plant) -> None:
    async with signed_in(app, plant.officer) as browser:
        asked = (await browser.post("/api/v1/normals", json=typed(plant, 12, 30))).json()
        assert (asked["kind"], asked["running"]) == (WorkKind.LEARN, True)
        await work_off(database, plant.site.id)
        done = (await browser.get(f"/api/v1/normal-works/{asked['id']}")).json()
        made = (await browser.get(f"/api/v1/normals/{done['normal_id']}")).json()
        assert (done["state"], made["active"], made["trial"]["rows"] > 1000) == (WorkState.DONE, False, True)
        put = (await browser.post(f"/api/v1/normals/{made['id']}/activate")).json()
        tried = await browser.post(f"/api/v1/normals/{made['id']}/trials", json=typed(plant, 30, 39))
        assert (put["active"], tried.status_code) == (True, 202)
    async with signed_in(app, plant.worker) as browser:
        assert (await browser.get("/api/v1/normals")).status_code == 403


async def test_somebody_who_may_only_look_finds_no_form(app: FastAPI, database: Database, plant: Plant) -> None:
    async with database.session() as session:
        leader = await make_person(session, plant.site, role=Role.LEADER)
    async with signed_in(app, leader) as browser:
        page = await browser.get("/normals")
        assert page.status_code == 200 and "开始学习" not in page.text
        refused: httpx.Response = await browser.post("/normals", data=typed(plant, 12, 30))
        assert refused.status_code == 403
