"""A manager with a phone: from running safety to a figure and the rows that it counts, in three taps."""

from datetime import timedelta

from playwright.async_api import expect
from sqlalchemy import select
from sqlmodel import col

from backend.alarms.models import Alarm
from backend.core.clock import now
from backend.core.database import Database
from backend.operations.indicators.rolling import roll_up
from backend.plant.models import Equipment
from tests.browser.phone import Phones
from tests.embedded.running import Up


async def judge_some(database_url: str) -> None:
    """Twelve alarms of the last weeks that were judged, a third of them false; rolled up. Twice changes nothing."""
    database = Database(database_url)
    async with database.session() as session:
        if await session.scalar(select(Alarm.id).where(col(Alarm.condition_key) == "indicators:0")):
            await database.close()
            return
        one = (await session.scalars(select(Equipment).where(col(Equipment.area_id).is_not(None)).limit(1))).one()
        for n in range(12):
            at = now() - timedelta(days=3 * n + 1)
            session.add(
                Alarm(
                    site_id=one.site_id,
                    condition_key=f"indicators:{n}",
                    kind="threshold",
                    level="general",
                    title="旧压力高",
                    title_en="Old pressure high",
                    state="closed",
                    active=False,
                    raised_at=at,
                    last_raised_at=at,
                    acknowledged_at=at + timedelta(minutes=2 + n),
                    closed_at=at + timedelta(hours=1),
                    judgement="false" if n % 3 == 0 else "true",
                    equipment_id=one.id,
                    area_id=one.area_id,
                )
            )
        await session.flush()
        await roll_up(session, one.site_id)
    await database.close()


async def test_from_a_figure_to_its_rows_and_to_decisions_in_three_taps(plant: Up, phones: Phones) -> None:
    await judge_some(plant.database_url)
    phone = await phones("manager1")
    page = await phone.open("/operations")
    await page.get_by_role("link", name="效能指标").click()
    card = page.locator("#indicator-precision")
    await expect(card).to_contain_text("样本不足 n=12")
    await expect(card).to_contain_text("95% 区间")
    await expect(card).to_contain_text("8 ÷ 12")
    await card.locator("a.indicator-open").click()
    await expect(page.locator("#indicator-now")).to_contain_text("66.7%")
    await expect(page.locator("#indicator-now .chart-drawn canvas")).to_be_visible()
    await page.get_by_role("link", name="看统计了哪些记录").click()
    await expect(page.locator("#indicator-rows a.row")).to_have_count(12)
    await expect(page.locator("#indicator-rows")).to_contain_text("判为误报")
    await page.get_by_role("navigation", name="主导航").get_by_role("link", name="决策").click()
    await expect(page.locator("h1")).to_have_text("决策")
    assert phone.complaints == []
