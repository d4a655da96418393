"""A manager on a phone puts hours where trouble is, in the time between two meetings."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from playwright.async_api import expect
from sqlalchemy import select
from sqlmodel import col

from backend.checkins.checklists import Question
from backend.checkins.commands.planning import PlanWish, make_plan
from backend.checkins.judging import ItemKind
from backend.core.clock import now
from backend.core.database import Database
from backend.hazards.reports.models import Factor, HazardReport, ReportState
from backend.identity.models import Person, Post, Site
from backend.operations.decisions.making import find_out
from tests.browser.phone import Phones
from tests.embedded.running import Up
from tests.factories import actor_for, made, make_equipment, unique

NAME = "碎渣机房巡检"


@pytest.fixture
async def troubled(plant: Up) -> AsyncIterator[int]:
    """A plan that is walked once a week, where three hazards were reported lately; gives its id."""
    database = Database(plant.database_url)
    async with database.session() as session:
        officer = (await session.scalars(select(Person).where(col(Person.account) == "safety1"))).one()
        worker = (await session.scalars(select(Person).where(col(Person.account) == "worker1"))).one()
        post = (await session.scalars(select(Post).where(col(Post.site_id) == officer.site_id).limit(1))).one()
        actor, site = await actor_for(session, officer), await session.get_one(Site, officer.site_id)
        place = await make_equipment(session, site, name="碎渣机", name_en="Crusher")
        asked = (Question(ItemKind.YES_NO, "没有异响", "No noise"),)
        wish = PlanWish(NAME, post.id, "week", asked, equipment_ids=(place.id,), name_en="Crusher round")
        plan = await make_plan(session, actor, wish)
        for days in (1, 9, 30):
            one = HazardReport(site_id=actor.site_id, number=unique("SB-X"), factor=Factor.OBJECT, level="significant")
            one.details, one.state, one.equipment_id = "轴承发烫", ReportState.ACCEPTED, place.id
            one.reporter_id, one.created_at = worker.id, now() - timedelta(days=days)
            await made(session, one)
    async with database.session() as session:
        await find_out(session, actor.site_id)
    yield plan.id
    await database.close()


async def test_a_manager_sets_hours_reads_why_and_the_round_is_walked_more_often(phones: Phones, troubled: int) -> None:
    manager = await phones("manager1")
    page = await manager.open("/operations")
    await page.locator("main").get_by_role("link", name="决策").click()
    await page.wait_for_url("**/decisions")
    if await page.locator("#budget details").get_attribute("open") is None:
        await page.locator("#budget summary").click()
    await page.get_by_label("每周巡检时间").fill("8")
    await page.get_by_label("一年的改造费用").fill("50000")
    await page.locator("#budget").get_by_role("button", name="保存").click()
    row = page.locator("#rounds a.row", has_text=NAME)
    await expect(row).to_contain_text("每周一次")
    await expect(row).to_contain_text("较大 3")
    await row.click()
    await expect(page.locator("#rows a.row")).to_have_count(3)
    await expect(page.locator("main")).to_contain_text("问题平均多久被看到")
    await page.get_by_role("button", name="采纳", exact=True).click()
    await expect(page.get_by_text("已采纳，改动已经生效")).to_be_visible()
    await page.get_by_role("link", name="查看巡检计划").click()
    present = page.locator("main .card").first
    await expect(present).to_contain_text("多久一次")
    await expect(present).not_to_contain_text("每周")
    assert manager.complaints == []
