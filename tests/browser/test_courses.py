"""A course on a phone: taken along, read and answered without a network."""

import asyncio

from playwright.async_api import expect

from tests.browser.phone import Phones

KEPT = "async (path) => !!(await caches.match(path))"


async def test_a_course_that_is_due_is_read_and_its_quiz_answered_without_a_network(phones: Phones) -> None:
    worker = await phones("worker3")
    await worker.open("/training")
    row = worker.page.locator("a.row", has_text="待学习").first
    path = await row.get_attribute("href")
    assert path
    async with asyncio.timeout(30):
        while not await worker.page.evaluate(KEPT, f"{path}/quiz"):  # noqa: ASYNC110 - another process is waited for
            await asyncio.sleep(0.1)

    await worker.context.set_offline(True)
    await worker.open(path)
    while await worker.page.get_by_role("link", name="下一页").count():
        before = worker.page.url
        await worker.page.get_by_role("link", name="下一页").click()
        await worker.page.wait_for_url(lambda url, before=before: url != before)
        await expect(worker.page.locator(".reading h2")).to_be_visible()
    await worker.page.get_by_role("link", name="去测验").click()
    questions = worker.page.locator("fieldset.question")
    await expect(questions.first).to_be_visible()
    for number in range(await questions.count()):
        await questions.nth(number).locator("input").first.check()
    await worker.page.get_by_role("button", name="交卷").click()
    await expect(worker.page.locator("#content")).to_contain_text("已存在本机")

    await worker.context.set_offline(False)
    await worker.open("/outbox")
    sent = worker.page.locator("#outbox article").first
    await expect(sent).to_contain_text("已送达")
    await expect(sent).to_contain_text("分")
    await sent.get_by_role("link", name="查看").click()
    await expect(worker.page.locator("#content")).to_contain_text("您的选择")
