"""A safety officer quiets the noisiest rule from a phone, after seeing on past readings what that would have done."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from playwright.async_api import expect
from sqlalchemy import select
from sqlmodel import col

from backend.core.database import Database
from backend.identity.models import Person, Site
from tests.browser.phone import Phones
from tests.embedded.running import Up
from tests.operations.noisy import Noisy, make_noisy


@pytest.fixture
async def noisy(plant: Up) -> AsyncIterator[Noisy]:
    """A rule of the demo plant that called thirty times within an hour, for nothing."""
    database = Database(plant.database_url)
    async with database.session() as session:
        officer = (await session.scalars(select(Person).where(col(Person.account) == "safety1"))).one()
        noisy = await make_noisy(session, await session.get_one(Site, officer.site_id))
        noisy.rule.name_en = "Flutters"
        session.add(noisy.rule)
        for n in range(30):
            at = noisy.begun + timedelta(seconds=220 * n + 70)
            await noisy.raised(session, at, back=at + timedelta(seconds=10))
    yield noisy
    await database.close()


async def test_one_tap_quiets_the_noisiest_rule_and_on_replay_it_calls_less(phones: Phones, noisy: Noisy) -> None:
    officer = await phones("safety1")
    page = await officer.open("/operations")
    await page.locator("main").get_by_role("link", name="报警负荷").click()
    worst = page.locator("#worst li", has_text=noisy.point.name)
    await worst.get_by_role("button", name="找安静的设置").click()
    await page.wait_for_url("**/rule-trials/*")
    figures = page.locator(".trial-headline .figure")
    await expect(figures).to_have_count(2)
    before, after = [int(words) for words in await figures.all_inner_texts()]
    assert before > 100 and after <= 0.3 * before
    await expect(page.locator("main")).to_contain_text("一条不漏")
    await page.get_by_role("button", name="采用这个设置").click()
    await expect(page).to_have_url(re.compile("done=applied"))
    await officer.open(f"/rules/{noisy.rule.id}/edit")
    await page.get_by_role("button", name="试一试").first.click()
    await expect(page.locator("#alarms-after")).to_have_text(str(after))
    assert officer.complaints == []
