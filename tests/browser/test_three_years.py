"""What running safety on data comes to, over three loaded years: a manager with a phone goes from a figure to its rows
and to a decision, from a hot hour to its records, and the month's report comes by itself, to read and to take along."""

import io
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.async_api import Browser, Locator, Page, expect
from pypdf import PdfReader

from backend.core.database import Database
from tests.browser.phone import Phone, Phones
from tests.browser.sweep import BARRIER_RULES, look, violations
from tests.browser.three_years import CODE, YEARS, Years, fill_three_years, oldest_alarm_days
from tests.liveserver import live_server

WIDE = {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
async def years(database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Years]:
    """Filled once for all tests here."""
    database = Database(database_url)
    await fill_three_years(database)
    server = live_server(database_url, redis_url, tmp_path_factory.mktemp("years"))
    server.start()
    yield Years(server.url, database)
    server.kill()
    await database.close()


@pytest.fixture(scope="module")
async def manager(years: Years, browser: Browser) -> AsyncIterator[Phone]:
    """The manager's phone, signed in."""
    maker = Phones(browser, years.url)
    yield await maker(f"{CODE}-manager1")
    await maker.put_away()


@pytest.fixture(scope="module")
async def screen(years: Years, browser: Browser) -> AsyncIterator[Phone]:
    """The manager's screen in the office."""
    maker = Phones(browser, years.url)
    yield await maker(f"{CODE}-manager1", viewport=WIDE, device_scale_factor=1, is_mobile=False, has_touch=False)
    await maker.put_away()


@pytest.fixture(scope="module")
def taps(manager: Phone) -> "Taps":
    return Taps(manager)


class Taps:
    """Taps on links that lead to another page, and how many there were."""

    def __init__(self, phone: Phone) -> None:
        self._phone = phone
        self.count = 0

    async def tap(self, link: Locator) -> None:
        """One tap, and wait until the page it leads to can be tapped."""
        await self._phone.comes_to_rest()  # without its script a link may lead elsewhere
        before = self._phone.page.url
        await link.tap()
        self.count += 1
        await self._phone.page.wait_for_url(lambda url: url != before)
        await self._phone.comes_to_rest()


async def test_a_manager_goes_from_a_weak_figure_to_its_rows_and_to_a_decision_in_three_taps(
    years: Years, manager: Phone, taps: Taps
) -> None:
    assert await oldest_alarm_days(years.database) > 365 * YEARS - 30
    page = await manager.open("/")
    bar = page.get_by_role("navigation", name="主导航")
    await taps.tap(bar.get_by_role("link", name="指标"))
    taps.count = 0
    weak = page.locator(".indicator-card", has_text="未达标").filter(has_text="占缺口的").first
    told = re.search(r"(\d+) 项里有 (\d+) 项", await weak.inner_text())
    assert told, "a weak figure says who makes up the gap"
    await taps.tap(weak.get_by_role("link", name="看这些记录"))
    assert await how_many(page, "indicator-rows") == int(told[2]), "the very rows that make up the gap"
    await taps.tap(bar.get_by_role("link", name="决策"))
    await taps.tap(page.locator("#rounds a.row, #spendings a.row").first)
    await expect(page.get_by_role("button", name="采纳", exact=True)).to_be_visible()
    assert taps.count <= 3
    assert manager.complaints == []


async def test_each_figure_of_a_year_is_what_the_rows_it_opens_come_to(manager: Phone) -> None:
    page = await manager.open("/indicators?period=year")
    cards = page.locator(".indicator-card", has=page.locator("a.indicator-rows"))
    figures = {}
    for card in await cards.all():
        counted = re.search(r"([\d,]+) ÷ ([\d,]+)|已完成 ([\d,]+)，共 ([\d,]+)", await card.inner_text())
        if counted is not None:
            part, whole = [int(one.replace(",", "")) for one in counted.groups() if one]
            figures[await card.locator("a.indicator-rows").get_attribute("href")] = part, whole
    assert len(figures) >= 5
    few_enough = {rows: figure for rows, figure in figures.items() if figure[1] <= MOST_SCROLLED}
    assert len(few_enough) >= 3
    for rows, (part, whole) in few_enough.items():
        assert rows is not None
        await manager.open(rows)
        assert await how_many(page, "indicator-rows") == whole, rows
        await manager.open(f"{rows}&counted=yes")
        assert await how_many(page, "indicator-rows") == part, rows
    assert manager.complaints == []


MOST_SCROLLED = 300
"""Nobody scrolls through more; ``operations/test_indicators_counting`` counts on."""


async def test_the_hottest_hours_of_a_year_open_exactly_their_records(manager: Phone, taps: Taps) -> None:
    page = await manager.open("/distribution?period=1y")
    marks = page.locator("#distribution-when td a")
    counts = [int(one) for one in await marks.all_inner_texts()]
    assert sum(counts) >= 300
    hottest = max(range(len(counts)), key=lambda place: counts[place])
    await expect(page.locator("#distribution-when td.heat-4 a").first).to_be_visible()
    await taps.tap(marks.nth(hottest))
    await expect(page.locator("#distribution-total")).to_have_text(f"{counts[hottest]} 条")
    assert await how_many(page, "distribution-rows") == counts[hottest]
    assert manager.complaints == []


async def test_the_report_of_the_month_comes_by_itself_and_is_taken_along(
    years: Years, manager: Phone, tmp_path: Path
) -> None:
    page = await manager.open("/")
    await manager.is_live()
    assert await years.write_reports() >= 2, "of the week and of the month, the site's and each stage's"
    told = page.locator("#toasts a", has_text="安全月报已生成")
    await expect(told).to_be_visible()
    await told.tap()
    await page.wait_for_url("**/safety-reports/*")
    month = years.last_month()
    await expect(page.locator("h1")).to_contain_text(f"安全月报 {month}")
    await expect(page.locator("#content")).to_contain_text("%")
    pdf = await downloaded(page, "PDF · 中文", tmp_path)
    assert pdf.name == f"safety-month-{month}-01-v1.pdf" and pdf.read_bytes().startswith(b"%PDF-")
    pages = PdfReader(pdf).pages
    words = "".join(one.extract_text() for one in pages)
    assert f"安全月报 {month}" in words and "整改及时率" in words and len(words) > 500
    book = await downloaded(page, "Excel · 中文", tmp_path)
    sheets = load_workbook(io.BytesIO(book.read_bytes()), read_only=True).worksheets
    assert any(month in str(cell) for sheet in sheets for row in sheet.iter_rows(values_only=True) for cell in row)
    assert manager.complaints == []


PLACES = (
    *("/", "/operations", "/indicators?period=year", "/indicators/on_time?period=year"),
    *("/distribution?period=1y", "/distribution/rows?period=1y", "/decisions", "/duty", "/alarm-load?period=90d"),
    *("/risk-map", "/risks", "/safety-reports"),
)


@pytest.mark.parametrize("path", PLACES)
async def test_its_pages_fit_the_phone_at_night_and_the_screen_by_day(manager: Phone, screen: Phone, path: str) -> None:
    await manager.page.emulate_media(color_scheme="dark")
    await look(manager, path)
    assert await violations(manager.page, BARRIER_RULES) == [] and manager.complaints == []
    page = await screen.open(path)
    await screen.comes_to_rest()
    assert await page.evaluate("document.documentElement.scrollWidth") <= WIDE["width"]
    assert await violations(page, BARRIER_RULES) == [] and screen.complaints == []


async def how_many(page: Page, list_id: str) -> int:
    """Rows of a list, with all that its last button goes on to."""
    rows = page.locator(f"#{list_id} a.row")
    button = page.locator(f"#{list_id} a.more")
    while await button.count():
        shown = await rows.count()
        await button.tap()
        await expect(rows.nth(shown)).to_be_attached()
    return await rows.count()


async def downloaded(page: Page, link: str, folder: Path) -> Path:
    """What the browser keeps of a link that is downloaded."""
    async with page.expect_download() as kept:
        await page.get_by_role("link", name=link).tap()
    file = await kept.value
    path = folder / file.suggested_filename
    await file.save_as(path)
    return path
