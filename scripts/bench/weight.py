"""What a page costs a cheap phone: Lighthouse's scores and times on emulated slow 4G with a CPU four times slower, and
the compressed bytes of a first visit. ``python scripts/bench/weight.py [--pages / /scan …] [--account worker1]``

Starts a demo plant of its own; ``--base http://127.0.0.1:8000`` looks at one that runs already. Lighthouse comes from
npm (``lighthouse/package-lock.json`` beside this file, put into ``.tools``) and needs Node 20 or newer; its default
mobile throttling is 150 ms round trip, 1.6 Mbit/s, CPU ÷ 4. ``--phone 264`` slows the CPU down to a phone of that
benchmark index instead, however fast this machine is: Chromium's own calibration takes 264 for a cheap one (Moto G
Power 2022) and 1000 for one of the middle (Pixel 5).
"""

import argparse
import asyncio
import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.async_api import async_playwright

from backend.embedded.ports import free_port
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.phone import Phone
from tests.embedded.running import ROOT, ups_in

PAGES = ("/", "/tasks", "/scan", "/reports/new", "/checkins", "/rectifications", "/training", "/equipment/1")
SPEED, REST = ("performance",), ("accessibility", "best-practices")
"""Asked apart: what axe leaves behind in the browser is swept in the next visit, 200 ms that would be the page's."""
TOOLS = ROOT / ".tools" / "lighthouse"
LOCK = Path(__file__).with_name("lighthouse")


def install() -> Path:
    """Lighthouse's command, installed from the lock file. Raises RuntimeError without Node."""
    if shutil.which("npm") is None:
        raise RuntimeError("需要 Node.js 20 或更新版本 / Node.js 20 or newer is needed: apt-get install nodejs npm")
    wanted = (LOCK / "package-lock.json").read_bytes()
    TOOLS.mkdir(parents=True, exist_ok=True)
    there = TOOLS / "package-lock.json"
    command = TOOLS / "node_modules" / ".bin" / "lighthouse"
    if not command.exists() or there.read_bytes() != wanted:
        for file in ("package.json", "package-lock.json"):
            shutil.copy(LOCK / file, TOOLS / file)
        options = ("--ignore-scripts", "--silent", "--no-audit", "--no-fund")
        subprocess.run(["npm", "ci", "--prefix", str(TOOLS), *options], check=True)
    return command


async def visit(
    command: Path, url: str, port: int, folder: Path, categories: Sequence[str], slower: float = 4
) -> dict[str, Any]:
    """Lighthouse's report on one page in the browser that listens on ``port``: caches emptied, cookies kept, the CPU
    ``slower`` times slower."""
    report = folder / "report.json"
    process = await asyncio.create_subprocess_exec(
        str(command),
        url,
        "--quiet",
        f"--port={port}",
        "--output=json",
        f"--output-path={report}",
        f"--only-categories={','.join(categories)}",
        f"--throttling.cpuSlowdownMultiplier={slower:.2f}",
        stdout=subprocess.DEVNULL,
    )
    if await process.wait() != 0:
        raise RuntimeError(f"Lighthouse gave up on {url}")
    found: dict[str, Any] = json.loads(report.read_text())
    return found


def scores(report: dict[str, Any]) -> dict[str, Any]:
    """Of each category of a report its score of 100, and which audits that count failed."""
    audits, categories = report["audits"], report["categories"]
    refused = {
        name
        for category in categories.values()
        for reference in category["auditRefs"]
        if (audit := audits[name := reference["id"]])["score"] is not None
        and audit["score"] < 0.9
        and reference["weight"]
    }
    return {**{name: round(100 * one["score"]) for name, one in categories.items()}, "below_90": sorted(refused)}


def times_of(report: dict[str, Any]) -> dict[str, int]:
    """Milliseconds and bytes over the wire."""
    audits = {
        "first_paint_ms": "first-contentful-paint",
        "interactive_ms": "interactive",
        "blocked_ms": "total-blocking-time",
        "bytes": "total-byte-weight",
    }
    return {name: round(report["audits"][audit]["numericValue"]) for name, audit in audits.items()}


async def look_at(base: str, pages: Sequence[str], account: str, home: Path, *, phone: int = 0, times: int = 1) -> None:
    """Print two lines of figures for each of ``pages`` of the AnSu at ``base`` as ``account`` sees it.

    On a phone of the benchmark index ``phone``; 0 for one four times slower than this machine. Of ``times`` visits the
    median's, by performance: Lighthouse's own advice against what else a machine does.
    """
    command, port = install(), free_port()
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            home / "browser", executable_path=CHROMIUM, args=[*FLAGS, f"--remote-debugging-port={port}"], locale="zh-CN"
        )
        await Phone(context, context.pages[0], base).sign_in(account)
        await context.pages[0].goto("about:blank")
        slower = 4.0
        if phone:
            here = (await visit(command, base + pages[0], port, home, SPEED))["environment"]["benchmarkIndex"]
            slower = max(1.0, here / phone)
            print(f"benchmark index {here:.0f}: {slower:.2f} times slower is {phone}", flush=True)
        for page in pages:
            seen = [await visit(command, base + page, port, home, SPEED, slower) for _ in range(times)]
            seen.sort(key=lambda one: one["categories"]["performance"]["score"])
            told = scores(seen[len(seen) // 2]) | times_of(seen[len(seen) // 2])
            print(page, json.dumps(told), [scores(one)["performance"] for one in seen], flush=True)
        for page in pages:
            print(page, json.dumps(scores(await visit(command, base + page, port, home, REST, slower))), flush=True)
        await context.close()


def main() -> None:
    """Print two lines of figures a page: how fast it is, and what else counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", nargs="*", default=PAGES)
    parser.add_argument("--account", default="worker1")
    parser.add_argument("--base", default="", help="where an AnSu answers whose people have the demo's password")
    parser.add_argument("--phone", type=int, default=0, help="benchmark index of the phone: 264 cheap, 1000 middle")
    parser.add_argument("--times", type=int, default=1, help="visits of each page, of which the median is told")
    wanted = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="ansu-weight-"))
    home.chmod(0o711)
    try:
        if wanted.base:
            asyncio.run(
                look_at(wanted.base, wanted.pages, wanted.account, home, phone=wanted.phone, times=wanted.times)
            )
            return
        with ups_in(home) as new_up:
            up = new_up("data", ANSU_DEMO="1").start().wait_running()
            base = f"http://127.0.0.1:{up.environment['ANSU_PORT']}"
            asyncio.run(look_at(base, wanted.pages, wanted.account, home, phone=wanted.phone, times=wanted.times))
            up.end()
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
