"""Stepping through a path on a phone of 360 × 740, and the same page without scripts."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from backend.core.database import Database
from backend.identity.models import Role
from backend.identity.sessions import open_session
from backend.identity.web import cookie_name
from backend.tracing.models import Trace
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.liveserver import LiveServer, live_server
from tests.tracing.conftest import made_trace, trouble


@pytest.fixture(scope="module")
def server(database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    running = live_server(database_url, redis_url, tmp_path_factory.mktemp("web"))
    running.start()
    yield running
    running.kill()


@pytest.fixture(scope="module")
async def traced(database_url: str) -> tuple[Trace, str]:
    """A trace, and the sign-in of a leader who may see it."""
    database = Database(database_url)
    found = await trouble(database)
    trace = await made_trace(database, found)
    async with database.session() as session:
        token = await open_session(session, found.people[Role.LEADER], device="phone", address="127.0.0.1")
    await database.close()
    return trace, token


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        await browser.close()


async def phone(chromium: Browser, server: LiveServer, token: str, *, scripts: bool = True) -> Page:
    context = await chromium.new_context(
        viewport={"width": 360, "height": 740}, has_touch=True, locale="zh-CN", java_script_enabled=scripts
    )
    await context.add_cookies([{"name": cookie_name(), "value": token, "url": server.url}])
    return await context.new_page()


async def test_a_thumb_walks_from_the_root_to_the_symptom_and_the_plan_shows_where(
    chromium: Browser, server: LiveServer, traced: tuple[Trace, str]
) -> None:
    trace, token = traced
    page = await phone(chromium, server, token)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    await page.goto(f"{server.url}/traces/{trace.id}")
    count = len(trace.result["causes"][0]["path"])
    back, forth = page.locator('[data-step="-1"]'), page.locator('[data-step="1"]')
    await expect(page.locator(".step:visible")).to_have_count(1)
    await expect(back).to_be_disabled()
    box = await forth.bounding_box()
    assert box is not None and box["height"] >= 56 and box["width"] >= 100
    for number in range(2, count + 1):
        await forth.tap()
        await expect(page.locator(".step:visible")).to_have_attribute("id", f"step-{number}")
        equipment = await page.locator(".step:visible").get_attribute("data-equipment")
        await expect(page.locator(".plan-mark.is-current")).to_have_attribute("href", f"/equipment/{equipment}")
    await expect(page.locator(".step-count")).to_have_text(f"{count} / {count}")
    await expect(forth).to_be_disabled()
    await back.tap()
    await expect(page.locator(".step:visible")).to_have_attribute("id", f"step-{count - 1}")
    assert await page.evaluate("document.documentElement.scrollWidth") == 360
    assert wrong == []
    await page.context.close()


async def test_a_thumb_or_the_keyboard_slides_through_time_and_the_plan_shows_the_plant_at_that_moment(
    chromium: Browser, server: LiveServer, traced: tuple[Trace, str]
) -> None:
    trace, token = traced
    page = await phone(chromium, server, token)
    await page.goto(f"{server.url}/traces/{trace.id}")
    slider, said = page.locator("trace-time input[type=range]"), page.locator(".time-said")
    box = await slider.bounding_box()
    assert box is not None and box["height"] >= 48
    count = await page.locator(".time-moment").count()
    await slider.focus()
    await page.keyboard.press("Home")
    await expect(said).to_contain_text("起点")
    root = await page.locator(".time-moment").first.get_attribute("data-equipment")
    await expect(page.locator(".plan-mark.is-current")).to_have_attribute("href", f"/equipment/{root}")
    await expect(page.locator(".plan-mark.is-later")).to_have_count(count - 1)
    await expect(page.locator(".step:visible")).to_have_attribute("data-equipment", root or "")
    await page.locator('[data-time="1"]').tap()
    await expect(page.locator(".plan-mark.is-later")).to_have_count(count - 2)
    assert await slider.get_attribute("aria-valuetext")
    await slider.focus()
    await page.keyboard.press("End")
    await expect(page.locator(".plan-mark.is-later")).to_have_count(0)
    await expect(page.locator('[data-time="1"]')).to_be_disabled()
    await page.locator('[data-step="1"]').tap()
    await expect(page.locator(".step:visible")).to_have_attribute("id", "step-2")
    await page.context.close()


async def test_without_scripts_all_steps_stand_in_a_list_and_the_form_confirms(
    chromium: Browser, server: LiveServer, traced: tuple[Trace, str]
) -> None:
    trace, token = traced
    page = await phone(chromium, server, token, scripts=False)
    await page.goto(f"{server.url}/traces/{trace.id}")
    await expect(page.locator(".step:visible")).to_have_count(len(trace.result["causes"][0]["path"]))
    await expect(page.locator(".step-bar")).to_be_hidden()
    await expect(page.locator(".time-bar")).to_be_hidden()
    await expect(page.locator(".time-moment").last).to_be_visible()
    await page.locator("#confirm summary").click()
    await page.locator('#confirm input[name="node"]').first.check()
    await page.locator("#confirm textarea").fill("现场核对过")
    await page.locator("#confirm button").click()
    await expect(page.locator(".symptom")).to_contain_text("现场核对过")
    await page.context.close()


async def test_the_trace_that_is_awaited_appears_by_itself(
    chromium: Browser, server: LiveServer, database: Database
) -> None:
    found = await trouble(database)
    async with database.session() as session:
        token = await open_session(session, found.people[Role.WORKER], device="phone", address="127.0.0.1")
    page = await phone(chromium, server, token)
    await page.goto(f"{server.url}/alarms/{found.alarm_id}/trace")
    await expect(page.locator(".trace-waiting")).to_be_visible()
    await asyncio.gather(
        made_trace(database, found), expect(page.locator(".trace-brief")).to_be_visible(timeout=15_000)
    )
    await page.context.close()
