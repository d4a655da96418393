"""The main line as two people walk it with two phones: a replayed fault, an alarm that appears, its trace, a
rectification, its verification.
"""

import re
from pathlib import Path

from playwright.async_api import expect

from tests.browser.conftest import replaying
from tests.browser.phone import Phone, Phones
from tests.embedded.running import Up
from tests.hazards.pictures import photo

TITLE = "反应冷却水阀卡涩"
"""What the leader calls the rectification."""
COOLING = "反应冷却水"
"""Fault 4 is a step of the reactor cooling water's inlet temperature."""


async def test_a_fault_goes_from_its_reading_to_the_verified_rectification(
    quiet_plant: Up, phones: Phones, tmp_path: Path
) -> None:
    base = f"http://127.0.0.1:{quiet_plant.environment['ANSU_PORT']}"
    leader, worker = await phones("leader1", base=base), await phones("worker1", base=base)
    await leader.is_live()
    await worker.is_live()
    with replaying(quiet_plant, "--fault", "4", "--rate", "10", "--from-normal", "5"):
        alarm = await _opens_the_alarm_that_appears(leader)
        await _reads_its_trace(leader)
        await _acknowledges(leader)
        number = await _opens_a_rectification(leader)
    await _works_it(worker, number, tmp_path)
    await _verifies(leader, number)
    await _reads_the_whole_story(leader, alarm)
    assert leader.complaints == [] and worker.complaints == []


async def _opens_the_alarm_that_appears(leader: Phone) -> str:
    """Home says by itself that something calls; one tap opens it."""
    toast = leader.page.locator(".toast").first
    await expect(toast).to_be_visible(timeout=60_000)
    row = leader.page.locator("#present a.row[href^='/alarms/']").filter(has_text=COOLING).first
    await expect(row).to_be_visible(timeout=60_000)
    await row.click()
    await leader.page.wait_for_url(re.compile(r"/alarms/\d+$"))
    await expect(leader.page.locator("#alarm-now")).to_contain_text("待确认")
    return leader.page.url


async def _reads_its_trace(leader: Phone) -> None:
    trace = leader.page.locator("#alarm-trace")
    await expect(trace).to_contain_text("根源")
    await expect(trace.locator(".brief-cause").first).to_contain_text("冷却水", timeout=60_000)


async def _acknowledges(leader: Phone) -> None:
    await leader.page.locator(".action-bar").get_by_role("button", name="确认").click()
    await expect(leader.page.locator("#alarm-now")).to_contain_text("已确认")
    await expect(leader.page.locator("#alarm-story")).to_contain_text("陈志强")


async def _opens_a_rectification(leader: Phone) -> str:
    await leader.page.locator(".action-bar").get_by_role("link", name="发起整改").click()
    await leader.page.wait_for_url("**/rectifications/new**")
    await leader.page.get_by_label("要整改什么").fill(TITLE)
    await leader.page.get_by_label("措施").fill("检修 10 号阀，校准阀位")
    owners = leader.page.get_by_label("责任人")
    own = await owners.locator("option", has_text="王建国").get_attribute("value")
    await owners.select_option(own)
    await leader.page.get_by_role("button", name="开出整改单").click()
    await leader.page.wait_for_url(re.compile(r"/rectifications/\d+"))
    return await leader.page.locator("h1").inner_text()


async def _works_it(worker: Phone, number: str, folder: Path) -> None:
    """It stands on the worker's home without a reload; start, then measure and photo."""
    row = worker.page.locator("#present a.row", has_text=TITLE)
    await expect(row).to_be_visible()
    await row.click()
    await expect(worker.page.locator("h1")).to_have_text(number)
    await worker.page.locator(".action-bar").get_by_role("button", name="开始整改").click()
    await expect(worker.page.locator("#content")).to_contain_text("整改中")
    picture = folder / "after.jpg"
    picture.write_bytes(photo())
    await worker.page.locator("input[type=file]").first.set_input_files(picture)
    await worker.page.get_by_label("做了什么").fill("已更换阀杆填料，阀位校准合格")
    await worker.page.locator(".action-bar").get_by_role("button", name="提交验收").click()
    await expect(worker.page.locator("#content")).to_contain_text("待验收")
    await expect(worker.page.get_by_role("button", name="验收通过")).to_have_count(0)


async def _verifies(leader: Phone, number: str) -> None:
    await leader.open("/rectifications?tab=to_verify")
    await leader.page.locator("a.row", has_text=TITLE).click()
    await expect(leader.page.locator("h1")).to_have_text(number)
    await expect(leader.page.locator(".before-after img").first).to_be_visible()
    await leader.page.locator(".action-bar").get_by_role("button", name="验收通过").click()
    await expect(leader.page.locator("#content")).to_contain_text("已销号")


async def _reads_the_whole_story(leader: Phone, alarm: str) -> None:
    await leader.page.goto(alarm)
    story = leader.page.locator("#alarm-story")
    for words in ("陈志强", "王建国", "验收"):
        await expect(story).to_contain_text(words)
    assert await story.locator("li time, li .quiet").count() > 4
