"""A course on a phone: taken along, read and answered without a network."""

import asyncio
from pathlib import Path

from playwright.async_api import expect

from tests.browser.phone import Phones
from tests.hazards.pictures import photo

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


async def test_a_course_written_on_a_phone_with_a_photo_shows_it_without_a_network(
    phones: Phones, tmp_path: Path
) -> None:
    picture = tmp_path / "seal.jpg"
    picture.write_bytes(photo())
    officer = await phones("admin")
    page = await officer.open("/courses/new")
    await page.get_by_label("课程名称").fill("机械密封")
    await page.get_by_label("标题", exact=True).fill("看泄漏")
    await page.get_by_label("正文", exact=True).fill("**先停泵**")
    await page.get_by_label("照片、视频或 PDF").set_input_files(picture)
    await page.get_by_role("button", name="添加判断题").click()
    await page.get_by_role("button", name="删除 第 1 题").click()
    await expect(page.get_by_label("选项 1", exact=True)).to_have_value("对")
    await page.get_by_label("题目", exact=True).fill("泄漏时先停泵")
    await page.get_by_label("选项 1 正确").check()
    await page.get_by_role("button", name="预览").click()
    await expect(page.locator("#preview strong", has_text="先停泵").first).to_be_visible()
    await expect(page.locator("#preview img")).to_be_visible()
    await page.get_by_role("button", name="发布").click()
    await page.get_by_label("安排给").first.select_option(label="个人 · 李秀英")
    await page.get_by_role("button", name="安排学习").click()
    await expect(page.get_by_role("button", name="提醒 李秀英")).to_be_visible()
    path = page.url.split("?", 1)[0].removeprefix(officer.base).replace("/courses/", "/training/")

    worker = await phones("worker2")  # not before: a phone asks for courses to take along now and then only
    await worker.open("/training")
    async with asyncio.timeout(30):
        while not await worker.page.evaluate(KEPT, f"{path}/quiz"):  # noqa: ASYNC110 - another process is waited for
            await asyncio.sleep(0.1)
    await worker.context.set_offline(True)
    await worker.open(path)
    shown = worker.page.locator(".reading img")
    await expect(shown).to_be_visible()
    assert await shown.evaluate("async (image) => (await image.decode(), image.naturalWidth)") == 400
