"""A leader says on the phone which accident an incident might have become; a manager finds it counted, and opens it."""

import re

from playwright.async_api import expect

from tests.browser.phone import Phone, Phones


async def test_a_type_told_without_a_network_is_counted_and_opens_exactly_its_row(phones: Phones) -> None:
    leader, manager = await phones("leader1"), await phones("manager1")
    path = await _reports_a_near_miss(leader)
    await _contains(leader)
    await _ends_it_without_a_network(leader)
    await leader.open(path)
    facts = leader.page.locator("#incident-now dl.facts")
    await expect(facts).to_contain_text("可能导致的事故类型")
    await expect(facts).to_contain_text("淹溺")
    await _finds_it(manager, path)
    await _corrects_it(leader, path)
    assert leader.complaints == [] and manager.complaints == []


async def _reports_a_near_miss(leader: Phone) -> str:
    """As an incident of its own, whatever other tests left open there; gives its path."""
    await leader.open("/incidents/new")
    await leader.page.locator(".choice", has_text="未遂").click()
    await leader.page.locator(".choice", has_text="汽提与成品区").first.click()
    await leader.comes_to_rest()
    apart = leader.page.locator(".choice", has_text="不是，另外报告")
    if await apart.count():
        await apart.click()
    await leader.page.locator(".action-bar button").click()
    await leader.page.wait_for_url(re.compile(r"/incidents/\d+\?done"))
    return leader.page.url.removeprefix(leader.base).split("?")[0]


async def _contains(leader: Phone) -> None:
    await leader.unfold("contain")
    await leader.page.get_by_role("button", name="已控制").press("Enter")
    await expect(leader.page.locator("#incident-now")).to_contain_text("已控制")


async def _ends_it_without_a_network(leader: Phone) -> None:
    """The field goes with the form by the phone's outbox."""
    await leader.is_live()
    await leader.unfold("close")
    await leader.page.locator("#close-accident").select_option(label="淹溺")
    await leader.context.set_offline(True)
    await leader.page.get_by_role("button", name="结束事件").press("Enter")
    await expect(leader.page.locator("#outbox-state")).to_have_text("未发送 1")
    await leader.context.set_offline(False)
    await leader.open("/outbox")
    await expect(leader.page.locator("#outbox article", has_text="结束事件").first).to_contain_text("已送达")
    leader.complaints.clear()  # what the browser says of a network that isn't there


async def _finds_it(manager: Phone, path: str) -> None:
    page = await manager.open("/distribution?period=7d")
    bar = page.locator("#distribution-accidents a.row", has_text="淹溺")
    await expect(bar.locator("strong")).to_have_text("1")
    await bar.click()
    await expect(page.locator("#distribution-total")).to_have_text("1 条")
    await expect(page.locator("#distribution-chips")).to_contain_text("事故类型：淹溺")
    await page.locator("#distribution-rows a.row").click()
    await page.wait_for_url(re.compile(rf"{path}$"))


async def _corrects_it(leader: Phone, path: str) -> None:
    """Also after its end."""
    await leader.open(path)
    await leader.unfold("accident")
    await leader.page.locator("#accident-accident").select_option(label="跌落")
    await leader.page.locator("#fold-accident").get_by_role("button", name="保存").click()
    await expect(leader.page.locator("#incident-now")).to_contain_text("跌落")
    await leader.unfold("log")
    await expect(leader.page.locator("#incident-log")).to_contain_text("淹溺 → 跌落")
