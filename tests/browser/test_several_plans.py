"""A plant of two floors on phones: the floor that burns calls, is tapped, reported on, and closed alone."""

import os
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.database import Database
from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.incidents.commands import Tap, call_off, report_incident
from backend.incidents.recording import Said
from backend.plant.editing.commands import drawing, linking, things
from backend.plant.models import Equipment
from backend.risks import commands as risks
from backend.risks.grading import Method, Score
from backend.risks.terms import PointTerms, SourceTerms
from tests.browser.phone import Phones
from tests.browser.sweep import look_over
from tests.embedded.running import Up
from tests.factories import actor_for


@dataclass(frozen=True)
class Upstairs:
    """An upper floor with a hoist in a loft, whose risk is 重大, and an incident there."""

    plan_id: int
    area_id: int
    hoist_id: int
    incident_id: int


async def _person(session: AsyncSession, account: str) -> Actor:
    return await actor_for(session, (await session.scalars(select(Person).where(col(Person.account) == account))).one())


@pytest.fixture(scope="module")
async def upstairs(plant: Up) -> AsyncIterator[Upstairs]:
    """Made as people make it, and out of use afterwards, so that other tests find the plant's floor first."""
    database = Database(plant.database_url)
    async with database.session() as session:
        officer = await _person(session, "safety1")
        plan = await drawing.add_plan(session, officer, "二层", "Upper floor", None)
        loft = {"code": "UP-1", "name": "上料间", "name_en": "Loft"}
        area = await things.create(session, officer, "area", loft)
        wide, high = plan.width, plan.height
        corners = [(wide * x, high * y) for x, y in ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9))]
        await drawing.outline(session, officer, plan.id, area.id, corners)
        named = {"code": "UP-E1", "name": "提升机", "name_en": "Hoist", "area_id": area.id}
        hoist = await things.create(session, officer, "equipment", named)
        await drawing.place(session, officer, plan.id, hoist.id, (wide / 2, high / 2))
        reactor = (await session.scalars(select(Equipment).where(col(Equipment.name) == "反应器"))).one()
        ends = linking.Joining(f"equipment:{hoist.id}", f"equipment:{reactor.id}")
        link = await linking.add_link(session, officer, ends, {"kind": "material"})
        terms = PointTerms("UP-R1", "提升机", "equipment", "team", name_en="Hoist", equipment_id=hoist.id)
        risk = await risks.make_point(session, officer, terms)
        source = await risks.make_source(session, officer, risk.id, SourceTerms("坠落", accidents=("fire",)))
        await risks.grade_source(session, officer, source.id, Score(Method.LEC, 10, 6, 15), residual=True, why="")
        tap = Tap(kind="gas_leak", equipment_id=hoist.id, said=Said("提升机旁有气味"))
        incident = await report_incident(session, officer, tap)
        made = Upstairs(plan.id, area.id, hoist.id, incident.id)
    yield made
    async with database.session() as session:
        officer = await _person(session, "safety1")
        await call_off(session, officer, made.incident_id, Said("演练结束"))
        await linking.remove_link(session, officer, link.id)
        for table, id_ in (("floor_plan", made.plan_id), ("area", made.area_id), ("equipment", made.hoist_id)):
            await session.execute(text(f"UPDATE {table} SET retired_at = now() WHERE id = {id_}"))
        await session.execute(text("UPDATE risk_point SET retired_at = now() WHERE code = 'UP-R1'"))
    await database.close()


def _chips(page: Page) -> tuple[Locator, Locator]:
    """The chip of the upper floor, and that of the plant's own."""
    chips = page.locator(".plan-chips:visible a")
    return chips.filter(has_text="二层").first, chips.first


async def test_a_floor_that_burns_calls_is_tapped_and_a_hazard_is_reported_on_it(
    phones: Phones, upstairs: Upstairs
) -> None:
    leader, worker = await phones("leader1"), await phones("worker1")
    page = await leader.open("/risk-map")
    upper, ground = _chips(page)
    await expect(upper).to_contain_text("重大")
    await upper.tap()
    await expect(upper).to_have_attribute("aria-current", "true")
    await expect(page.locator(".plan-area.level-major")).to_contain_text("上料间")
    for chip in (upper, ground):
        box = await chip.bounding_box()
        assert box and box["height"] >= 48 and box["x"] + box["width"] <= 360
    await _picture(page, "riskmap")
    await ground.tap()
    await expect(ground).to_have_attribute("aria-current", "true")
    await expect(page.locator(".plan-map")).not_to_contain_text("上料间")
    way = page.locator(f"#area-{upstairs.area_id} .plan-way")
    await _picture(page, "riskmap-ground")
    await way.tap()
    await expect(page.locator(".plan-map")).to_contain_text("上料间")

    form = await worker.open("/reports/new")
    await worker.comes_to_rest()
    await form.locator(".place-plan > summary").tap()
    upper, ground = _chips(form)
    await expect(ground).to_have_attribute("aria-current", "true")
    await form.locator("#details").fill("提升机护栏松动")
    await upper.tap()
    await expect(form.locator(".place-plan .plan:visible")).to_have_count(1)
    await _picture(form, "picker")
    await form.locator(".plan-mark[aria-label='提升机']").tap()
    await expect(form.locator("#place")).to_have_value(f"equipment:{upstairs.hoist_id}")
    await expect(form.locator("#details")).to_have_value("提升机护栏松动")
    await form.locator(".place-plan > summary").tap()
    await form.locator(".place-plan .plan-area:visible text").filter(has_text="上料间").tap()
    await expect(form.locator("#place")).to_have_value(f"area:{upstairs.area_id}")
    await form.locator(".action-bar button[type=submit]").tap()
    await expect(form.locator("main")).to_contain_text("上料间")

    page = await leader.open("/risk-map")
    await expect(page.locator(f"#area-{upstairs.area_id}")).to_contain_text("提升机护栏松动")
    assert worker.complaints == leader.complaints == []


async def test_ground_is_closed_on_the_floor_of_the_incident_alone(phones: Phones, upstairs: Upstairs) -> None:
    leader = await phones("leader1")
    here = f"/incidents/{upstairs.incident_id}"
    page = await leader.open(f"{here}/cordon")
    await leader.comes_to_rest()
    upper, _ = _chips(page)
    await expect(upper).to_have_attribute("aria-current", "true")
    await page.locator("#radius_m").fill("35")
    await page.locator("#cordon-words").fill("等一等")
    below, above = (page.locator("#cordon-drawing .plan-chips a").nth(i) for i in range(2))
    await below.tap()
    await expect(below).to_have_attribute("aria-current", "true")
    await expect(page.locator("#cordon-drawing")).to_contain_text("按半径划的圈只在那张图上")
    await above.tap()
    await expect(above).to_have_attribute("aria-current", "true")
    await leader.comes_to_rest()
    await expect(page.locator("#radius_m")).to_have_value("35")
    await expect(page.locator("#cordon-words")).to_have_value("等一等")
    for at in ((60, 40), (240, 40), (240, 180), (60, 180)):
        await page.locator("#draw-plan svg.plan-map").tap(position={"x": at[0], "y": at[1]})
    await page.get_by_role("button", name="划定警戒区").tap()
    await expect(page.locator("#cordon-plan .plan-cordons polygon")).to_have_count(1)
    await expect(page.locator("#incident-cordon")).to_contain_text("圈内设备：提升机")
    upper, ground = _chips(page)
    await expect(upper).to_contain_text("警戒区 1 处")
    await _picture(page, "cordon")
    await ground.tap()
    await expect(ground).to_have_attribute("aria-current", "true")
    await expect(page.locator("#cordon-plan .plan-cordons polygon")).to_have_count(0)
    await expect(page.locator("#incident-cordon")).to_contain_text("二层")
    await _picture(page, "cordon-ground")
    for name in ("wall", "positions", "scope"):
        await leader.open(f"{here}/{name}")
        await leader.comes_to_rest()
        await _picture(page, name)
    page = await leader.open("/plant")
    upper, _ = _chips(page)
    await upper.tap()
    hoist = page.locator(".plan-mark[aria-label^='提升机']")
    await expect(hoist.locator(".plan-door")).to_contain_text("↗")
    ways = page.locator("#plan-ways")
    await ways.locator("summary").tap()
    await _picture(page, "plant")
    await ways.get_by_role("link", name=re.compile("提升机 → 反应器")).tap()
    await expect(page.locator(".plan-mark[aria-label^='反应器'] .plan-door")).to_have_text("↙ 二层")
    await _picture(page, "plant-ground")
    assert leader.complaints == []


async def test_a_choice_of_floors_fits_thumbs_and_screen_readers_by_day_and_night_in_both_languages(
    phones: Phones, upstairs: Upstairs
) -> None:
    here = f"/incidents/{upstairs.incident_id}"
    pages = ["/risk-map", "/plant", "/distribution", "/plant/scale", "/checkins?all=1", "/reports/new"]
    pages += [f"{here}/{part}" for part in ("wall", "cordon", "positions", "scope")]
    by_day = await phones("admin", color_scheme="light", locale="zh-CN")
    by_night = await phones("admin", color_scheme="dark", locale="en-US")
    for phone in (by_day, by_night):
        for page in pages:
            seen = await look_over(phone, page)
            assert seen.barriers == [] and seen.complaints == [], page
            assert phone is by_day or seen.chinese == set(), page
    await by_night.open(f"/risk-map?plan={upstairs.plan_id}")
    await expect(by_night.page.locator(".plan-chips a[aria-current]")).to_have_text(re.compile(r"Upper floor.*Major"))


async def _picture(page: Page, name: str) -> None:
    """To be looked at, light and dark, where ANSU_PICTURES names a folder."""
    if folder := os.environ.get("ANSU_PICTURES"):
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            await page.screenshot(path=Path(folder) / f"plans-{name}-{scheme}.png", full_page=True)
