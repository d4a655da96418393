"""A label before the camera of a phone: Chromium's own fake camera shows pictures of it, WebAssembly reads them."""

import base64
import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import async_playwright, expect

from backend.labels.codes import token_of
from backend.labels.qr import matrix
from tests.browser.cable import plugged_in
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.phone import Phone, Phones
from tests.browser.test_offline import has
from tests.embedded.running import Up
from tests.labels.picture import SHARE, jpeg, label_picture

FRAMES = 10
WITHOUT_GOOGLES_SERVICES = """window.BarcodeDetector = class {
  static async getSupportedFormats() { return ["qr_code"]; }
  async detect() { throw new DOMException("Barcode detection service unavailable.", "NotSupportedError"); }
};"""
"""What Android's Chrome has on phones that are sold without Google's services."""
MAY_NOT_LOOK = """navigator.mediaDevices.getUserMedia = () =>
  Promise.reject(new DOMException("Permission denied", "NotAllowedError"));"""
"""A person who doesn't let the page use the camera; the test run's browser lets every page."""
COMES_BACK_WHILE_THE_CAMERA_OPENS = """const media = navigator.mediaDevices;
const open = media?.getUserMedia.bind(media);
if (open) media.getUserMedia = (wanted) => {
  const camera = open(wanted);
  const comesBack = () => document.dispatchEvent(new Event("visibilitychange"));
  if (!window.asked) camera.then(() => setTimeout(comesBack, 0));
  window.asked = true;
  return camera;
};
addEventListener("DOMContentLoaded", () => {
  const state = document.getElementById("scan-state");
  const note = () => (sessionStorage.said = `${sessionStorage.said ?? ""} ${state.textContent}`);
  if (state) new MutationObserver(note).observe(state, { childList: true, characterData: true, subtree: true });
});"""
"""A phone asks for permission in a window of its own: the page is left and comes back while its camera opens."""
READS = """async (picture) => {
  const { ZOOMS, closer } = await import("/static/js/scan/closer.js");
  const { makeDecoder } = await import("/static/js/scan/decoder.js");
  const { dataset } = document.getElementById("scan");
  window.decode ??= await makeDecoder({ script: dataset.decoder, wasm: dataset.wasm });
  const bytes = Uint8Array.from(atob(picture), (one) => one.charCodeAt(0));
  const frame = await createImageBitmap(new Blob([bytes]));
  const looks = [() => frame, ...ZOOMS.map((zoom) => () => closer(frame, frame.width, frame.height, zoom))];
  for (const look of looks) for (const text of await decode(look())) return text;
  return "";
}"""


@asynccontextmanager
async def phone_with_camera(base: str, film: Path, account: str = "worker1") -> AsyncIterator[Phone]:
    """A phone whose camera sees ``film``, with ``account`` signed in if there is one."""
    flags = [*FLAGS, f"--use-file-for-fake-video-capture={film}"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        phones = Phones(browser, base)
        yield await phones(account, permissions=["camera"])
        await browser.close()


def film_of(base: str, token: str) -> bytes:
    """What the camera of a phone in a hand sees of a label of 30 mm from 40 cm."""
    return b"".join(jpeg(label_picture(matrix(base, token), turned=30 + 2.5 * frame)) for frame in range(FRAMES))


async def label_of(phone: Phone, code: str = "REACTOR") -> tuple[str, str, str]:
    """Print a label as the safety officer does; gives the equipment's page, the address in its QR and its code."""
    page = await phone.open("/labels")
    row = page.locator(".label-list li", has_text=code).first
    await row.get_by_role("checkbox").check()
    async with page.expect_download() as printed:
        await page.get_by_role("button", name="50×30 卷纸").click()
    assert (await printed.value).suggested_filename == "ansu-labels-roll.pdf"
    assert await page.get_by_role("button", name="打印 A4").is_enabled(), "the page stays usable"
    await row.get_by_role("link").click()
    place = page.url.replace("/labels", "")
    address = await page.locator(".label-address").inner_text()
    return place, address, await page.locator(".label-code.is-large").inner_text()


async def test_a_label_is_read_by_camera_by_photo_and_by_its_code(plant: Up, phones: Phones, tmp_path: Path) -> None:
    place, address, code = await label_of(await phones("safety1"))
    number = urlsplit(place).path
    base, _, token = address.partition("/l/")
    film, photo = tmp_path / "film.mjpeg", tmp_path / "photo.jpg"
    film.write_bytes(film_of(base, token))
    photo.write_bytes(jpeg(label_picture(matrix(base, token), share=1.2 * SHARE)))

    async with plugged_in(int(plant.environment["ANSU_PORT"])) as cable, phone_with_camera(cable.url, film) as phone:
        await phone.page.add_init_script(COMES_BACK_WHILE_THE_CAMERA_OPENS)
        await has(phone, "/outbox")
        answer = await phone.page.goto(f"{cable.url}/scan")
        assert answer is not None and "wasm-unsafe-eval" in answer.headers["content-security-policy"]
        await phone.page.wait_for_url(f"**{number}?label={token}", timeout=30_000)
        await expect(phone.page.locator("main")).to_contain_text("已扫码，标签有效")
        assert "占用" not in await phone.page.evaluate("sessionStorage.said"), "the page isn't in its own way"
        assert phone.complaints == []
        await has(phone, f"{number}?label={token}")
        await cable.pull()
        await phone.open("/scan")
        await phone.page.wait_for_url(f"**{number}?label={token}", timeout=30_000)
        await expect(phone.page.locator("#kept-state")).to_contain_text("离线 · 内容截至")

    blind = await phones("worker1")
    await blind.page.add_init_script(WITHOUT_GOOGLES_SERVICES + MAY_NOT_LOOK)
    page = await blind.open("/scan")
    await expect(page.locator("#scan-state")).to_contain_text(re.compile("拍照识别.{0,2}输入短码"))
    await page.set_input_files("#scan-photo", photo)
    await page.wait_for_url(f"{place}?label={token}")
    bare = await phones("worker1", java_script_enabled=False)
    page = await bare.open("/scan")
    await page.fill("[name=code]", code.replace("-", " ").lower())
    await page.get_by_role("button", name="打开").click()
    await page.wait_for_url(f"{place}?label={token}")


async def test_labels_of_30_mm_are_read_from_40_cm_however_they_are_turned(phones: Phones) -> None:
    chance = random.Random(11)
    page = await (await phones("worker1")).open("/scan")
    tokens = [token_of(f"{chance.randrange(10**7):07}", b"a key") for _ in range(12)]
    right = 0
    for token in tokens:
        seen = label_picture(matrix("http://192.168.1.20:8080", token), turned=chance.uniform(0, 90))
        read = await page.evaluate(READS, base64.b64encode(jpeg(seen)).decode())
        assert read.lower() in {"", f"http://192.168.1.20:8080/l/{token}".lower()}
        right += bool(read)
    assert right >= 11, "a hand that moves shows the next frame a little nearer; a photo is taken again"
