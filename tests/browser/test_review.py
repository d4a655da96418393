"""What an incident leaves behind: the report is there at once, in both languages, to take along."""

import time

from playwright.async_api import expect

from tests.browser.conftest import replaying
from tests.browser.phone import Phone, Phones
from tests.embedded.running import Up

WITHIN_S = 10.0
"""The report is there so soon after closing."""


async def test_the_report_is_there_ten_seconds_after_closing_in_both_languages(quiet_plant: Up, phones: Phones) -> None:
    base = f"http://127.0.0.1:{quiet_plant.environment['ANSU_PORT']}"
    leader, manager = await phones("leader1", base=base), await phones("manager1", base=base)
    await leader.is_live()
    with replaying(quiet_plant, "--fault", "6", "--rate", "10", "--from-normal", "5"):
        here = await _handled(leader)
    await _closed(manager, here)
    await _report_comes(manager, f"{here}/review")
    await _remarked(leader, f"{here}/review")
    await _taken_along(leader)
    assert leader.complaints == [] and manager.complaints == []


async def _handled(leader: Phone) -> str:
    """The leader takes charge, stops something, and says that it is contained; gives the incident's path."""
    page = leader.page
    row = page.locator("#home-incidents a.row").first
    await expect(row).to_be_visible(timeout=60_000)
    here = await row.get_attribute("href")
    assert here
    await leader.open(here)
    await page.get_by_role("button", name="我来指挥").click()
    await expect(page.locator("#incident-now")).to_contain_text("陈志强")
    await page.locator(".choice", has_text="停机").click()
    await page.locator("#disposal-words").fill("已停进料泵")
    await page.locator(".action-bar").get_by_role("button", name="记录处置").click()
    await expect(page.locator("#incident-log")).to_contain_text("已停进料泵")
    await leader.open(here)
    await leader.unfold("contain")
    await page.get_by_role("button", name="已控制").press("Enter")
    await expect(page.locator("#incident-now")).to_contain_text("已控制")
    return here


async def _closed(manager: Phone, here: str) -> None:
    await manager.open(here)
    await manager.unfold("close")
    await manager.page.get_by_role("textbox", name="受伤").fill("1")
    await manager.page.get_by_label("损失了什么").fill("停产 40 分钟")
    await manager.page.get_by_role("button", name="结束事件").press("Enter")
    await expect(manager.page.locator("#incident-now")).to_contain_text("停产 40 分钟")


async def _report_comes(manager: Phone, path: str) -> None:
    closed = time.monotonic()
    while True:
        await manager.open(path)
        if await manager.page.locator("#review-summary").count():
            break
        assert time.monotonic() - closed < WITHIN_S
    text = manager.page.locator("#review")
    for words in ("根源和证据", "影响范围：预测和实际", "停机", "一般事故", "停产 40 分钟"):
        await expect(text).to_contain_text(words)
    await expect(manager.page.locator(".review-course svg").first).to_be_visible()


async def _remarked(leader: Phone, path: str) -> None:
    await leader.open(path)
    await leader.page.get_by_label("系统没写到的").fill("进料泵密封已换")
    await leader.page.get_by_role("button", name="保存备注").click()
    await expect(leader.page.locator("#review")).to_contain_text("第 2 版")
    await expect(leader.page.get_by_label("系统没写到的")).to_have_value("进料泵密封已换")


async def _taken_along(leader: Phone) -> None:
    for name in ("PDF · 英文", "Word · 中文"):
        async with leader.page.expect_download() as begun:
            await leader.page.get_by_role("link", name=name).click()
        assert (await (await begun.value).path()).stat().st_size > 10_000
