"""A manager sees where and when risk piles up, and opens the very records behind the hottest hours."""

from datetime import timedelta

from playwright.async_api import expect
from sqlalchemy import select
from sqlmodel import col

from backend.core.clock import now
from backend.core.database import Database
from backend.hazards.reports.models import HazardReport
from backend.identity.models import Person
from backend.plant.models import Area, Equipment
from tests.browser.phone import Phones
from tests.embedded.running import Up
from tests.factories import made, unique

PLACE = "旧装车台"


async def piled_up(database_url: str) -> None:
    """Forty hazards within an hour of a day last month, at equipment of their own, and twelve on other days."""
    database = Database(database_url)
    async with database.session() as session:
        area = (await session.scalars(select(Area).order_by(col(Area.id)).limit(1))).one()
        worker = (await session.scalars(select(Person).where(col(Person.account) == "worker1"))).one()
        bay = Equipment(site_id=area.site_id, area_id=area.id, stage_id=area.stage_id, code="BAY-OLD", name=PLACE)
        bay.name_en = "Old loading bay"
        await made(session, bay)
        midday = (now() - timedelta(days=10)).replace(hour=4, minute=0)
        for n in range(52):
            at = midday + timedelta(minutes=n) if n < 40 else midday - timedelta(days=n - 39, hours=n % 5)
            factor = "object" if n % 4 else "person"
            fields = {
                "number": unique("SB-OLD-"),
                "details": f"装车台栏杆松动 {n}",
                "factor": factor,
                "level": "general",
            }
            one = HazardReport(
                site_id=area.site_id, equipment_id=bay.id, reporter_id=worker.id, created_at=at, **fields
            )
            one.state = "accepted"
            await made(session, one)
    await database.close()


async def test_from_the_hottest_hours_to_exactly_their_records(plant: Up, phones: Phones) -> None:
    await piled_up(plant.database_url)
    phone = await phones("manager1")
    page = await phone.open("/operations")
    await page.get_by_role("link", name="风险分布").click()
    await page.get_by_role("navigation", name="统计内容").get_by_role("link", name="隐患", exact=True).click()
    await expect(page.locator("#distribution-advice")).to_contain_text("先从设备和设施上治")
    hottest = page.locator("#distribution-when td.heat-4 a").first
    count = int(await hottest.inner_text())
    assert count >= 40
    await hottest.click()
    await expect(page.locator("#distribution-total")).to_have_text(f"{count} 条")
    await expect(page.locator("#distribution-chips a")).to_have_count(2)
    await phone.comes_to_rest()  # without its script the link leads to the next page instead
    await page.get_by_role("link", name="更多").click()
    await expect(page.locator("#distribution-rows a.row")).to_have_count(count)
    await page.locator("#distribution-rows a.row").first.click()
    await expect(page.locator("body")).to_contain_text("装车台栏杆松动")
    assert phone.complaints == []
