"""A round from the plan to what was found, as browsers without scripts and late phones go through it."""

import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from sqlmodel import col

from backend.checkins.models import CheckIn, PositionConsent
from backend.checkins.timekeeping import keep_rounds, mark_missed, plan_ahead
from backend.core.clock import now
from backend.core.database import Database
from backend.core.events import Event
from backend.governance.retention.keeping import keep_retention
from backend.hazards.reports.models import HazardReport
from backend.labels.codes import token_of
from backend.labels.commands import make_labels
from backend.labels.keys import label_key
from backend.labels.models import Label
from backend.labels.queries import Kind, things_named
from tests.checkins.rounds import Plant, make_plant
from tests.factories import actor_for
from tests.hazards.browsing import chinese, hidden
from tests.hazards.pictures import photo
from tests.webclient import running_app, signed_in


@pytest.fixture(scope="module")
async def app(database_url: str, redis_url: str) -> AsyncIterator[FastAPI]:
    async with running_app(database_url, redis_url) as running:
        yield running


@pytest.fixture
def database(app: FastAPI) -> Database:
    found: Database = app.state.database
    return found


@pytest.fixture
async def plant(database: Database) -> Plant:
    async with database.session() as session:
        return await make_plant(session)


def jpeg(name: str = "photos") -> list[tuple[str, Any]]:
    return [(name, ("there.jpg", photo(), "image/jpeg"))]


async def checked_in(database: Database, location: str) -> CheckIn:
    id_ = int(re.findall(r"/records/(\d+)", location)[0])
    async with database.session() as session:
        return await session.get_one(CheckIn, id_)


async def count(database: Database, model: Any, plant: Plant) -> int:
    async with database.session(site_id=plant.site.id) as session:
        return int(
            (
                await session.execute(select(func.count()).select_from(model).where(model.site_id == plant.site.id))
            ).scalar_one()
        )


async def post_late(browser: httpx.AsyncClient, url: str, at: datetime, **fields: str) -> httpx.Response:
    """What a phone's outbox sends that was without a network since ``at``."""
    sent = {"captured_at": at.isoformat(), "device_now": now().isoformat(), **fields}
    return await browser.post(url, data=sent)


async def test_a_visit_where_all_is_well_takes_a_reading_and_one_button(
    app: FastAPI, database: Database, plant: Plant
) -> None:
    pump, tank = (await plant.visits(database))[:2]
    async with signed_in(app, plant.worker) as browser:
        round_ = (await browser.get("/checkins")).text
        assert f'href="/checkins/{pump.id}"' in round_ and "循环泵" in round_ and "现在要巡检" in round_
        page = (await browser.get(f"/checkins/{pump.id}")).text
        form = {name: hidden(page, name) for name in ("idempotency_key", "checklist", "equipment")}
        answer = await browser.post(f"/checkins/{pump.id}", data={**form, "all_well": "1", "answer_1": "15"})
        again = await browser.post(f"/checkins/{pump.id}", data={**form, "all_well": "1", "answer_1": "15"})
        assert answer.status_code == 303, answer.text
        assert again.headers["location"] == answer.headers["location"], "a repeat gets the first result"
        record = (await browser.get(answer.headers["location"])).text
        assert re.search(r'data-number="XJ-\d{6}"', record) and "打卡已送达" in record and "15 kPa" in record
        assert f'href="/checkins/{tank.id}"' in record, "the next stop is one tap away"
        assert "1</span> / 2" in (await browser.get("/checkins")).text
    assert await count(database, CheckIn, plant) == 1
    assert (await plant.visit(database, pump.id)).state == "done"


async def test_a_failed_item_needs_evidence_and_becomes_a_hazard_with_everything_carried_over(
    app: FastAPI, database: Database, plant: Plant
) -> None:
    visit = (await plant.visits(database))[0]
    async with signed_in(app, plant.worker) as browser:
        silent = await browser.post(f"/checkins/{visit.id}", data={"all_well": "1", "answer_1": "25.5"})
        assert silent.status_code == 422 and "请拍照，或写明情况" in silent.text and 'value="25.5"' in silent.text
        empty = await browser.post(f"/checkins/{visit.id}", data={"answer_0": "yes"})
        assert empty.status_code == 422 and "请作答" in empty.text
        fields = {"all_well": "1", "answer_1": "25.5", "note_1": "阀门没关严"}
        answer = await browser.post(f"/checkins/{visit.id}", data=fields, files=jpeg("photos_1"))
        assert answer.status_code == 303, answer.text
        record = (await browser.get(answer.headers["location"])).text
        assert "发现异常 1 项" in record and "阀门没关严" in record and "/checkins/photos/" in record
        shown = re.findall(r'src="(/checkins/photos/\d+/thumbnail)"', record)[0]
        assert (await browser.get(shown)).headers["content-type"] == "image/webp"
    one = await checked_in(database, answer.headers["location"])
    async with database.session(site_id=plant.site.id) as session:
        report = (await session.scalars(select(HazardReport).where(col(HazardReport.site_id) == plant.site.id))).one()
        told = (
            await session.scalars(
                select(Event).where(col(Event.kind) == "checkin.failed", col(Event.site_id) == plant.site.id)
            )
        ).one()
    assert (report.origin, report.origin_id, report.equipment_id) == ("checkin", one.id, plant.pump.id)
    assert "出口压力" in report.title and "25.5 kPa (10~20)" in report.details and "阀门没关严" in report.details
    assert [item["title"] for item in told.data["items"]] == ["出口压力"]
    async with signed_in(app, plant.stranger) as other:
        for path in (answer.headers["location"], shown, f"/checkins/{visit.id}"):
            assert (await other.get(path)).status_code == 404


async def test_a_missed_visit_is_recorded_once_inherited_and_made_up_for_late(
    app: FastAPI, database: Database, plant: Plant
) -> None:
    pump, tank = (await plant.visits(database))[:2]
    await plant.shift(database, timedelta(hours=2, minutes=1))
    async with database.session() as session:
        await keep_rounds(session)
    async with database.session() as session:
        assert await mark_missed(session) == 0, "once"
    assert [(await plant.visit(database, one.id)).state for one in (pump, tank)] == ["missed", "missed"]
    async with database.session(site_id=plant.site.id) as session:
        missed = select(Event).where(col(Event.kind) == "checkin.missed", col(Event.site_id) == plant.site.id)
        told = (await session.scalars(missed)).one()
    assert told.data["count"] == 2 and told.data["told"] == sorted([plant.worker.id, plant.leader.id])
    async with signed_in(app, plant.worker) as browser, signed_in(app, plant.leader) as leader:
        assert "上一轮漏检，请补检" in (await browser.get("/checkins")).text
        answer = await browser.post(f"/checkins/{pump.id}", data={"all_well": "1", "answer_1": "15"})
        assert (await checked_in(database, answer.headers["location"])).late
        page = (await leader.get("/checkins/missed")).text
        assert plant.worker.name in page and "已补检" in page and "漏检" in page
        assert (await browser.get("/checkins/missed")).status_code == 403
    assert (await plant.visit(database, pump.id)).state == "made_up"


async def test_a_check_in_kept_on_a_phone_counts_from_when_it_was_made(
    app: FastAPI, database: Database, plant: Plant
) -> None:
    pump = (await plant.visits(database))[0]
    await plant.shift(database, timedelta(hours=3))
    async with database.session() as session:
        await mark_missed(session)
    async with signed_in(app, plant.worker) as browser:
        url = f"/checkins/{pump.id}"
        answer = await post_late(browser, url, now() - timedelta(hours=2), all_well="1", answer_1="15")
        assert answer.status_code == 303, answer.text
        assert "手机离线记录" in (await browser.get(answer.headers["location"])).text, "nobody takes it for seen live"
    one = await checked_in(database, answer.headers["location"])
    visit = await plant.visit(database, pump.id)
    assert not one.late and abs(one.at - (now() - timedelta(hours=2))) < timedelta(minutes=1)
    assert (visit.state, visit.missed_at) == ("done", None)


async def test_what_was_sent_to_a_visit_that_is_gone_is_kept_for_its_place(
    app: FastAPI, database: Database, plant: Plant
) -> None:
    pump = (await plant.visits(database))[0]
    async with signed_in(app, plant.officer) as officer, signed_in(app, plant.worker) as browser:
        page = (await browser.get(f"/checkins/{pump.id}")).text
        seen = {name: hidden(page, name) for name in ("equipment", "checklist", "idempotency_key")}
        form = {**seen, "all_well": "1", "answer_1": "15"}
        assert (await officer.post(f"/plans/{plant.plan_id}/stop")).status_code == 303
        answer = await browser.post(f"/checkins/{pump.id}", data=form)
        assert answer.status_code == 303, answer.text
        assert (await browser.post(f"/checkins/{pump.id}", data={"all_well": "1"})).status_code == 404
    one = await checked_in(database, answer.headers["location"])
    assert (one.visit_id, one.equipment_id, one.failed) == (None, plant.pump.id, 0)


async def test_a_scan_leads_to_the_visit_that_is_due_there_or_to_an_unplanned_check_in(
    app: FastAPI, database: Database, plant: Plant
) -> None:
    pump = (await plant.visits(database))[0]
    async with signed_in(app, plant.worker) as browser:
        here = f"/checkins/new?equipment={plant.pump.id}&label=nobody"
        assert f'action="/checkins/{pump.id}"' in (await browser.get(here)).text
        await browser.post(f"/checkins/{pump.id}", data={"all_well": "1", "answer_1": "15"})
        page = (await browser.get(here)).text
        assert 'action="/checkins"' in page and "出口压力" in page
        form = {"equipment": str(plant.pump.id), "label": "nobody", "all_well": "1", "answer_1": "12"}
        answer = await browser.post("/checkins", data=form)
        assert answer.status_code == 303, answer.text
        area = await browser.get(f"/checkins/new?area={plant.pump.area_id}")
        assert "外观、声音、温度正常" in area.text, "where no plan asks the usual questions are asked"
    one = await checked_in(database, answer.headers["location"])
    assert (one.visit_id, one.proof) == (None, "manual"), "an unknown label proves nothing"


async def test_the_places_own_label_proves_that_one_was_there_and_no_other(
    app: FastAPI, database: Database, plant: Plant
) -> None:
    tokens = {}
    async with database.session(site_id=plant.site.id) as session:
        officer = await actor_for(session, plant.officer)
        wanted = [(Kind.EQUIPMENT, plant.pump.id), (Kind.EQUIPMENT, plant.tank.id)]
        await make_labels(session, officer, await things_named(session, officer, wanted))
        for label in await session.scalars(select(Label).where(col(Label.site_id) == plant.site.id)):
            tokens[label.equipment_id] = token_of(label.token_name, label_key())
    proofs = []
    async with signed_in(app, plant.worker) as browser:
        for thing in (plant.pump, plant.tank):
            page = (await browser.get(f"/checkins/new?equipment={plant.pump.id}&label={tokens[thing.id]}")).text
            form = {name: hidden(page, name) for name in ("equipment", "checklist", "label")}
            answer = await browser.post("/checkins", data={**form, "all_well": "1", "answer_1": "15"})
            proofs.append((await checked_in(database, answer.headers["location"])).proof)
            assert ("扫码打卡" in (await browser.get(answer.headers["location"])).text) is (thing is plant.pump)
    assert proofs == ["label", "manual"]


async def test_a_position_is_kept_only_with_consent_coarse_and_not_for_long(
    app: FastAPI, database: Database, plant: Plant
) -> None:
    async with signed_in(app, plant.officer) as officer:
        page = (await officer.get(f"/plans/{plant.plan_id}")).text
        stop = hidden(page, "stop_id")
        fence = {"stop_id": stop, "lat": "31.2304", "lon": "121.4737", "radius_m": "50"}
        assert (await officer.post(f"/plans/{plant.plan_id}/fence", data=fence)).status_code == 303
        wrong = await officer.post(f"/plans/{plant.plan_id}/fence", data={**fence, "lat": "91"})
        assert wrong.status_code == 422 and "请填写正确的经纬度" in wrong.text
    visit = (await plant.visits(database))[0]
    well = {"all_well": "1", "answer_1": "15", "consent_asked": "1"}
    near = {"lat": "31.23061234", "lon": "121.47371234", "accuracy": "8.2"}
    far = {"lat": "31.2404", "lon": "121.4737", "accuracy": "20"}
    found = []
    async with signed_in(app, plant.worker) as browser:
        for fields in (near, {**near, "consent": "on"}, {**far, "consent": "on"}):
            answer = await browser.post(f"/checkins/{visit.id}", data={**well, **fields})
            one = await checked_in(database, answer.headers["location"])
            found.append((one.lat, one.lon, one.accuracy_m, one.away))
        assert "位置不符" in (await browser.get(answer.headers["location"])).text, "flagged, not refused"
        assert re.search(r'id="consent"[^>]* checked', (await browser.get(f"/checkins/{visit.id}")).text)
        await browser.post(f"/checkins/{visit.id}", data=well)
    assert found == [(None, None, None, False), (31.2306, 121.4737, 9.0, False), (31.2404, 121.4737, 20.0, True)]
    assert await count(database, PositionConsent, plant) == 0, "an empty box takes the consent back"
    async with database.session() as session:
        old = await session.get_one(CheckIn, one.id)
        old.at = now() - timedelta(days=31)
    await keep_retention(database, (now() + timedelta(days=1)).replace(hour=4))
    kept = await checked_in(database, answer.headers["location"])
    assert (kept.lat, kept.away) == (None, True)


async def test_a_plan_that_asks_for_a_photo_takes_no_check_in_without(app: FastAPI, database: Database) -> None:
    async with database.session() as session:
        plant = await make_plant(session, asks_photo=True)
    visit = (await plant.visits(database))[0]
    async with signed_in(app, plant.worker) as browser:
        fields = {"all_well": "1", "answer_1": "15"}
        refused = await browser.post(f"/checkins/{visit.id}", data=fields)
        assert refused.status_code == 422 and "这个计划要求现场拍照" in refused.text
        assert (await browser.post(f"/checkins/{visit.id}", data=fields, files=jpeg())).status_code == 303


async def test_planning_again_makes_nothing_twice_and_leaves_no_gap(database: Database, plant: Plant) -> None:
    before = await plant.visits(database)
    await plant.shift(database, timedelta(hours=5))
    for _ in range(2):
        async with database.session() as session:
            await plan_ahead(session)
    after = await plant.visits(database)
    assert len(after) > len(before)
    for stop in {one.stop_id for one in after}:
        own = [one for one in after if one.stop_id == stop]
        assert all(one.closes_at == other.opens_at for one, other in pairwise(own))


async def test_a_safety_officer_makes_changes_and_stops_a_plan(app: FastAPI, database: Database, plant: Plant) -> None:
    plan = {
        "name": "夜班巡检",
        "post_id": str(plant.post.id),
        "rhythm": "shift",
        "equipment": [str(plant.tank.id)],
        "item_kind": ["yes_no", "reading", "choice", "photo", "yes_no"],
        "item_title": ["护栏完好", "液位", "油色", "拍铭牌", ""],
        "item_low": ["", "20", "", "", ""],
        "item_high": ["", "80", "", "", ""],
        "item_unit": ["", "%", "", "", ""],
        "item_choices": ["", "", "清澈，!发黑", "", ""],
    }
    async with signed_in(app, plant.officer) as officer, signed_in(app, plant.leader) as leader:
        blank = await officer.post("/plans", data={"name": "空"})
        assert blank.status_code == 422 and "请至少写一项检查内容" in blank.text and 'value="空"' in blank.text
        wrong = await officer.post("/plans", data={**plan, "item_low": ["", "90", "", "", ""]})
        assert wrong.status_code == 422 and "下限不能高于上限" in wrong.text and "!发黑" in wrong.text
        more = await officer.post("/plans", data={**plan, "more": "1"})
        assert more.status_code == 200 and more.text.count('class="card item-editor"') == 8
        made = await officer.post("/plans", data=plan)
        assert made.status_code == 303, made.text
        here = made.headers["location"].split("?")[0]
        assert "夜班巡检" in (await leader.get("/plans")).text and "发黑" in (await leader.get(here)).text
        assert (await leader.get(f"{here}/edit")).status_code == 403
        edit = (await officer.get(f"{here}/edit")).text
        assert "!发黑" in edit and 'value="夜班巡检"' in edit
        changed = {**plan, "version": hidden(edit, "version"), "rhythm": "day"}
        assert (await officer.post(f"{here}/edit", data=changed)).status_code == 303
        assert (await officer.post(f"{here}/edit", data=changed)).status_code == 409, "somebody was faster"
        own = [one for one in await plant.visits(database) if one.plan_id == int(here.rsplit("/", 1)[1])]
        assert {one.closes_at - one.opens_at for one in own} == {timedelta(days=1)}
        assert (await officer.post(f"{here}/stop")).status_code == 303
        assert not [one for one in await plant.visits(database) if one.plan_id == own[0].plan_id]
        assert (await officer.post(f"{here}/resume")).status_code == 303
        assert [one for one in await plant.visits(database) if one.plan_id == own[0].plan_id]


async def test_shifts_and_holidays_of_the_site_decide_when_visits_are_due(app: FastAPI, database: Database) -> None:
    async with database.session() as session:
        plant = await make_plant(session, rhythm="shift")
        zone = (await actor_for(session, plant.officer)).zone
    async with signed_in(app, plant.officer) as officer:
        bad = await officer.post("/plans/calendar", data={"shifts": "25:00", "holidays": ""})
        assert bad.status_code == 422 and "接班时间" in bad.text
        days = {"shifts": "16:00 00:00 08:00", "holidays": "2026-10-01~2026-10-07"}
        assert (await officer.post("/plans/calendar", data=days)).status_code == 303
        page = (await officer.get("/plans/calendar")).text
        assert "2026-10-04" in page
        first = re.findall(r'name="entry" value="(\d+)"', page)[-1]
        await officer.post("/plans/calendar", data={"shifts": "06:00 18:00", "holidays": ""})
        second = re.findall(r'name="entry" value="(\d+)"', (await officer.get("/plans/calendar")).text)[0]
        assert (await officer.post("/plans/calendar/restore", data={"entry": second})).status_code == 303
        assert "2026-10-04" in (await officer.get("/plans/calendar")).text, "the last change alone is taken back"
        assert (await officer.post("/plans/calendar/restore", data={"entry": "x"})).status_code == 404
        assert int(first) < int(second)
    own = await plant.visits(database)
    assert {one.opens_at.astimezone(zone).hour for one in own} == {0, 8, 16}
    assert {one.closes_at - one.opens_at for one in own} == {timedelta(hours=8)}


async def test_programs_read_the_round_and_check_in(app: FastAPI, database: Database, plant: Plant) -> None:
    async with signed_in(app, plant.worker) as browser:
        browser.headers["Accept"] = "application/json"
        due = (await browser.get("/api/v1/checkins")).json()["due"]
        assert [one["place"]["name_en"] for one in due] == ["Pump", "Tank"]
        asked = (await browser.get(f"/api/v1/checkins/{due[0]['id']}")).json()
        assert [item["kind"] for item in asked["items"]] == ["yes_no", "reading"]
        url = f"/api/v1/checkins/{due[0]['id']}"
        refused = await browser.post(url, data={"answer_0": "yes", "answer_1": "viel"})
        assert refused.status_code == 422 and "answer_1" in refused.text
        key = {"Idempotency-Key": "7f1c"}
        sent = [await browser.post(url, data={"answer_0": "yes", "answer_1": "15"}, headers=key) for _ in range(2)]
        assert [answer.status_code for answer in sent] == [201, 201] and sent[0].json() == sent[1].json()
        record = (await browser.get(f"/api/v1/checkins/records/{sent[0].json()['id']}")).json()
        assert [answer["verdict"] for answer in record["answers"]] == ["well", "well"]


async def test_english_pages_hold_no_chinese(app: FastAPI, database: Database, plant: Plant) -> None:
    visit = (await plant.visits(database))[0]
    async with signed_in(app, plant.worker) as browser, signed_in(app, plant.officer) as officer:
        for each in (browser, officer):
            each.cookies.set("locale", "en")
        done = await browser.post(f"/checkins/{visit.id}", data={"all_well": "1", "answer_1": "30", "note_1": "high"})
        seen = [
            await browser.get("/checkins"),
            await browser.get(f"/checkins/{visit.id}"),
            await browser.get(f"/checkins/new?area={plant.pump.area_id}"),
            await browser.get(done.headers["location"]),
            await browser.post(f"/checkins/{visit.id}", data={}),
        ]
        for path in ("/checkins?all=1", "/checkins/missed", "/plans", f"/plans/{plant.plan_id}", "/plans/new"):
            seen.append(await officer.get(path))
        seen.append(await officer.post("/plans", data={}))
        seen.append(await officer.get("/plans/calendar"))
    assert {str(answer.url): chinese(answer.text) for answer in seen if chinese(answer.text)} == {}
