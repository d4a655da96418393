"""The whole of AnSu as a user starts it (``ansu up`` with the demo plant), and phones that look at it.

One plant serves all browser tests: each test does what no other undoes.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright
from sqlalchemy import text

from backend.core.database import Database
from tests.browser.eventful import ids_of
from tests.browser.phone import Phones
from tests.embedded.running import ROOT, Up, ups_in

_SHELL, WHOLE_CHROMIUM = "/usr/bin/chromium-headless-shell", "/usr/bin/chromium"
CHROMIUM = _SHELL if Path(_SHELL).exists() else WHOLE_CHROMIUM
"""Debian's. The shell is the same engine without a browser's own windows, which cost more than half of every page; nor
does it show notices."""
FLAGS = (
    *("--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"),
    *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),  # a microphone that beeps and may
)


@contextmanager
def _running() -> Iterator[Up]:
    home = Path(tempfile.mkdtemp(prefix="ansu-browser-"))
    if os.geteuid() == 0:
        home.chmod(0o711)
    try:
        with ups_in(home) as new_up:
            up = new_up("data", ANSU_DEMO="1", ANSU_CHANNEL_HOSTS="localhost").start().wait_running()
            yield up
            assert up.end() == 0
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests first, and of them those that want a quiet plant: each of the test run's processes then starts one
    plant, finds it still quiet, and ends it with its last browser test."""
    here = Path(__file__).parent

    def place(item: pytest.Item) -> int:
        if here not in item.path.parents:
            return 2
        return "quiet_plant" not in getattr(item, "fixturenames", ())

    items.sort(key=place)


@pytest.fixture(scope="package")
def plant() -> Iterator[Up]:
    """A running AnSu with the demo plant."""
    with _running() as up:
        yield up


@pytest.fixture
async def quiet_plant(plant: Up) -> AsyncIterator[Up]:
    """A demo plant where nothing has happened since it was loaded, so that every alarm is of this test: the one that
    all share while it is still so, else one of its own."""
    if not await kinds_of_alarms(plant):
        yield plant
        return
    with _running() as up:
        yield up


async def kinds_of_alarms(plant: Up) -> set[str]:
    """Of all alarms that were raised there since it was loaded, AnSu's own about itself left out."""
    database = Database(plant.database_url)
    async with database.session() as session:
        kinds = set(await session.scalars(text(_KINDS)))
    await database.close()
    return kinds


@pytest.fixture(scope="package")
async def eventful(plant: Up) -> AsyncIterator[dict[str, int]]:
    """The plant after a fault: ids of what its pages show."""
    with replaying(plant, "--fault", "4", "--rate", "10", "--from-normal", "2"):
        yield await ids_of(plant.database_url)


_KINDS = """
SELECT DISTINCT kind FROM alarm WHERE kind <> 'system' AND raised_at > (SELECT max(installed_at) FROM installed_pack)
"""


@contextmanager
def replaying(plant: Up, *arguments: str) -> Iterator[None]:
    """``ansu replay tep …`` against the running plant, for as long as the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "backend.cli", "replay", "tep", *arguments],
        cwd=ROOT,
        env=plant.environment,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="package")
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        await browser.close()


_failed = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember that a test failed, so that its phones can be looked at."""
    report = yield
    item.stash[_failed] = item.stash.get(_failed, False) or report.failed
    return report


@pytest.fixture
async def phones(browser: Browser, plant: Up, request: pytest.FixtureRequest) -> AsyncIterator[Phones]:
    """Makes phones: ``await phones("leader1")`` is one on which that person is signed in.

    What they showed when a test failed is printed and lies in ``.screenshots/failed``.
    """
    maker = Phones(browser, f"http://127.0.0.1:{plant.environment['ANSU_PORT']}")
    yield maker
    if request.node.stash.get(_failed, False):
        await maker.show(ROOT / ".screenshots" / "failed" / request.node.name)
    await maker.put_away()
