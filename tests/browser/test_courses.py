"""A course on a phone: taken along, read and answered without a network."""

import asyncio
import base64
from pathlib import Path

from playwright.async_api import expect

from tests.browser.phone import Phone, Phones
from tests.hazards.pictures import photo

FILM = """async () => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 160, height: 120 });
  const brush = canvas.getContext("2d");
  const recorder = new MediaRecorder(canvas.captureStream(10), { mimeType: "video/webm;codecs=vp8" });
  const parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  recorder.start();
  for (let step = 0; step < 10; step++) {
    brush.fillStyle = `hsl(${step * 36} 80% 50%)`;
    brush.fillRect(0, 0, 160, 120);
    await new Promise((done) => setTimeout(done, 100));
  }
  await new Promise((done) => { recorder.onstop = done; recorder.stop(); });
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));
}"""
PLAYS = """async (video) => {
  video.muted = true;
  await video.play();
  await new Promise((done) => setTimeout(done, 300));
  return video.currentTime;
}"""
KEPT = "async (path) => !!(await caches.match(path))"


async def test_a_course_that_is_due_is_read_and_its_quiz_answered_without_a_network(phones: Phones) -> None:
    worker = await phones("worker3")
    await worker.open("/training")
    path = await worker.page.locator("a.row", has_text="待学习").first.get_attribute("href")
    assert path
    await takes_along(worker, path)

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
    path = await writes_a_course(await phones("admin"), picture)
    worker = await phones("worker2")  # not before: a phone asks for courses to take along now and then only
    await takes_along(worker, path)
    await worker.context.set_offline(True)
    await worker.open(path)
    shown = worker.page.locator(".reading img")
    await expect(shown).to_be_visible()
    assert await shown.evaluate("async (image) => (await image.decode(), image.naturalWidth)") == 400


async def test_a_film_and_a_pdf_are_on_the_phone_once_their_reader_asked_for_them(
    phones: Phones, tmp_path: Path
) -> None:
    officer = await phones("admin")
    film, paper = tmp_path / "pump.webm", tmp_path / "rule.pdf"
    film.write_bytes(base64.b64decode(await officer.page.evaluate(FILM)))
    paper.write_bytes(b"%PDF-1.7\n%%EOF")
    path = await writes_a_course(officer, film, paper)
    worker = await phones("worker1")
    await takes_along(worker, path)
    await worker.open(path)
    await worker.page.get_by_role("button", name="下载视频和 PDF").click()
    await expect(worker.page.get_by_text("已存在本机，没有网络也能看")).to_be_visible()
    await expect(worker.page.get_by_role("button", name="下载视频和 PDF")).to_be_hidden()

    await worker.context.set_offline(True)
    await worker.open(path)
    assert await worker.page.locator("video").evaluate(PLAYS) > 0
    paper_url = await worker.page.get_by_role("link", name="rule.pdf").get_attribute("href")
    read = "async (url) => [...new Uint8Array(await (await fetch(url)).arrayBuffer())]"
    assert bytes(await worker.page.evaluate(read, paper_url)) == paper.read_bytes()
    cut = "async (url) => (await fetch(url, { headers: { range: 'bytes=0-3' } })).text()"
    assert await worker.page.evaluate(cut, paper_url) == "%PDF"

    await worker.page.get_by_role("button", name="从本机移除").click()
    await expect(worker.page.get_by_role("button", name="下载视频和 PDF")).to_be_visible()
    await worker.page.get_by_role("button", name="下载视频和 PDF").click()
    await expect(worker.page.get_by_text("下载中断，请在网络好的地方再试")).to_be_visible()
    await worker.open(paper_url or "")
    await expect(worker.page.locator("#content")).to_contain_text("没有网络")
    await worker.open(path)

    await worker.context.set_offline(False)
    await worker.page.get_by_role("button", name="下载视频和 PDF").click()
    await expect(worker.page.get_by_text("已存在本机，没有网络也能看")).to_be_visible()
    await worker.open("/me")
    await worker.page.get_by_role("button", name="退出登录", exact=True).click()
    await worker.page.wait_for_url("**/sign-in*")
    assert not await worker.page.evaluate(KEPT, paper_url), "who signs out leaves nothing on the phone"


async def writes_a_course(officer: Phone, *files: Path) -> str:
    """Published for everybody in these tests; gives where it is read."""
    page = await officer.open("/courses/new")
    await page.get_by_label("课程名称").fill(f"机械密封 {files[0].name}")
    await page.get_by_label("标题", exact=True).fill("看泄漏")
    await page.get_by_label("正文", exact=True).fill("**先停泵**")
    await page.get_by_label("照片、视频或 PDF").set_input_files(files)
    await page.get_by_role("button", name="添加判断题").click()
    await page.get_by_role("button", name="删除 第 1 题").click()
    await expect(page.get_by_label("选项 1", exact=True)).to_have_value("对")
    await page.get_by_label("题目", exact=True).fill("泄漏时先停泵")
    await page.get_by_label("选项 1 正确").check()
    await page.get_by_role("button", name="预览").click()
    await expect(page.locator("#preview strong", has_text="先停泵").first).to_be_visible()
    await expect(page.locator("#preview .media, #preview a.button").first).to_be_visible()
    await page.get_by_role("button", name="发布").click()
    for learner in ("王建国", "李秀英"):
        await page.get_by_label("安排给").first.select_option(label=f"个人 · {learner}")
        await page.get_by_role("button", name="安排学习").click()
        await expect(page.get_by_role("button", name=f"提醒 {learner}")).to_be_visible()
    return page.url.split("?", 1)[0].removeprefix(officer.base).replace("/courses/", "/training/")


async def takes_along(worker: Phone, path: str) -> None:
    """Wait until the phone has the course and its quiz."""
    await worker.open("/training")
    async with asyncio.timeout(30):
        while not await worker.page.evaluate(KEPT, f"{path}/quiz"):  # noqa: ASYNC110 - another process is waited for
            await asyncio.sleep(0.1)
