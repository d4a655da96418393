"""Maintenance on phones: a leader plans it, a worker at the equipment does it without a network, the next is due."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.async_api import expect

from tests.browser.phone import Phone, Phones
from tests.hazards.pictures import photo

NAME = "搅拌轴承加脂"


async def test_planned_on_a_phone_done_at_the_equipment_without_a_network_and_due_again(phones: Phones) -> None:
    leader, worker = await phones("leader1"), await phones("worker1")
    equipment = await _plans(leader)
    await worker.page.goto(equipment)
    row = worker.page.locator("#equipment-maintenance a.row", has_text=NAME)
    await expect(row).to_contain_text("还有 3 天")
    await row.click()
    await worker.page.locator(".action-bar").get_by_role("link", name="完成").click()
    await expect(worker.page.locator(".photo-field.is-lively")).to_have_count(1)
    await worker.page.locator("#photos").set_input_files(
        {"name": "grease.jpg", "mimeType": "image/jpeg", "buffer": photo()}
    )
    await expect(worker.page.locator(".photo-previews canvas")).to_have_count(1)
    await worker.page.locator("#note").fill("加脂 200 克")
    await worker.is_live()
    await worker.context.set_offline(True)
    await worker.page.locator(".action-bar button").click()
    await expect(worker.page.locator("#outbox-state")).to_have_text("未发送 1")
    await worker.context.set_offline(False)
    await worker.open("/outbox")
    sent = worker.page.locator("#outbox article").first
    await expect(sent).to_contain_text(re.compile(r"已送达 · BY-\d{6}"))
    await sent.get_by_role("link", name="查看").click()
    next_due = datetime.now(ZoneInfo("Asia/Shanghai")).date() + timedelta(days=30)
    await expect(worker.page.locator("#next-due")).to_have_text(f"还有 30 天 {next_due}")
    await expect(worker.page.locator(".thumbnails img")).to_have_count(1)
    await expect(worker.page.locator("#maintenance-present")).to_contain_text("加脂 200 克")
    assert leader.complaints == []
    assert all("ERR_INTERNET_DISCONNECTED" in each for each in worker.complaints)


async def _plans(leader: Phone) -> str:
    """Due in three days, with a photo; gives the address of the equipment."""
    page = await leader.open("/maintenance/new")
    await page.select_option("#equipment_id", label="反应器")
    await page.locator("#name").fill(NAME)
    await page.locator("label.choice", has_text="润滑").click()
    await page.locator("#interval_days").fill("30")
    day = datetime.now(ZoneInfo("Asia/Shanghai")).date() - timedelta(days=27)
    await page.locator("#since").fill(day.isoformat())
    await page.select_option("#post_id", index=1)
    await page.get_by_text("完成时要拍照").click()
    await page.locator(".action-bar button").click()
    await expect(page.locator("#next-due")).to_contain_text("还有 3 天")
    link = page.locator("dl.facts a").first
    return leader.base + (await link.get_attribute("href") or "")
