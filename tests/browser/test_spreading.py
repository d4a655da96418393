"""An incident as it spreads, on a phone at the scene and on the wall of the control room: both change by themselves."""

from playwright.async_api import expect
from sqlalchemy import text

from backend.core.clock import now
from backend.core.database import Database
from backend.incidents.models import Incident
from backend.tracing.announcing import announce
from backend.tracing.models import Trace
from tests.browser.phone import Phone, Phones
from tests.embedded.running import Up
from tests.factories import made, unique

WALL = {"width": 1280, "height": 800}
UNTRACED, TRACED = "还没有属于它的溯源", "版溯源"


async def test_a_trace_and_a_leak_change_the_phone_and_the_wall_without_a_reload(
    phones: Phones, plant: Up, eventful: dict[str, int]
) -> None:
    database = Database(plant.database_url)
    incident_id = await _broken_out(database, eventful["equipment"])
    phone, wall = await phones("leader1"), await phones("manager1", viewport=WALL)
    await phone.open(f"/incidents/{incident_id}")
    await phone.unfold("scope")
    await wall.open(f"/incidents/{incident_id}/wall")
    for one in (phone, wall):
        await one.is_live()
        await expect(one.page.locator("main")).to_contain_text(UNTRACED)
    await _traced(database, incident_id, eventful["trace"])
    await expect(phone.page.locator("#incident-scope")).to_contain_text(TRACED)
    await expect(wall.page.locator(".wall-next")).to_contain_text(TRACED)
    await _states_a_leak(phone, incident_id)
    await expect(wall.page.locator("#wall .plume").first).to_be_attached()
    await expect(wall.page.locator(".wall-cloud")).to_contain_text("贴地的重气")
    await expect(wall.page.locator(".wall-log")).to_contain_text("估算了气体扩散")
    fits = "document.documentElement.scrollHeight <= innerHeight && document.documentElement.scrollWidth <= innerWidth"
    assert await wall.page.evaluate(fits), "a wall is one screen"
    assert phone.complaints == wall.complaints == []
    await database.close()


async def _broken_out(database: Database, equipment_id: int) -> int:
    """A leak at the reactor of this test's own, which no flood counts to yet."""
    async with database.session() as session:
        site_id = await session.scalar(text("SELECT site_id FROM equipment WHERE id = :id"), {"id": equipment_id})
        one = Incident(
            site_id=site_id or 0,
            number=unique("SJ-"),
            kind="gas_leak",
            level="major",
            title="氯气泄漏",
            title_en="Chlorine leak",
            equipment_id=equipment_id,
            began_at=now(),
        )
        return (await made(session, one)).id


async def _traced(database: Database, incident_id: int, trace_id: int) -> None:
    """The plant's flood counts to it, and its trace is told anew, as the worker does when it says something else."""
    async with database.session() as session:
        trace = await session.get_one(Trace, trace_id)
        incident = await session.get_one(Incident, incident_id)
        incident.group_id = trace.group_id
        await session.flush()
        await announce(session, trace, [], called=False)


async def _states_a_leak(phone: Phone, incident_id: int) -> None:
    await phone.open(f"/incidents/{incident_id}/plume")
    await phone.page.locator("#substance").select_option("cl2")
    for name, value in (("rate_g_s", "500"), ("wind_m_s", "3"), ("wind_from_deg", "250"), ("plan_width_m", "400")):
        await phone.page.locator(f"#{name}").fill(value)
    await phone.page.get_by_role("button", name="推算扩散").click()
    await expect(phone.page.locator("#incident-plume")).to_contain_text("贴地的重气")
