"""A phone of 360 × 740 in somebody's hand, driven in Debian's Chromium."""

import time
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Frame, Page, Request, expect

PASSWORD = "ansu-demo-2026"
SIZE = {"width": 360, "height": 740}
expect.set_options(timeout=20_000)
_HAS_NOTHING_TO_DO = """() => new Promise((resolve) => {
  const idle = (then) => requestIdleCallback(then, { timeout: 1000 }); // one that always draws is never idle
  idle(() => idle(() => resolve()));
  setTimeout(resolve, 5000); // one that is never drawn may never be called idle
})"""
_RESTS_WITHIN_S = 30


class Phone:
    """One phone with one page; what its console complains of is kept in ``complaints``."""

    def __init__(self, context: BrowserContext, page: Page, base: str) -> None:
        self.context = context
        self.page = page
        self.base = base
        self.complaints: list[str] = []
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self._asked = 0
        self._under_way: set[Request] = set()
        page.on("framenavigated", self._on_page)
        page.on("request", self._on_request)
        page.on("requestfinished", self._on_answer)
        page.on("requestfailed", self._on_answer)

    async def open(self, path: str) -> Page:
        """Go to ``path``."""
        await self.page.goto(self.base + path)
        return self.page

    async def sign_in(self, account: str, password: str = PASSWORD) -> None:
        """Type account and password and go on."""
        await self.open("/sign-in")
        await self.page.fill("[name=account]", account)
        await self.page.fill("[name=password]", password)
        await self.page.press("[name=password]", "Enter")
        await self.page.wait_for_url(lambda url: "/sign-in" not in url)

    async def unfold(self, name: str) -> None:
        """Open a folded part of the page, unless it is open."""
        fold = self.page.locator(f"#fold-{name}")
        if await fold.get_attribute("open") is None:
            await fold.locator("summary").first.click()

    async def comes_to_rest(self) -> None:
        """Wait until the page has all that its scripts ask for by themselves, and they have nothing more to do."""
        given_up = time.monotonic() + _RESTS_WITHIN_S
        while True:
            waits_for = [one.url for one in self._under_way]
            assert time.monotonic() < given_up, f"{self.page.url} still waits for {waits_for}"
            asked = self._asked
            await self.page.evaluate(_HAS_NOTHING_TO_DO)
            if not self._under_way and self._asked == asked:
                return

    def _on_page(self, frame: Frame) -> None:
        """What the page before had asked for, until the last moment, is given up, not always with a word."""
        if frame == self.page.main_frame:
            self._under_way.clear()

    def _on_request(self, request: Request) -> None:
        self._asked += 1
        self._under_way.add(request)

    def _on_answer(self, request: Request) -> None:
        self._under_way.discard(request)

    async def is_live(self) -> None:
        """Wait until the live line stands."""
        await expect(self.page.locator("#line-state")).to_have_attribute("data-state", "on")


class Phones:
    """Makes phones and puts them away."""

    def __init__(self, browser: Browser, base: str) -> None:
        self._browser = browser
        self._base = base
        self._phones: list[Phone] = []

    async def __call__(self, account: str = "", *, base: str = "", **options: Any) -> Phone:
        """A phone; with ``account`` somebody is signed in. ``base`` is where it finds the plant, if not directly;
        ``options`` are those of a browser context."""
        wanted: dict[str, Any] = {
            "viewport": SIZE,
            "device_scale_factor": 2,
            "is_mobile": True,
            "has_touch": True,
            "locale": "zh-CN",
            "timezone_id": "Asia/Shanghai",
        }
        context = await self._browser.new_context(**(wanted | options))
        phone = Phone(context, await context.new_page(), base or self._base)
        self._phones.append(phone)
        if account:
            await phone.sign_in(account)
        return phone

    async def put_away(self) -> None:
        """Close all of them."""
        for phone in self._phones:
            await phone.context.close()

    async def show(self, folder: Path) -> None:
        """Print what each shows, and keep its picture in ``folder``."""
        for number, phone in enumerate(self._phones, 1):
            await phone.page.screenshot(path=folder / f"{number}.png", full_page=True)
            print(f"phone {number} at {phone.page.url}: {phone.complaints}")
            print(await phone.page.locator("body").aria_snapshot())
