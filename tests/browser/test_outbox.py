"""Work without a network: it is kept on the phone, survives a closed page, and arrives once."""

import re
from datetime import timedelta
from pathlib import Path

from playwright.async_api import expect

from backend.core.clock import now
from tests.browser.phone import Phone, Phones
from tests.hazards.pictures import photo

TITLE = "压缩机油位视镜渗油"


async def test_what_was_filled_in_without_a_network_arrives_once_when_there_is_one(
    phones: Phones, tmp_path: Path
) -> None:
    leader, worker = await phones("leader1"), await phones("worker2")
    path = await opens_one(leader)
    await starts(worker, path)
    await worker.context.set_offline(True)
    await reports(worker, tmp_path)
    await expect(worker.page.locator(".toast")).to_contain_text("已存在本机")
    await expect(worker.page.locator("#outbox-state")).to_have_text("未发送 1")
    await worker.page.close()

    await worker.context.set_offline(False)
    worker.page = await worker.context.new_page()
    await worker.open("/outbox")
    await expect(worker.page.locator("#outbox-state")).to_be_hidden()
    sent = worker.page.locator("#outbox article").first
    await expect(sent).to_contain_text(re.compile(r"已送达 · ZG-\d+-\d+"))
    await sent.get_by_role("link", name="查看").click()
    await expect(worker.page.locator("#content")).to_contain_text("待验收")
    await expect(worker.page.get_by_text("拧紧视镜并更换垫片")).to_have_count(1)
    await expect(worker.page.locator(".before-after img").first).to_be_visible()


async def test_what_cannot_be_done_any_more_is_shown_and_settled_by_the_person(phones: Phones, tmp_path: Path) -> None:
    leader, worker = await phones("leader1"), await phones("worker2")
    path = await opens_one(leader)
    await starts(worker, path)
    await worker.context.set_offline(True)
    await reports(worker, tmp_path)
    await expect(worker.page.locator("#outbox-state")).to_have_text("未发送 1")
    await _cancels(leader, path)

    await worker.context.set_offline(False)
    await worker.open("/outbox")
    item = worker.page.locator("#outbox article", has_text="需要处理")
    await expect(item).to_contain_text(TITLE)
    await expect(worker.page.locator("#outbox-state")).to_have_text("需处理 1")
    worker.page.on("dialog", lambda dialog: dialog.accept())
    await item.get_by_role("button", name="移除").click()
    await expect(worker.page.locator("#outbox-state")).to_be_hidden()


async def test_an_extension_asked_for_without_a_network_arrives_and_waits_for_its_answer(phones: Phones) -> None:
    leader, worker = await phones("leader1"), await phones("worker2")
    path = await opens_one(leader)
    await worker.open(path)
    await worker.is_live()
    await worker.context.set_offline(True)
    await worker.page.locator("summary", has_text="申请延期").click()
    later = (now() + timedelta(days=30)).strftime("%Y-%m-%dT08:00")
    await worker.page.get_by_label("想要的期限").fill(later)
    await worker.page.get_by_label("延期的原因").fill("备件要等两周")
    await worker.page.get_by_role("button", name="申请延期").click()
    await expect(worker.page.locator("#outbox-state")).to_have_text("未发送 1")

    await worker.context.set_offline(False)
    await worker.open("/outbox")
    await expect(worker.page.locator("#outbox article").first).to_contain_text(re.compile(r"已送达 · ZG-\d+-\d+"))
    await leader.open(path)
    await expect(leader.page.locator("#extension")).to_contain_text("备件要等两周")


async def test_another_person_on_the_same_phone_sees_nothing_of_it(phones: Phones, tmp_path: Path) -> None:
    leader, worker = await phones("leader1"), await phones("worker2")
    path = await opens_one(leader)
    await starts(worker, path)
    await worker.context.set_offline(True)
    await reports(worker, tmp_path)
    await expect(worker.page.locator("#outbox-state")).to_have_text("未发送 1")

    await worker.context.clear_cookies()
    await worker.context.route("**/rectifications/*/submit", lambda route: route.abort())
    await worker.context.set_offline(False)
    await worker.sign_in("worker3")
    await worker.open("/outbox")
    await expect(worker.page.get_by_text("没有待发送的内容")).to_be_visible()
    await expect(worker.page.locator("#outbox-state")).to_be_hidden()


async def opens_one(leader: Phone) -> str:
    """A rectification for worker2; gives its path."""
    page = await leader.open("/rectifications/new")
    await page.get_by_label("要整改什么").fill(TITLE)
    await page.get_by_label("措施").fill("更换垫片")
    owners = page.get_by_label("责任人")
    own = await owners.locator("option", has_text="李秀英").get_attribute("value")
    await owners.select_option(own)
    await page.get_by_role("button", name="开出整改单").click()
    await page.wait_for_url(re.compile(r"/rectifications/\d+"))
    return page.url.split("?", 1)[0].removeprefix(leader.base)


async def starts(worker: Phone, path: str) -> None:
    """Open it and say that one begins."""
    await worker.open(path)
    await worker.page.locator(".action-bar").get_by_role("button", name="开始整改").click()
    await expect(worker.page.locator("#content")).to_contain_text("整改中")
    await worker.is_live()


async def reports(worker: Phone, folder: Path) -> None:
    """Fill in what was done, with a photo, and send it."""
    picture = folder / "after.jpg"
    picture.write_bytes(photo())
    await worker.page.locator("input[type=file]").first.set_input_files(picture)
    await expect(worker.page.locator(".photo-preview canvas")).to_be_visible()
    await worker.page.get_by_label("做了什么").fill("拧紧视镜并更换垫片")
    await worker.page.locator(".action-bar").get_by_role("button", name="提交验收").click()


async def _cancels(leader: Phone, path: str) -> None:
    await leader.open(path)
    await leader.page.locator("summary", has_text="取消").click()
    sheet = leader.page.locator("details[open]")
    await sheet.locator("textarea").fill("重复开单")
    button = sheet.get_by_role("button")
    await button.focus()
    await button.press("Enter")
    await expect(leader.page.locator("#content")).to_contain_text("已取消")
