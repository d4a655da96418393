"""A leader on a phone sees that a leak was reported twice, what keeping one does to the figures, and takes it back."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import expect

from backend.core.database import Database
from tests.browser.cleaning import WORDS, reported_twice
from tests.browser.phone import Phones
from tests.embedded.running import Up

PUMP = "Slurry pump"


@pytest.fixture
async def twice(plant: Up) -> AsyncIterator[int]:
    database = Database(plant.database_url)
    yield await reported_twice(database, PUMP)
    await database.close()


async def test_a_repeated_report_is_decided_with_its_effect_seen_and_taken_back(phones: Phones, twice: int) -> None:
    leader = await phones("leader1")
    page = await leader.open("/data-cleaning?suspicion=duplicate")
    card = page.locator(f"#case-{twice}")
    await expect(card).to_contain_text(PUMP)
    for words in WORDS:
        await expect(card).to_contain_text(words)
    await leader.comes_to_rest()
    await card.locator("a.cleaning-open").click()
    await page.wait_for_url(f"**/data-cleaning/{twice}")
    effect = page.locator("#effect-excluded")
    clean = effect.locator("li", has_text="通过数据清洗的记录")
    await expect(clean).to_contain_text("100.0%")
    before = await effect.inner_text()
    await page.locator("#records .choice").nth(1).click()
    await leader.comes_to_rest()
    await expect(clean).to_contain_text("100.0%")
    await page.get_by_label("说明").fill("同一个漏点")
    await page.get_by_role("button", name="留一条").click()
    await expect(page.get_by_text("已剔除，指标一分钟内更新")).to_be_visible()
    await expect(page.locator("#history")).to_contain_text("同一个漏点")
    await leader.comes_to_rest()
    await page.locator("#records a", has_text="看原记录").first.click()
    await page.wait_for_url("**/reports/*")
    await expect(page.locator("#excluded")).to_contain_text("不计入指标")
    await leader.open(f"/data-cleaning/{twice}")
    await page.get_by_role("button", name="撤销").click()
    await expect(page.get_by_text("已撤销，和处理前一样计入")).to_be_visible()
    await expect(page.locator("#effect-excluded")).to_have_text(before, use_inner_text=True)
    assert leader.complaints == []


async def test_several_are_chosen_and_kept_together(phones: Phones, twice: int) -> None:
    officer = await phones("safety1")
    page = await officer.open("/data-cleaning")
    await page.locator(f"#case-{twice} .cleaning-pick").click()
    await page.get_by_role("button", name="保留所选").click()
    await page.wait_for_url("**/data-cleaning/selected*")
    await expect(page.locator("#chosen")).to_contain_text("所选 1 条")
    await page.get_by_role("button", name="确认保留").click()
    await expect(page.get_by_text("所选的都处理好了")).to_be_visible()
    await expect(page.locator(f"#case-{twice}")).to_have_count(0)
    assert officer.complaints == []
