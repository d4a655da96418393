"""A worker's flows without a pointer: everything is reached by Tab, seen when it is reached, and done by Enter."""

from playwright.async_api import Page, expect

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
