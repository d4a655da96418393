"""An administrator arranges the managers' first page on a phone; a manager sees it and takes a figure to its rows."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Route, expect
from sqlalchemy import delete
from sqlmodel import col

from backend.core.database import Database
from backend.home.models import HomeLayout
from tests.browser.phone import Phone, Phones
from tests.browser.test_indicators import judge_some
from tests.embedded.running import Up


@pytest.fixture
async def counted(plant: Up) -> AsyncIterator[None]:
    """Figures to show; afterwards every role has its usual page again."""
    await judge_some(plant.database_url)
    yield
    database = Database(plant.database_url)
    async with database.session() as session:
        await session.execute(delete(HomeLayout).where(col(HomeLayout.role) == "manager"))
    await database.close()


@pytest.mark.usefixtures("counted")
async def test_an_administrator_rearranges_a_managers_home_who_takes_a_figure_to_its_rows(phones: Phones) -> None:
    await _arranges(await phones("admin"))
    manager = await phones("manager1")
    page = await manager.open("/")
    await manager.comes_to_rest()
    card = page.locator('[data-card="indicator-precision"]')
    await expect(card).to_contain_text("样本不足 n=12")
    await card.scroll_into_view_if_needed()
    await expect(card.locator(".chart-drawn canvas")).to_be_visible()
    order = await page.locator("[data-card]").evaluate_all("(all) => all.map((one) => one.dataset.card)")
    assert order.index("indicator-precision") < order.index("risk_map") and "alarm_load" not in order
    await page.evaluate("htmx.trigger('#present', 'refresh')")
    await manager.comes_to_rest()
    await expect(card).to_contain_text("样本不足 n=12")
    await card.get_by_role("link", name="看这些记录").click()
    await expect(page.locator("#indicator-rows a.row")).to_have_count(12)
    assert manager.complaints == []


async def _arranges(admin: Phone) -> None:
    page = await admin.open("/me")
    await page.get_by_role("link", name="首页布置").click()
    await page.get_by_role("link", name="管理人员 ").first.click()
    await admin.comes_to_rest()
    rows = page.locator("ol.arranged > li")
    await page.get_by_role("button", name="移除：报警负荷").click()
    await expect(page.locator('ol.arranged > li[data-code="alarm_load"]')).to_have_count(0)
    await admin.comes_to_rest()
    await page.locator("#catalogue summary").click()
    await page.get_by_role("button", name="添加：预警准确率").click()
    await expect(rows.last).to_contain_text("预警准确率")
    up = page.get_by_role("button", name="上移：预警准确率")
    for _ in range(await rows.count() - 1):
        await admin.comes_to_rest()
        await up.focus()
        await page.keyboard.press("Enter")
    await expect(rows.first).to_contain_text("预警准确率")
    await admin.comes_to_rest()
    await expect(page.locator(".phone-frame")).to_be_visible()
    await page.get_by_label("为什么改").fill("Precision first")
    await page.get_by_role("button", name="保存布置").click()
    await expect(page.get_by_text("已保存")).to_be_visible()
    await expect(page.locator("#layout-versions")).to_contain_text("Precision first")
    assert admin.complaints == []


async def test_a_card_that_cannot_be_fetched_says_so_and_the_page_stays(phones: Phones) -> None:
    manager = await phones("manager1")

    async def fail(route: Route) -> None:
        await (route.fulfill(status=500, body="") if "risk_map" in route.request.url else route.continue_())

    await manager.page.route("**/home/cards?*", fail)
    page = await manager.open("/")
    await expect(page.locator('[data-card="risk_map"] .later-away')).to_be_visible(timeout=8000)
    await expect(page.locator('[data-card="overdue_teams"]:not(.is-waiting)')).to_be_visible()
    await expect(page.locator(".standing-card")).to_be_visible()
