"""A review meeting as its people live it: two choose blind on their phones, the leader confirms, asks why, decides;
what was decided waits on its owner's phone."""

import asyncio
import re
from datetime import timedelta

from playwright.async_api import expect
from sqlalchemy import select, text
from sqlmodel import col

from backend.core.clock import now
from backend.core.database import Database
from backend.identity.models import Person
from backend.incidents.models import Incident
from backend.incidents.review.making import review_incident
from tests.browser.conftest import replaying
from tests.browser.phone import Phone, Phones
from tests.embedded.running import Up
from tests.factories import made, unique

_RANKED = """
SELECT id, group_id FROM trace WHERE group_id IS NOT NULL
AND jsonb_array_length(CASE jsonb_typeof(result -> 'fused') WHEN 'array' THEN result -> 'fused' ELSE '[]' END) > 2
ORDER BY id DESC LIMIT 1
"""
TRACED_WITHIN_S = 120
"""A replayed fault has raised its alarms and is traced so soon."""
WORDS = "阀门定位器每半年校验一次"


async def test_two_choose_blind_the_leader_confirms_and_what_is_decided_waits_on_its_owner_s_phone(
    plant: Up, phones: Phones
) -> None:
    incident = await closed_incident(plant)
    here = f"/incidents/{incident}/meeting"
    leader, one, other = await phones("leader1"), await phones("worker1"), await phones("worker2")
    await _convenes(leader, incident)
    first = await _chooses_blind(one, here, 0)
    await _chooses_without_a_network(other, here)
    await _opens_and_confirms(leader, here, first)
    await _asks_why(leader, here)
    await _decides_and_ends(leader, here)
    await one.open("/tasks")
    await one.page.locator("a.row", has_text=WORDS).click()
    await expect(one.page.locator("h1")).to_contain_text(re.compile("ZG-"))
    await expect(one.page.locator("body")).to_contain_text("来自复盘会的决定")
    await one.open(f"/incidents/{incident}/review")
    await expect(one.page.locator("#review-meeting")).to_contain_text(WORDS)
    assert leader.complaints == [] and one.complaints == []


async def closed_incident(plant: Up) -> int:
    """A closed incident of this test's own, explained by a trace that ranks several causes, with its report."""
    database = Database(plant.database_url)
    group = await _ranked(database)
    if group is None:
        with replaying(plant, "--fault", "4", "--rate", "10", "--from-normal", "2"):
            for _ in range(TRACED_WITHIN_S):
                await asyncio.sleep(1)
                group = group or await _ranked(database)
                if group:
                    break
    async with database.session() as session:
        people = await session.scalars(select(Person).where(col(Person.account).in_(["leader1", "manager1"])))
        ids = {one.account: one for one in people}
        began = now() - timedelta(minutes=40)
        row = Incident(
            site_id=ids["leader1"].site_id,
            number=unique("SJ-"),
            state="closed",
            kind="equipment_failure",
            level="general",
            title="反应器冷却异常",
            title_en="Reactor cooling failed",
            group_id=group,
            began_at=began,
            opened_at=began,
            closed_at=now(),
            lead_id=ids["leader1"].id,
            closed_by=ids["manager1"].id,
        )
        incident_id = (await made(session, row)).id
    async with database.session() as session:
        await review_incident(session, incident_id)
    await database.close()
    return incident_id


async def _ranked(database: Database) -> int | None:
    async with database.session() as session:
        row = (await session.execute(text(_RANKED))).one_or_none()
    return row.group_id if row else None


async def _convenes(leader: Phone, incident: int) -> None:
    """From the report's page."""
    page = await leader.open(f"/incidents/{incident}/review")
    await page.locator("#incident-meeting").get_by_role("link", name="召集复盘会").click()
    await page.get_by_label("在哪里").fill("二楼会议室")
    await page.locator("summary", has_text="加上别的人").click()
    for name in ("王建国", "李秀英"):
        await page.locator(".choice", has_text=name).click()
    await page.locator(".action-bar button").click()
    await expect(page.locator("#meeting")).to_contain_text("到会 0 / 4 人")


async def _chooses_blind(phone: Phone, here: str, place: int) -> str:
    """From the tasks; nothing is told before; gives what was chosen."""
    await phone.open("/tasks")
    await phone.page.locator(f"a.row[href='{here}?step=choose']").click()
    await expect(phone.page.locator("#choice")).to_be_visible()
    await expect(phone.page.locator("#meeting")).not_to_contain_text("%")
    chosen = phone.page.locator("#choice .choice").nth(place)
    words = await chosen.inner_text()
    await chosen.click()
    await phone.page.locator(".action-bar button").click()
    await expect(phone.page.locator("#meeting-compare")).to_contain_text("系统第 1")
    return words


async def _chooses_without_a_network(phone: Phone, here: str) -> None:
    page = await phone.open(f"{here}?step=choose")
    await phone.is_live()
    await page.locator("#choice .choice", has_text="其他原因").click()
    await page.get_by_label("是什么原因").fill("定位器漂移")
    await phone.context.set_offline(True)
    await page.locator(".action-bar button").click()
    await expect(page.locator("#outbox-state")).to_have_text("未发送 1")
    await phone.context.set_offline(False)
    await phone.open("/outbox")
    await expect(page.locator("#outbox article").first).to_contain_text("已送达")


async def _opens_and_confirms(leader: Phone, here: str, cause: str) -> None:
    page = await leader.open(f"{here}?step=choose")
    await expect(page.locator("#meeting-count")).to_contain_text("2 / 4")
    await page.get_by_role("button", name="公布选择").press("Enter")
    await expect(page.locator("#meeting-compare")).to_contain_text("2 人选")
    await expect(page.locator("#meeting-compare")).to_contain_text("定位器漂移")
    await page.locator("#cause .choice").filter(has=page.get_by_text(cause, exact=True)).click()
    await page.get_by_label("理由").fill("现场复测，阀位不跟随")
    await page.locator(".action-bar button").click()
    await expect(page.locator("#meeting-cause strong")).to_have_text(cause)


async def _asks_why(leader: Phone, here: str) -> None:
    page = await leader.open(f"{here}?step=why")
    for number, answer in enumerate(("冷却水量不够", "阀门没有开到位", "定位器没有校验"), 1):
        await page.locator(f"#answer-{number}").fill(answer)
    await page.locator(".choice", has_text="管（管理）").click()
    await page.locator(".action-bar button").click()
    await expect(page.locator(".meeting-whys li")).to_have_count(3)


async def _decides_and_ends(leader: Phone, here: str) -> None:
    page = await leader.open(f"{here}?step=decide")
    await page.locator("#decision-words").fill(WORDS)
    await page.locator(".choice", has_text="管理措施").click()
    owner = page.locator("#decision-owner")
    await owner.select_option(await owner.locator("option", has_text="王建国").get_attribute("value"))
    await page.locator(".action-bar button").click()
    await expect(page.locator("#meeting-decisions")).to_contain_text(WORDS)
    await leader.open(f"{here}?step=attend")
    await page.get_by_role("button", name="王建国 到会").click()
    await expect(page.locator("#meeting-attend")).to_contain_text("到会 1 / 4 人")
    await leader.open(f"{here}?step=close")
    await page.get_by_role("button", name="结束复盘会").press("Enter")
    await expect(page.locator("#meeting-decisions")).to_contain_text("待整改")
