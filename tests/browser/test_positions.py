"""Where somebody is in an incident: agreed to on their phone, seen as they walk, stopped by one tap, played back."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select, text
from sqlmodel import col

from backend.checkins.models import PlaceFence
from backend.core.database import Database
from backend.identity.models import Person, Site
from backend.incidents.commands import Tap, report_incident
from backend.incidents.positions.commands import set_rule
from backend.incidents.positions.rule import read_rule
from backend.incidents.recording import Said
from backend.plant.models import Area
from tests.browser.phone import Phones
from tests.embedded.running import Up
from tests.factories import actor_for, made, make_equipment

GATE = {"latitude": 31.2304, "longitude": 121.4737, "accuracy": 9}
DEGREE_M = 111_195


@pytest.fixture
async def leaking(plant: Up) -> AsyncIterator[int]:
    """An incident at a place of its own, that worker2 reported, on a plant whose ground is known; gives its id."""
    database = Database(plant.database_url)
    async with database.session() as session:
        people = await session.scalars(select(Person).where(col(Person.account).in_(["worker2", "admin"])))
        actors = {person.account: await actor_for(session, person) for person in people}
        worker = actors["worker2"]
        ground = read_rule(keep_days="30", lat="31.2304", lon="121.4737", radius_m="600")
        await set_rule(session, actors["admin"], ground)
        area = (await session.scalars(select(Area).where(col(Area.team_id) == worker.team_id).limit(1))).one()
        site = await session.get_one(Site, worker.site_id)
        place = await make_equipment(session, site, area, name="氨罐", name_en="Tank")
        where = {"lat": GATE["latitude"], "lon": GATE["longitude"], "radius_m": 20}
        await made(session, PlaceFence(site_id=site.id, equipment_id=place.id, **where))
    async with database.session(site_id=worker.site_id) as session:
        tap = Tap(kind="gas_leak", equipment_id=place.id, said=Said("有氨味", idempotency_key="walks"))
        one = await report_incident(session, worker, tap)
    yield one.id
    await database.close()


async def test_who_agreed_is_seen_walking_stops_by_one_tap_and_is_played_back(
    plant: Up, phones: Phones, leaking: int
) -> None:
    worker = await phones("worker2", geolocation=GATE, permissions=["geolocation"])
    page = await worker.open("/me")
    await page.get_by_role("link", name="我的位置").click()
    bar = page.locator("#position-bar")
    await expect(bar).to_be_hidden()
    await page.get_by_role("button", name="同意发送").click()
    await expect(page.locator("#position-device")).to_have_text("由这部手机发送")
    await expect(bar).to_contain_text("正在发送位置 · 刚刚")
    leader = await phones("leader1")
    await leader.open(f"/incidents/{leaking}/positions")
    row = leader.page.locator(".who-row", has_text=await _name(plant, "worker2"))
    await expect(row).to_contain_text("手机定位")
    await expect(row).to_contain_text("氨罐附近")
    await expect(row).to_contain_text("距事发处约 0 米")
    await page.wait_for_timeout(10_500)  # a phone says no more than once in ten seconds
    await worker.context.set_geolocation({**GATE, "latitude": GATE["latitude"] + 120 / DEGREE_M})
    await expect(row).to_contain_text("距事发处约 120 米", timeout=30_000)
    await expect(leader.page.locator("#people-map .who.is-gps").first).to_be_attached()

    await bar.get_by_role("button", name="停止").click()
    await expect(page.get_by_text("已停止，不再发送位置")).to_be_visible()
    await expect(bar).to_be_hidden()
    assert await page.evaluate("localStorage.getItem(`ansu-positions-${document.body.dataset.person}`)") is None
    before = await _sent(plant, leaking)
    await worker.context.set_geolocation({**GATE, "latitude": GATE["latitude"] + 300 / DEGREE_M})
    await page.reload()
    await worker.comes_to_rest()
    assert await _sent(plant, leaking) == before == 2

    await leader.page.get_by_role("link", name="回放经过").click()
    await _played_back(leader.page, await _name(plant, "worker2"))
    await page.get_by_role("button", name="全部删除").click()
    await expect(page.get_by_text("已删除保存的您的位置")).to_be_visible()
    assert await _sent(plant, leaking) == 0
    assert worker.complaints == [] and leader.complaints == []


async def _played_back(page: Page, name: str) -> None:
    """The slider's last moment shows where they were at last, an earlier one where they were before."""
    row = page.locator("#positions-replay .who-row", has_text=name)
    await expect(row).to_contain_text("距事发处约 120 米")
    slider = page.locator(".replay-range")
    await slider.focus()
    for _ in range(int(await slider.get_attribute("max") or 0)):
        await slider.press("ArrowLeft")
        if "氨罐附近" in await row.inner_text():
            break
    await expect(row).to_contain_text("氨罐附近")
    await expect(slider).to_have_attribute("aria-valuetext", re.compile(r"\d\d:\d\d:\d\d"))
    await expect(page.locator("#replay-map .who.is-gps")).to_have_count(1)


async def _name(plant: Up, account: str) -> str:
    return str(await _one(plant, "SELECT name FROM person WHERE account = :it", account))


async def _sent(plant: Up, incident_id: int) -> int:
    return int(await _one(plant, "SELECT count(*) FROM incident_position WHERE incident_id = :it", incident_id))


async def _one(plant: Up, asked: str, it: str | int) -> Any:
    database = Database(plant.database_url)
    async with database.session() as session:
        found = await session.scalar(text(asked), {"it": it})
    await database.close()
    return found
