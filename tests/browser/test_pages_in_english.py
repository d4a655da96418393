"""What holds on every page in English and by night too; a file of its own, so that both are looked at side by side."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from tests.browser.pages import PAGES
from tests.browser.phone import Phone, Phones
from tests.browser.sweep import look_over
from tests.browser.test_main_line import TITLE
from tests.browser.test_new_worker import NAME
from tests.embedded.running import Up

_KNOWN_BY_ITS_CHINESE_NAME = {"中文", "简体中文"}


@pytest.fixture(scope="module")
async def admin(browser: Browser, plant: Up) -> AsyncIterator[Phone]:
    """An administrator's phone in English, in the dark theme, which goes from page to page."""
    maker = Phones(browser, f"http://127.0.0.1:{plant.environment['ANSU_PORT']}")
    yield await maker("admin", color_scheme="dark", locale="en-GB")
    await maker.put_away()


@pytest.mark.parametrize("page", PAGES)
async def test_every_page_fits_a_thumb_and_a_screen_reader_and_speaks_english(
    admin: Phone, eventful: dict[str, int], page: str
) -> None:
    seen = await look_over(admin, page.format(**eventful))
    assert seen.barriers == [] and seen.complaints == []
    texts = seen.chinese - _KNOWN_BY_ITS_CHINESE_NAME
    assert [words for words in texts if TITLE not in words and NAME not in words] == []
