"""Takes the pictures of ``scripts/screenshots``: each page in Chinese and light, some dark, in English, wide."""

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from backend.core.settings import settings
from scripts.guide_pictures import happen, take_guide
from tests.browser.conftest import CHROMIUM, FLAGS, replaying
from tests.browser.eventful import ids_of
from tests.browser.pages import PAGES
from tests.browser.phone import Phone, Phones
from tests.embedded.running import ROOT, ups_in

_DOCS = {"home": "/", "alarm": "/alarms/{alarm}", "trace": "/traces/{trace}", "plant": "/plant"}
_SOME = ("/", "/alarms/{alarm}", "/traces/{trace}", "/plant", "/rectifications", "/points/{point}")

_LAY_FLAT = """() => document.querySelectorAll(".top-bar, .bottom-bar, .action-bar").forEach((bar) => {
  bar.style.position = "static";
})"""


async def main(home: Path, folder: Path, *, docs: bool) -> None:
    """Start a plant in ``home``, break it, take the pictures."""
    with ups_in(home) as new_up:
        up = new_up("data", ANSU_DEMO="1").start().wait_running()
        base = f"http://127.0.0.1:{up.environment['ANSU_PORT']}"
        with replaying(up, "--fault", "4", "--rate", "10", "--from-normal", "5"):
            time.sleep(40)  # noqa: ASYNC251 - until the trace has been refined
            ids = await ids_of(up.database_url)
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
                await _take_all(Phones(browser, base), ids, folder, docs=docs)
                await _take_wide(browser, base, ids, folder)
                if docs:
                    os.environ["ANSU_DATA_DIR"] = str(up.data)  # where photos are kept
                    settings.cache_clear()
                    ids |= await happen(up.database_url)
                    await take_guide(playwright, browser, base, ids, ROOT / "docs" / "pictures")
                await browser.close()
        up.end()


async def _take_all(phones: Phones, ids: dict[str, int], folder: Path, *, docs: bool) -> None:
    stranger = await phones()
    await _take(stranger, "/sign-in", folder / "sign-in.png")
    admin = await phones("admin")
    for page in PAGES:
        await _take(admin, page.format(**ids), folder / f"{_name(page)}.png")
    leader = await phones("leader1")
    for page in _SOME:
        await _take(leader, page.format(**ids), folder / f"leader-{_name(page)}.png")
    for label, options in (("dark", {"color_scheme": "dark"}), ("english", {"locale": "en-GB"})):
        other = await phones("leader1", **options)
        for page in _SOME:
            await _take(other, page.format(**ids), folder / f"{label}-{_name(page)}.png")
    worker = await phones("worker1")
    await _take(worker, "/", folder / "worker-home.png")
    if docs:
        for name, page in _DOCS.items():
            await _take(leader, page.format(**ids), ROOT / "docs" / "pictures" / f"{name}.png", whole=False)
    await phones.put_away()


async def _take_wide(browser: Browser, base: str, ids: dict[str, int], folder: Path) -> None:
    phones = Phones(browser, base)
    wall = await phones("manager1", viewport={"width": 1280, "height": 800}, is_mobile=False, device_scale_factor=1)
    for page in _SOME:
        await _take(wall, page.format(**ids), folder / f"wide-{_name(page)}.png")
    await phones.put_away()


async def _take(phone: Phone, path: str, file: Path, *, whole: bool = True) -> None:
    await phone.open(path)
    await phone.page.wait_for_load_state("networkidle")
    await phone.page.wait_for_timeout(300)
    await phone.page.evaluate("document.getElementById('toasts')?.replaceChildren()")
    if whole:  # what is fixed to the screen would lie over the middle of a long picture
        await phone.page.evaluate(_LAY_FLAT)
    await phone.page.screenshot(path=file, full_page=whole)


def _name(page: str) -> str:
    return page.replace("{", "").replace("}", "").partition("?")[0].strip("/").replace("/", "-") or "home"


if __name__ == "__main__":
    arguments = [word for word in sys.argv[1:] if not word.startswith("--")]
    wanted = Path(arguments[0] if arguments else ROOT / ".screenshots")
    wanted.mkdir(parents=True, exist_ok=True)
    os.chdir(ROOT)
    temporary = Path(tempfile.mkdtemp(prefix="ansu-pictures-"))
    temporary.chmod(0o711)
    asyncio.run(main(temporary, wanted, docs="--docs" in sys.argv))
