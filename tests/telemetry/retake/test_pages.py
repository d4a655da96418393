"""The pages of taking in: what waits, what would become of it, how far it is; only for one's own site and role."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from backend.core.database import Database
from backend.identity.models import Role
from backend.plant.models import PointStatus
from tests.factories import make_person
from tests.telemetry.retake.feeding import Plant, close, make_plant
from tests.telemetry.test_pages import words
from tests.webclient import running_app, signed_in


@pytest.fixture(scope="module")
async def app(database_url: str, redis_url: str) -> AsyncIterator[FastAPI]:
    async with running_app(database_url, redis_url) as running:
        yield running


@pytest.fixture
async def plant(database: Database) -> AsyncIterator[Plant]:
    one = await make_plant(database)
    yield one
    await close([one])


@pytest.fixture
async def browser(app: FastAPI, plant: Plant, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with database.session() as session:
        officer = await make_person(session, plant.site, Role.SAFETY_OFFICER)
    async with signed_in(app, officer) as opened:
        yield opened


async def test_each_cause_and_point_stands_on_the_page_with_the_way_to_its_preview(
    plant: Plant, browser: httpx.AsyncClient
) -> None:
    await plant.set("P2", PointStatus.RETIRED)
    await plant.feed(*(plant.message({"values": {"P2": i}}) for i in range(3)), plant.message(b"no json"))
    page = (await browser.get("/rejections")).text
    assert "共 4 条消息" in words(page) and "测点已停用 P2" in words(page) and "3 个值" in words(page)
    assert 'href="/retakes?reason=retired_point&amp;code=P2&amp;source=gw"' in page


async def test_the_preview_says_what_would_be_taken_and_what_is_still_refused_and_writes_nothing(
    plant: Plant, browser: httpx.AsyncClient
) -> None:
    await plant.set("P2", PointStatus.RETIRED)
    await plant.feed(*(plant.message({"values": {"P2": i}}) for i in range(3)))
    before = (await browser.get("/retakes?code=P2")).text
    assert "会收下 0" in words(before) and "仍会拒收 3" in words(before) and "在“厂区资料”中恢复" in words(before)
    assert 'href="/plant/edit/points"' in before, "the way to where it is mended"
    await plant.set("P2", PointStatus.ACTIVE)
    after = (await browser.get("/retakes?code=P2")).text
    assert "会收下 3" in words(after) and "仍会拒收 0" in words(after) and "/plant/edit/points" not in after
    assert "{&#34;values&#34;: {&#34;P2&#34;: 0}}" in after and "重新接收</button>" in after
    assert await plant.readings() == [] and await plant.held() == [("retired_point", "P2", 3)]


async def test_what_can_be_taken_in_is_offered_where_it_was_mended_and_not_before(
    plant: Plant, browser: httpx.AsyncClient
) -> None:
    await plant.set("P2", PointStatus.IGNORED)
    await plant.feed(plant.message({"values": {"P2": 1}}))
    assert words((await browser.get("/retakes/offer?code=P2")).text) == ""
    await plant.set("P2", PointStatus.ACTIVE)
    for address in ("/retakes/offer", "/retakes/offer?code=P2"):
        assert "有 1 条被拒收的读数可以重新接收" in (await browser.get(address)).text
    assert words((await browser.get("/retakes/offer?code=P1")).text) == ""
    [(point,)] = await plant.rows("SELECT id FROM point WHERE site_id = :site AND code = 'P2'")
    for address in ("/adoptions", f"/points/{point}", f"/plant/edit/points/{point}", "/plant/changes"):
        assert 'hx-get="/retakes/offer' in (await browser.get(address)).text, address


async def test_asking_shows_how_far_it_is_and_then_the_account(plant: Plant, browser: httpx.AsyncClient) -> None:
    await plant.set("P2", PointStatus.IGNORED)
    await plant.feed(*(plant.message({"values": {"P2": i}}) for i in range(3)))
    await plant.set("P2", PointStatus.ACTIVE)
    answer = await browser.post("/retakes", data={"code": "P2"})
    assert answer.status_code == 303
    url = answer.headers["location"]
    assert "正在重新接收" in words((await browser.get(url)).text)
    piece = (await browser.get(url, headers={"HX-Request": "true", "HX-Target": "progress"})).text
    assert piece.lstrip().startswith("<section") and 'hx-trigger="every 1s"' in piece
    await plant.work()
    done = (await browser.get(url)).text
    assert "重新接收完成" in words(done) and "收下的值 3" in words(done) and "every 1s" not in done
    assert "看曲线" in words(done)
    page = words((await browser.get("/rejections")).text)
    assert "收下 3 个值，仍拒收 0 个" in page and "共 0 条消息" in page


async def test_with_nothing_held_the_preview_teaches_and_asking_is_told(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/retakes?code=P2")).text
    assert "没有保留的消息" in words(page) and "重新接收</button>" not in page
    refused = await browser.post("/retakes", data={"code": "P2"})
    assert refused.status_code == 409 and "没有可以重新接收的消息" in words(refused.text)


async def test_a_loss_is_said_on_both_pages(plant: Plant, browser: httpx.AsyncClient) -> None:
    assert words((await browser.get("/retakes/lost")).text) == ""
    await plant.execute(
        "INSERT INTO held_loss(site_id, messages, bytes, since, last_at) VALUES (:site, 1234, 9, now(), now())"
    )
    for address in ("/retakes/lost", "/rejections"):
        assert "删去了最早的 1,234 条" in words((await browser.get(address)).text)
    assert "/retakes/lost" in (await browser.get("/data-sources")).text


async def test_a_leader_sees_what_is_held_and_can_not_take_it_in(
    app: FastAPI, plant: Plant, database: Database
) -> None:
    await plant.feed(plant.message(b"no json"))
    async with database.session() as session:
        leader = await make_person(session, plant.site, Role.LEADER)
    async with signed_in(app, leader) as browser:
        page = (await browser.get("/rejections")).text
        assert "无法读取" in words(page) and "/retakes?" not in page
        assert (await browser.get("/retakes")).status_code == 403
        assert (await browser.post("/retakes", data={})).status_code == 403


async def test_a_program_does_the_same(plant: Plant, browser: httpx.AsyncClient) -> None:
    await plant.feed(plant.message(b"no json"), plant.message(b"nor this"))
    held = (await browser.get("/api/v1/retakes")).json()
    assert (held["messages"], held["lost"]) == (2, 0)
    assert [(one["reason"], one["messages"], one["parts"]) for one in held["groups"]] == [("unreadable", 2, 2)]
    run = (await browser.post("/api/v1/retakes", json={"reason": "unreadable"})).json()
    await plant.work()
    done = (await browser.get(f"/api/v1/retakes/{run['id']}")).json()
    assert (done["total"], done["looked_at"], done["refused"]) == (2, 2, 2) and done["finished_at"]
    assert (await browser.post("/api/v1/retakes", json={"code": "P1"})).status_code == 409
