"""A worker's flows without a pointer: everything is reached by Tab, seen when it is reached, and done by Enter."""

import asyncio
import re

from playwright.async_api import Page, Route, expect

from tests.browser.phone import Phones

MOST_TABS = 90
_FOCUSED = """() => {
  const at = document.activeElement;
  const label = at.labels?.[0]?.innerText ?? "";
  const shown = at.type === "radio" || at.type === "file" ? at.closest("label, .field") ?? at : at;
  const box = shown.getBoundingClientRect();
  const over = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  const bar = over?.closest(".top-bar, .action-bar, .bottom-bar");
  const hidden = box.height > 0 && Boolean(bar) && !bar.contains(at);
  return { names: [at.getAttribute("aria-label") ?? "", label.trim(), (at.innerText ?? "").trim()], hidden };
}"""


async def tabs_to(page: Page, name: str) -> None:
    """Press Tab until what is called ``name`` has the focus; nothing on the way may have it out of sight."""
    for _ in range(MOST_TABS):
        await page.keyboard.press("Tab")
        focused = await page.evaluate(_FOCUSED)
        assert not focused["hidden"], f"{focused['names']} has the focus below a bar"
        if name in focused["names"]:
            return
    raise AssertionError(f"{name} can't be reached by Tab on {page.url}")


async def test_a_round_and_a_report_are_done_by_keyboard_alone(phones: Phones) -> None:
    worker = await phones("worker3")
    page = worker.page
    await worker.open("/")
    await page.keyboard.press("Tab")
    assert "跳到内容" in (await page.evaluate(_FOCUSED))["names"], "who hears the page can skip what is on every page"

    await worker.open("/checkins/new?equipment=1")
    await tabs_to(page, "全部正常，打卡")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("打卡已送达")).to_be_visible()

    await worker.open("/reports/new")
    await tabs_to(page, "在哪里")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await tabs_to(page, "说明（可以不写）")
    await page.keyboard.type("照明不亮")
    await tabs_to(page, "上报")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-number]")).to_be_visible()
    await expect(page.locator("#content")).to_contain_text("照明不亮")
    assert worker.complaints == []


async def test_a_rectification_and_a_quiz_are_done_by_keyboard_alone(phones: Phones) -> None:
    leader, worker = await phones("leader1"), await phones("worker3")
    page = await leader.open("/rectifications/new")
    await page.get_by_label("要整改什么").fill("通道堆物")
    await page.get_by_label("措施").fill("清理并划线")
    owners = page.get_by_label("责任人")
    await owners.select_option(await owners.locator("option", has_text="张伟").get_attribute("value"))
    await page.get_by_role("button", name="开出整改单").click()
    await page.wait_for_url(re.compile(r"/rectifications/\d+"))
    one = page.url.partition("?")[0].removeprefix(leader.base)

    page = await worker.open(one)
    await tabs_to(page, "开始整改")
    await page.keyboard.press("Enter")
    await expect(page.locator("#content")).to_contain_text("整改中")
    await tabs_to(page, "做了什么")
    await page.keyboard.type("已清理")
    await tabs_to(page, "提交验收")
    await page.keyboard.press("Enter")
    await expect(page.locator("#content")).to_contain_text("待验收")

    await worker.open("/tasks")
    await page.locator("a.row", has_text="培训").first.focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/training/*")
    while await page.get_by_role("link", name="下一页").count():
        before = page.url
        await tabs_to(page, "下一页")
        await page.keyboard.press("Enter")
        await page.wait_for_url(lambda url, before=before: url != before)
    await tabs_to(page, "去测验")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/quiz")
    if await page.get_by_role("button", name="开始测验").count():
        await tabs_to(page, "开始测验")
        await page.keyboard.press("Enter")
    questions = page.locator("fieldset.question")
    await expect(questions.first).to_be_visible()
    for number in range(await questions.count()):
        await tabs_to(page, await questions.nth(number).locator("label.answer").first.inner_text())
        await page.keyboard.press("Space")
    await tabs_to(page, "交卷")
    await page.keyboard.press("Enter")
    await expect(page.locator("#content")).to_contain_text("分，")
    assert worker.complaints == []


async def test_a_password_that_is_being_typed_loses_nothing_when_a_slow_script_comes(phones: Phones) -> None:
    phone = await phones()
    come = asyncio.Event()

    async def slow(route: Route) -> None:
        await come.wait()
        await route.continue_()

    await phone.context.route("**/reveal.js*", slow)
    await phone.page.goto(f"{phone.base}/sign-in", wait_until="commit")
    field = phone.page.locator("[name=password]")
    await field.focus()
    await phone.page.keyboard.type("first-")
    come.set()
    await phone.page.locator(".reveal").wait_for()
    await phone.page.keyboard.type("day")
    await expect(field).to_have_value("first-day")
