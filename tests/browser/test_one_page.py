"""An incident under stress: folded, kept as it was opened, people counted from home, ended once all are out."""

import re

from playwright.async_api import expect

from tests.browser.phone import Phone, Phones

TALLEST = 2200
"""Pixels of a phone's page with everything folded."""


async def test_what_is_open_stays_open_home_calls_for_an_evacuation_and_nothing_ends_before_it(phones: Phones) -> None:
    worker, leader = await phones("worker1"), await phones("leader1")
    path = await _reports(worker)
    await _reads(leader, worker, path)
    await _orders(leader)
    await _is_safe_with_one_tap_on_home(worker)
    await _is_refused(leader, path)
    await _counts_the_others_out(leader, path)
    await _ends(leader, path)
    await worker.open("/")
    await expect(worker.page.locator(".roll-card", has_text="汽提与成品区")).to_have_count(0)
    assert leader.complaints == [] and worker.complaints == []


async def _reports(worker: Phone) -> str:
    """As an incident of its own, whatever other tests left open there; gives its path."""
    await worker.open("/incidents/new")
    await worker.page.locator(".choice", has_text="设备故障").click()
    await worker.page.locator(".choice", has_text="汽提与成品区").first.click()
    await worker.comes_to_rest()
    apart = worker.page.locator(".choice", has_text="不是，另外报告")
    if await apart.count():
        await apart.click()
    await worker.page.locator(".action-bar button").click()
    await worker.page.wait_for_url(re.compile(r"/incidents/\d+\?done"))
    return worker.page.url.removeprefix(worker.base).split("?")[0]


async def _reads(leader: Phone, worker: Phone, path: str) -> None:
    """All is folded at first; what is opened is fetched, and stays so while the page lives and when it comes again."""
    page = leader.page
    await leader.open(path)
    await leader.is_live()
    assert await page.evaluate("document.documentElement.scrollHeight") < TALLEST
    await expect(page.locator("details.fold[open]")).to_have_count(0)
    await leader.unfold("scope")
    await expect(page.locator("#incident-scope")).to_contain_text("可能在场的人")
    await worker.page.locator(".choice", has_text="停机").click()
    await worker.page.locator(".action-bar").get_by_role("button", name="记录处置").click()
    await expect(page.locator("#said-log")).to_contain_text("停机")
    await expect(page.locator("#incident-scope")).to_be_visible()
    await leader.open(f"{path}#incident-plan")
    await expect(page.locator("#incident-plan .todo-steps > li")).to_have_count(3)
    await expect(page.locator("#incident-scope")).to_contain_text("可能在场的人")


async def _orders(leader: Phone) -> None:
    await leader.unfold("evacuation")
    await leader.page.locator("#incident-evacuation a.button").click()
    await leader.page.locator("#order").get_by_role("button", name="下令疏散").press("Enter")
    await expect(leader.page.locator("#roll-list")).to_contain_text("正在疏散")


async def _is_safe_with_one_tap_on_home(worker: Phone) -> None:
    await worker.open("/")
    card = worker.page.locator(".roll-card", has_text="汽提与成品区")
    await expect(card).to_contain_text("请立即离开")
    await card.get_by_role("button", name="我安全了").click()
    await expect(worker.page.locator("#roll-list")).to_contain_text("你已报平安")


async def _is_refused(leader: Phone, path: str) -> None:
    await leader.open(path)
    await leader.unfold("contain")
    await leader.page.get_by_role("button", name="已控制").press("Enter")
    await expect(leader.page.locator("#incident-now")).to_contain_text("已控制")
    await leader.unfold("close")
    await leader.page.get_by_label("损失了什么").fill("一个班的产量")
    await leader.page.get_by_role("button", name="结束事件").press("Enter")
    await expect(leader.page.locator(".notice", has_text="先清点到人")).to_be_visible()
    await expect(leader.page.get_by_label("损失了什么")).to_have_value("一个班的产量")
    leader.complaints.clear()  # the browser's own word for the refusal


async def _counts_the_others_out(leader: Phone, path: str) -> None:
    await leader.page.locator("#fold-close").get_by_role("link", name="去点名").click()
    await expect(leader.page.locator("#roll-list")).to_be_visible()
    missing = leader.page.locator("#roll-list .called.is-missing")
    while left := await missing.count():
        await missing.first.get_by_role("button", name="不在场").click()
        await expect(missing).to_have_count(left - 1)


async def _ends(leader: Phone, path: str) -> None:
    await leader.open(path)
    await leader.unfold("close")
    await leader.page.locator("#close-evacuation-over").check()
    await leader.page.get_by_role("button", name="结束事件").press("Enter")
    await expect(leader.page.locator("#incident-now")).to_contain_text("已结束")
