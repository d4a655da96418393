"""How long charts take to be drawn on a cheap phone: ``python scripts/bench/charts.py --base http://127.0.0.1:8000
--account manager1 --pages /indicators /distribution``

Asks an AnSu that runs already, whose people have the demo's password, with a CPU four times slower. Of each chart:
milliseconds from uPlot's start to its first drawing, the longest of three visits' medians a page.
"""

import argparse
import asyncio
import json
import statistics
from collections.abc import Sequence

from playwright.async_api import Page, async_playwright

from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.phone import Phones

SLOWER = 4
VISITS = 3
_WATCHED = """
let theirs;
globalThis.drawnIn = [];
Object.defineProperty(globalThis, "uPlot", {
  get: () => theirs,
  set: (uPlot) => {
    theirs = new Proxy(uPlot, {
      construct(target, [options, ...rest]) {
        const began = performance.now();
        let first = true;
        const told = () => { if (first) globalThis.drawnIn.push(performance.now() - began); first = false; };
        const hooks = { ...options.hooks, draw: [...(options.hooks?.draw ?? []), told] };
        return new target({ ...options, hooks }, ...rest);
      },
    });
  },
});
"""
_SCROLLED = """async () => {
  for (const chart of document.querySelectorAll("ansu-chart")) {
    chart.scrollIntoView();
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
}"""


async def drawn_in(page: Page, url: str) -> list[float]:
    """Milliseconds of each chart of one visit."""
    await page.goto(url)
    await page.evaluate(_SCROLLED)
    found: list[float] = await page.evaluate("drawnIn")
    return found


async def look_at(base: str, account: str, pages: Sequence[str]) -> None:
    """Print a line for each page."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        phone = await Phones(browser, base)(account)
        await phone.page.add_init_script(_WATCHED)
        session = await phone.context.new_cdp_session(phone.page)
        await session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        for path in pages:
            visits = [await drawn_in(phone.page, base + path) for _ in range(VISITS)]
            charts = [statistics.median(each) for each in zip(*visits, strict=False)]
            told = {"charts": len(charts), "longest_ms": round(max(charts, default=0)), "all_ms": round(sum(charts))}
            print(path, json.dumps(told), flush=True)
        await browser.close()


def main() -> None:
    """Print one line of figures a page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", required=True)
    parser.add_argument("--account", default="manager1")
    parser.add_argument("--pages", nargs="+", required=True)
    wanted = parser.parse_args()
    asyncio.run(look_at(wanted.base, wanted.account, wanted.pages))


if __name__ == "__main__":
    main()
