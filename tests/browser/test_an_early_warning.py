"""A fault that no limit caught, as a leader meets it: the learned normal warns, the notice names the probable root, the
page shows its way and its reach, and the leader says what it wasn't and what it was.
"""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from tests.browser.conftest import kinds_of_alarms, replaying
from tests.browser.phone import Phone, Phones
from tests.embedded.running import Up

STICKING = ("--fault", "14", "--rate", "1", "--from-normal", "3")
"""Fault 14, a sticking valve of the reactor's cooling water: none of the demo's limits is crossed in its 805 rows."""
REACTOR = re.compile("反应")


@pytest.fixture
async def leader(browser: Browser, quiet_plant: Up) -> AsyncIterator[Phone]:
    phones = Phones(browser, f"http://127.0.0.1:{quiet_plant.environment['ANSU_PORT']}")
    yield await phones("leader1")
    await phones.put_away()


async def test_a_fault_that_no_limit_caught_is_warned_of_traced_and_corrected(quiet_plant: Up, leader: Phone) -> None:
    await leader.is_live()
    with replaying(quiet_plant, *STICKING):
        await _opens_the_notice_that_names_the_root(leader)
        first = await _sees_symptom_causes_way_and_reach(leader)
        second = await _rules_out(leader, first)
        await _has_it_looked_at(leader)
        await _confirms(leader, second)
    assert await kinds_of_alarms(quiet_plant) == {"deviation"}
    assert leader.complaints == []


async def _opens_the_notice_that_names_the_root(leader: Phone) -> None:
    notice = leader.page.locator(".toast", has_text="可能根源").first
    await expect(notice).to_be_visible(timeout=50_000)
    await notice.get_by_role("link").click()
    await leader.page.wait_for_url(re.compile(r"/traces/\d+$"))


async def _sees_symptom_causes_way_and_reach(leader: Phone) -> str:
    """The name of the first cause."""
    page = leader.page
    await expect(page.locator(".symptom")).to_contain_text("还没有越过任何限值")
    names = page.locator(".cause h3")
    await expect(page.locator("#causes")).to_contain_text(REACTOR)
    await expect(page.locator("#path")).to_be_visible()
    await expect(page.locator("#path .plan-step, #path .step").first).to_be_attached()
    await expect(page.locator("#scope")).to_contain_text("影响")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    return (await names.first.inner_text()).strip()


async def _rules_out(leader: Phone, first: str) -> str:
    """The first cause falls without a reload; gives the one that comes first then."""
    await leader.page.locator(".cause").first.get_by_role("button", name="不是这个").click()
    await expect(leader.page.locator("#causes")).to_contain_text("已排除 1 个")
    names = leader.page.locator(".cause h3")
    await expect(names.first).not_to_have_text(first, timeout=15_000)
    return (await names.first.inner_text()).strip()


async def _has_it_looked_at(leader: Phone) -> None:
    await leader.page.locator(".cause").first.get_by_role("button", name="请人核查").click()
    await expect(leader.page.locator("#checks")).to_contain_text("等人核查")


async def _confirms(leader: Phone, second: str) -> None:
    cause = leader.page.locator(".cause", has_text=second).first
    await cause.get_by_role("button", name="确认").click()
    await expect(leader.page.locator(".symptom")).to_contain_text("已确认根源")
    await expect(leader.page.locator(".symptom")).to_contain_text(second)
