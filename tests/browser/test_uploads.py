"""A large form over a cable that is pulled in the middle: only the rest is sent afterwards, and it arrives once."""

import io
import os
from pathlib import Path

from PIL import Image
from playwright.async_api import expect

from tests.browser.cable import plugged_in
from tests.browser.phone import Phones
from tests.embedded.running import Up

WORDS = "罐体外壁锈蚀，附三张照片"
AROUND = 300_000
"""What a phone sends besides: a piece that was cut and comes again, headers, and what its open page asks for."""


async def test_a_large_report_goes_on_where_the_cable_was_cut(phones: Phones, plant: Up, tmp_path: Path) -> None:
    pictures = [noise(tmp_path / f"{number}.jpg") for number in range(3)]
    total = sum(picture.stat().st_size for picture in pictures)
    async with plugged_in(int(plant.environment["ANSU_PORT"])) as cable:
        worker = await phones("worker2", base=cable.url)
        page = await worker.open("/reports/new")
        await worker.is_live()
        await page.locator("#photos").set_input_files(pictures)
        await expect(page.locator(".photo-preview canvas")).to_have_count(3)
        await page.get_by_label("在哪里").select_option(label="反应器")
        await page.get_by_label("说明（可以不写）").fill(WORDS)
        cable.cut_after(total * 2 // 3)
        await page.locator(".action-bar").get_by_role("button", name="上报").click()
        await expect(page.locator("#outbox-state")).to_have_text("未发送 1")
        await expect(page.locator("#content")).to_contain_text("已存在本机")

        before = cable.carried
        await cable.plug()
        await page.evaluate("dispatchEvent(new Event('online'))")
        await expect(page.locator("#outbox-state")).to_be_hidden()
        assert cable.carried - before < total // 3 + AROUND

        await worker.open("/reports/mine")
        await expect(page.locator("a.row", has_text=WORDS)).to_have_count(1)
        await page.locator("a.row", has_text=WORDS).click()
        await expect(page.locator(".report-picture img")).to_have_count(3)
        bodies = Path(plant.environment["ANSU_DATA_DIR"]) / "outbox"
        assert [path for path in bodies.glob("*/*") if path.is_file()] == []


async def test_a_form_is_encoded_as_the_browser_itself_would(phones: Phones) -> None:
    worker = await phones("worker3")
    ours, browsers = await worker.page.evaluate(_BOTH_WAYS)
    assert ours == browsers


_BOTH_WAYS = """async () => {
  const { encoded } = await import("/static/js/outbox/body.js");
  const fields = [
    ["details", 'line\\none\\r\\ntwo\\rthree "quoted" 渗油 😀'],
    ['odd "name"\\n', ""],
    ["photos", new File(["a\\r\\nb\\nc"], '照片 "1".jpg', { type: "image/jpeg" })],
    ["photos", new File([], "empty")],
    ["captured_at", "typed into the form: the outbox knows better"],
  ];
  const key = crypto.randomUUID();
  const { type, first, last } = encoded({ key, capturedAt: "2026-11-26T08:00:00Z", fields });
  const form = new FormData();
  for (const [name, value] of fields.slice(0, -1)) form.append(name, value);
  form.append("idempotency_key", key);
  form.append("captured_at", "2026-11-26T08:00:00Z");
  form.append("device_now", /device_now"\\r\\n\\r\\n(.*)\\r/.exec(last)[1]);
  const theirs = new Response(form);
  const [ourMark, mark] = [type, theirs.headers.get("content-type")].map((each) => each.split("boundary=")[1]);
  const whole = await new Blob([first, last]).text();
  return [whole.replaceAll(ourMark, ""), (await theirs.text()).replaceAll(mark, "")];
}"""


def noise(path: Path) -> Path:
    """A photo of about 1 MB that is sent as it is: nothing in it can be made smaller."""
    out = io.BytesIO()
    Image.frombytes("RGB", (1000, 800), os.urandom(1000 * 800 * 3)).save(out, "JPEG", quality=98)
    path.write_bytes(out.getvalue())
    assert 700_000 < path.stat().st_size < 1_500_000
    return path
