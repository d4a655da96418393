"""A hazard reported with one hand: photo, a circle on it, a spoken word; without a network, and exactly once."""

import re
from pathlib import Path

from playwright.async_api import Page, expect

from tests.browser.phone import Phones
from tests.hazards.pictures import photo

WORDS = "护栏松动，一推就晃"


async def test_a_report_made_without_a_network_arrives_once_with_its_drawing_and_its_time(
    phones: Phones, tmp_path: Path
) -> None:
    worker, leader = await phones("worker2", permissions=["microphone"]), await phones("leader1")
    await worker.open("/reports/new")
    await worker.is_live()
    await worker.context.set_offline(True)
    await takes_a_photo(worker.page, tmp_path)
    await draws_a_circle_and_a_blur(worker.page)
    await speaks(worker.page)
    await worker.page.get_by_label("在哪里").select_option(label="反应器")
    await worker.page.get_by_label("说明（可以不写）").fill(WORDS)
    await worker.page.locator(".action-bar").get_by_role("button", name="上报").click()
    await expect(worker.page.locator("#outbox-state")).to_have_text("未发送 1")
    await worker.page.close()

    await leader.open("/tasks")
    await leader.is_live()
    await worker.context.set_offline(False)
    worker.page = await worker.context.new_page()
    await worker.open("/outbox")
    await expect(leader.page.locator("#toasts")).to_contain_text("新的隐患上报")
    sent = worker.page.locator("#outbox article", has_text="上报隐患").first
    await expect(sent).to_contain_text(re.compile(r"已送达 · SB-\d+-\d+"))
    await worker.open("/reports/mine")
    mine = worker.page.locator("a.row", has_text=WORDS)
    await expect(mine).to_have_count(1)
    await mine.click()
    await expect(worker.page.locator(".report-picture img")).to_be_visible()
    await expect(worker.page.locator("audio.report-voice")).to_be_visible()
    await expect(worker.page.get_by_role("link", name="看原图")).to_have_count(0)

    await leader.open("/reports")
    await leader.page.locator(f'a.row[href="{worker.page.url.removeprefix(worker.base)}"]', has_text=WORDS).click()
    await expect(leader.page.get_by_role("link", name="看原图")).to_be_visible()
    assert await differ(leader.page), "what was drawn is in the copy and not in the original"
    expected = ("ERR_INTERNET_DISCONNECTED", "htmx:sendError", "htmx:afterRequest")
    assert [said for said in worker.complaints if not any(word in said for word in expected)] == []
    assert leader.complaints == []


async def test_fifty_reports_queued_while_the_server_is_away_are_fifty_afterwards(phones: Phones) -> None:
    worker = await phones("worker3")
    await worker.open("/reports/new")
    await worker.is_live()
    await worker.context.set_offline(True)
    await worker.page.evaluate(_QUEUE_FIFTY)
    await expect(worker.page.locator("#outbox-state")).to_have_text("未发送 50")
    await worker.context.set_offline(False)
    await worker.page.evaluate("dispatchEvent(new Event('online'))")
    await expect(worker.page.locator("#outbox-state")).to_be_hidden(timeout=60_000)
    stored = await worker.page.evaluate(
        """async () => {
          const pages = [];
          for (let before = ""; before !== null; ) {
            const some = await (await fetch(`/api/v1/reports/mine${before}`)).json();
            pages.push(...some.map((one) => [one.headline, one.captured_at]));
            before = some.length === 30 ? `?before=${some.at(-1).id}` : null;
          }
          return pages;
        }"""
    )
    queued = [one for one in stored if one[0].startswith("第")]
    assert len(queued) == len({headline for headline, _ in queued}) == 50
    assert all(captured for _, captured in queued), "each with the time it was written"


_QUEUE_FIFTY = """async () => {
  const { keep, person } = await import("/static/js/outbox/store.js");
  const place = [...document.querySelectorAll("#place option")].at(-1).value;
  for (let number = 1; number <= 50; number++) {
    const fields = [["details", `第 ${number} 个`], ["place", place], ["factor", "object"]];
    const capturedAt = new Date(Date.now() - 3600_000 - number * 1000).toISOString();
    await keep({ key: crypto.randomUUID(), person, title: "上报隐患", url: "/reports", capturedAt, fields,
      state: "waiting", words: "", link: "", number: "" });
  }
  dispatchEvent(new Event("focus"));
}"""


async def takes_a_photo(page: Page, folder: Path) -> None:
    picture = folder / "rail.jpg"
    picture.write_bytes(photo(800, 600))
    await page.locator("#photos").set_input_files(picture)
    await expect(page.locator(".photo-preview canvas")).to_be_visible()


async def draws_a_circle_and_a_blur(page: Page) -> None:
    await page.get_by_role("button", name=re.compile("画圈")).click()
    dialog = page.get_by_role("dialog", name="在照片上画")
    canvas = dialog.locator("canvas")
    for tool, start, end in [
        ("画圈", (60, 60), (160, 140)),
        ("打码", (170, 80), (250, 160)),
        ("箭头", (20, 200), (80, 150)),
    ]:
        await dialog.get_by_role("button", name=tool).click()
        await drag(page, canvas, start, end)
    await dialog.get_by_role("button", name="撤销").click()
    await dialog.get_by_role("button", name="完成").click()
    await expect(dialog).to_have_count(0)
    await expect(page.locator("[name=drawn]")).to_have_value("0")


async def drag(page: Page, canvas: object, start: tuple[int, int], end: tuple[int, int]) -> None:
    box = await canvas.bounding_box()  # type: ignore[attr-defined]
    assert box
    await page.mouse.move(box["x"] + start[0], box["y"] + start[1])
    await page.mouse.down()
    await page.mouse.move(box["x"] + end[0], box["y"] + end[1], steps=4)
    await page.mouse.up()


async def speaks(page: Page) -> None:
    await page.get_by_role("button", name="按一下说话").click()
    await expect(page.locator(".voice-said")).to_contain_text("1 s")
    await page.get_by_role("button", name="说完了").click()
    await expect(page.get_by_role("button", name="重新录")).to_be_visible()


async def differ(page: Page) -> bool:
    """Whether picture and original are different files."""
    return bool(
        await page.evaluate(
            """async () => {
              const shown = document.querySelector(".report-picture a").href;
              const [one, other] = await Promise.all([shown, `${shown}/original`].map((url) => fetch(url)));
              return one.ok && other.ok && one.headers.get("etag") !== other.headers.get("etag");
            }"""
        )
    )
