"""A sentence about AnSu, said without a network with two taps, answered on a manager's phone, and found useful."""

import re

from playwright.async_api import expect

from tests.browser.phone import Phones

WORDS = "The trend chart is too small for gloves"
ANSWER = "Turn the phone: it fills the screen then."


async def test_feedback_goes_from_a_phone_without_a_network_to_an_answer_that_helped(phones: Phones) -> None:
    worker, manager = await phones("worker1"), await phones("manager1")
    await worker.open("/feedback/new")
    await worker.open("/alarms")
    await worker.is_live()
    await worker.comes_to_rest()
    await worker.context.set_offline(True)
    await worker.page.get_by_role("link", name="反馈", exact=True).click()
    await worker.page.wait_for_url("**/feedback/new")
    await expect(worker.page.locator(".feedback-page")).to_have_text("/alarms")
    await worker.page.get_by_label("看不懂").check()
    await worker.page.get_by_label("一句话就行").fill(WORDS)
    await worker.page.get_by_role("button", name="发送").click()
    await expect(worker.page.locator("#outbox-state")).to_have_text("未发送 1")
    await expect(worker.page.locator("#content")).to_contain_text("已存在本机")

    await worker.context.set_offline(False)
    await worker.open("/outbox")
    sent = worker.page.locator("#outbox article").first
    await expect(sent).to_contain_text(re.compile(r"已送达 · FK-\d+-\d+"))
    await expect(worker.page.locator("#outbox-state")).to_be_hidden()

    await manager.open("/tasks")
    await manager.page.get_by_text(WORDS).click()
    await manager.page.wait_for_url(re.compile(r"/feedback/\d+$"))
    await expect(manager.page.locator("#content")).to_contain_text("/alarms")
    await manager.page.get_by_label("写给提出人的话").fill(ANSWER)
    await manager.comes_to_rest()
    await manager.page.get_by_role("button", name="答复", exact=True).click()
    await expect(manager.page.locator("#content")).to_contain_text("已答复，提出人会收到通知")

    await worker.open("/feedback")
    await worker.comes_to_rest()
    await worker.page.get_by_text(WORDS).click()
    await expect(worker.page.locator("#content")).to_contain_text(ANSWER)
    await worker.comes_to_rest()
    await worker.page.get_by_role("button", name="有用").click()
    await expect(worker.page.locator("#content")).to_contain_text("谢谢，已记下")
    assert worker.complaints == [] or all("ERR_INTERNET_DISCONNECTED" in one for one in worker.complaints)
    assert manager.complaints == []
