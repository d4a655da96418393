"""Risk points on a manager's phone: a level that is too low leads to its grading; a decision to what it cost."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import expect
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core import schema  # noqa: F401 - all tables, which name each other
from backend.core.clock import now
from backend.core.database import Database
from backend.identity.models import Person, Site
from backend.incidents.models import Incident
from backend.lessons.models import Suggestion
from backend.operations.decisions.making import find_out
from backend.plant.models import Equipment
from backend.risks.models import ControlMeasure, HazardSource, RiskGrading, RiskPoint
from tests.browser.phone import Phones
from tests.embedded.running import Up
from tests.factories import made, make_area, make_equipment, unique

PLACE, PART = "Dryer hall", "Dryer bearing"


@pytest.fixture
async def told_too_low(plant: Up) -> AsyncIterator[int]:
    """A dryer whose dust was graded and held long before something graver broke out there, and whose bearing nothing
    holds; a renewal that was adopted. Gives the id of the dust's risk point."""
    database = Database(plant.database_url)
    async with database.session() as session:
        officer = (await session.scalars(select(Person).where(col(Person.account) == "safety1"))).one()
        factory, site = await session.get_one(Site, officer.site_id), {"site_id": officer.site_id}
        area = await make_area(session, factory, name=PLACE, name_en=PLACE)
        dryer = await make_equipment(session, factory, area, name="Dryer", name_en="Dryer")
        long_ago = now() - timedelta(days=10)
        dust = await _listed(session, dryer, area.id, "Dust", "general", long_ago)
        grading = {"residual": True, "method": "direct", "level": "general", "created_at": long_ago}
        await made(session, RiskGrading(**site, source_id=dust.id, **grading))
        held = {"kind": "engineering", "words": "Extraction", "created_at": long_ago}
        await made(session, ControlMeasure(**site, source_id=dust.id, **held))
        await _listed(session, dryer, area.id, "Bearing heat", "significant", now())
        broke = Incident(**site, number=unique("SJ-D"), kind="fire", level="major", title="Fire", title_en="Fire")
        broke.equipment_id, broke.began_at, broke.state = dryer.id, now() - timedelta(days=3), "closed"
        broke.closed_at = now()
        await made(session, broke)
        chosen = Suggestion(**site, key=unique("renewal:d"), kind="renewal", state="adopted", words=PART, words_en=PART)
        chosen.decided_at = now()
        await made(session, chosen)
    async with database.session() as session:
        await find_out(session, officer.site_id)
    yield dust.risk_point_id
    await database.close()


async def _listed(
    session: AsyncSession, dryer: Equipment, area_id: int, name: str, level: str, since: datetime
) -> HazardSource:
    """A risk point of the dryer with one source."""
    at: dict[str, Any] = {"site_id": dryer.site_id, "created_at": since}
    words = {"code": unique("R-D"), "name": name, "name_en": name, "kind": "equipment", "control": "workshop"}
    point = RiskPoint(**at, **words, origin="hand", level=level, equipment_id=dryer.id, area_id=area_id)
    await made(session, point)
    named = {"name": name, "name_en": name, "residual_level": level, "inherent_level": "major"}
    return await made(session, HazardSource(**at, risk_point_id=point.id, accidents=["dust_explosion"], **named))


async def test_a_level_that_is_too_low_is_graded_anew_and_a_decision_is_followed_to_what_it_cost(
    phones: Phones, told_too_low: int
) -> None:
    manager = await phones("manager1")
    page = await manager.open("/distribution")
    await manager.comes_to_rest()
    await page.get_by_role("link", name="风险点", exact=True).click()
    await page.wait_for_url("**/distribution/risk-points")
    found = page.locator("#stock-heavier article", has_text=PLACE)
    await expect(found).to_contain_text("事件 1 条")
    await found.get_by_role("link", name="重新评级").click()
    await page.wait_for_url("**/grade?of=residual")
    await manager.open("/distribution/risk-points")
    await page.locator("#stock-levels a.stock-mark").first.click()
    await expect(page.locator("#stock-rows a.row").first).to_be_visible()
    await manager.open("/decisions")
    item = page.locator("#decided .decision-item", has_text=PART)
    await item.locator("summary").click()
    await item.get_by_label("实际花了多少钱").fill("12,500")
    await item.get_by_role("button", name="保存").click()
    await expect(item).to_contain_text("实际 12,500.00 元")
    await expect(page.locator("#spendings")).to_contain_text("没有管控措施")
    await expect(page.locator("#paid")).to_contain_text("12,500.00")
    await manager.open("/indicators/identification/rows")
    await expect(page.locator(f"a.indicator-evidence[href='/risks/{told_too_low}']")).to_contain_text("Dust")
    assert manager.complaints == []
