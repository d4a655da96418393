"""What holds on every page: it fits a narrow phone, can be hit by a thumb, read by a screen reader and in Chinese and
by day; in English and by night: ``test_pages_in_english``."""

import asyncio
import subprocess
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from tests.browser.pages import PAGES, WORKER_PAGES
from tests.browser.phone import Phone, Phones
from tests.browser.sweep import look, look_over, small_targets, violations
from tests.embedded.running import Up


@pytest.fixture(scope="module")
async def admin(browser: Browser, plant: Up) -> AsyncIterator[Phone]:
    """An administrator's phone in Chinese, in the light theme, which goes from page to page."""
    maker = Phones(browser, f"http://127.0.0.1:{plant.environment['ANSU_PORT']}")
    yield await maker("admin", color_scheme="light", locale="zh-CN")
    await maker.put_away()


@pytest.mark.parametrize("page", PAGES)
async def test_every_page_fits_a_thumb_and_a_screen_reader(admin: Phone, eventful: dict[str, int], page: str) -> None:
    seen = await look_over(admin, page.format(**eventful))
    assert seen.barriers == [] and seen.complaints == []


async def test_a_worker_hits_everything_with_gloves_on(phones: Phones, eventful: dict[str, int]) -> None:
    phone = await phones("worker1")
    missed = []
    for pattern in WORKER_PAGES:
        path = pattern.format(**eventful)
        await look(phone, path)
        missed += [f"{path}: {small}" for small in await small_targets(phone.page, 56)]
    assert not missed, "\n".join(missed)


_SHADED = (
    *("/", "/alarms/{alarm}", "/traces/{trace}", "/plant", "/points/{point}", "/rectifications"),
    *("/reports/new", "/reports/{report}"),
    *("/checkins?all=1", "/checkins/{visit}", "/plans/{plan}"),
    *("/incidents/new", "/incidents/{incident}"),
)


async def test_text_keeps_its_contrast_in_the_theme_for_glare(phones: Phones, eventful: dict[str, int]) -> None:
    phone = await phones("manager1")
    barriers = []
    for pattern in _SHADED:
        path = pattern.format(**eventful)
        await look(phone, path)
        await phone.page.evaluate("document.documentElement.dataset.theme = 'contrast'")
        barriers += [f"{path}: {one}" for one in await violations(phone.page, ["color-contrast-enhanced"])]
    assert not barriers, "\n".join(barriers)


async def test_an_alarm_of_a_foreign_client_is_acknowledged_without_any_script(plant: Up, phones: Phones) -> None:
    """``mosquitto_pub`` as the README shows it, and a phone on which no script runs."""
    publish(plant, "XMEAS_15", '{"value": 131.5}')
    phone = await phones("leader2", java_script_enabled=False)
    page = await phone.open("/alarms")
    row = page.locator("a.row", has_text="汽提塔液位 高高报 131.5")
    for _ in range(40):
        if await row.count():
            break
        await asyncio.sleep(0.5)
        await page.reload()
    await row.click()
    await page.locator(".action-bar").get_by_role("button", name="确认").click()
    await expect(page.locator("#alarm-now")).to_contain_text("已确认")


def publish(plant: Up, point: str, payload: str) -> None:
    """Send one value as a gateway does."""
    password = (plant.data / "secrets" / "mqtt-gateway").read_text().strip()
    topic = f"ansu/tep/mosquitto/point/{point}"
    server = ["-h", "127.0.0.1", "-p", plant.environment["ANSU_MQTT_PORT"], "-u", "gateway", "-P", password]
    subprocess.run(["mosquitto_pub", *server, "-q", "1", "-t", topic, "-m", payload], check=True, timeout=20)


async def test_a_phone_without_a_network_says_so_and_comes_back(phones: Phones, eventful: dict[str, int]) -> None:
    phone = await phones("worker2")
    await phone.is_live()
    await phone.context.set_offline(True)
    await phone.page.evaluate("window.dispatchEvent(new Event('online'))")
    await expect(phone.page.locator("#line-state")).to_have_attribute("data-state", "off")
    await expect(phone.page.locator("#line-state")).to_contain_text("连接中断")
    await phone.context.set_offline(False)
    await phone.page.evaluate("window.dispatchEvent(new Event('online'))")
    await phone.is_live()


async def test_the_page_and_its_script_tell_time_alike(phones: Phones) -> None:
    from datetime import UTC, datetime, timedelta

    from backend.core.i18n import LOCALES
    from backend.core.phrases import ago

    phone = await phones("worker3")
    ages = [0, 30, 61, 3599, 3600, 90_000, -10, -700, -90_000]
    said = await phone.page.evaluate(
        "async ([ages, locales]) => { const { ago } = await import('/static/js/times.js');"
        " return ages.map((s) => locales.map((l) => ago(s, l))); }",
        [ages, LOCALES],
    )
    noon = datetime(2026, 11, 26, 12, tzinfo=UTC)
    assert said == [[ago(locale, noon - timedelta(seconds=s), noon) for locale in LOCALES] for s in ages]
