"""A leader looks back: from the list of incidents to a cause, its incidents, another period, and a file."""

import io
import zipfile
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

from playwright.async_api import expect
from sqlalchemy import select
from sqlmodel import col

from backend.core.clock import now
from backend.core.database import Database
from backend.identity.models import Site
from backend.plant.models import Area, Equipment
from tests.browser.phone import Phones
from tests.embedded.running import Up
from tests.factories import made
from tests.incidents.past import explained, happened
from tests.incidents.scene import Scene

PLACE = "旧脱气罐"


async def look_back(database_url: str) -> None:
    """Equipment of its own with twelve incidents of the last 80 days and two of the 90 days before."""
    database = Database(database_url)
    async with database.session() as session:
        area = (await session.scalars(select(Area).order_by(col(Area.id)).limit(1))).one()
        site = await session.get_one(Site, area.site_id)
        tank = Equipment(site_id=site.id, area_id=area.id, stage_id=area.stage_id, code="T-OLD", name=PLACE)
        tank.name_en, tank.equipment_class = "Old degasser", "separator"
        await made(session, tank)
        scene = Scene(site, area, tank, tank)
        levels = ("general", "significant", "general", "major")
        for n in range(14):
            began = now() - timedelta(days=6 * n + 1 if n < 12 else 100 + n, hours=5 * n)
            kind = ("equipment_failure", "gas_leak", "equipment_failure", "fire")[n % 4]
            one = await happened(session, scene, began, level=levels[n % 4], kind=kind, injured=1 if n == 3 else None)
            cause = f"equipment:{tank.id}/{'valve.sticking' if n % 4 else 'pump.seal'}"
            if n != 5:
                await explained(session, one, fused=cause, confirmed=cause if n % 3 == 0 else "")
    await database.close()


async def test_from_a_cause_to_its_incidents_to_another_period_and_into_a_file(plant: Up, phones: Phones) -> None:
    await look_back(plant.database_url)
    phone = await phones("leader1")
    page = await phone.open("/incidents")
    await page.get_by_role("link", name="事件历史").click()
    await page.get_by_text("筛选和自选时间").click()
    await page.get_by_label("设备", exact=True).select_option(label=PLACE)
    await page.get_by_role("button", name="查看").click()
    await expect(page.locator("#history-chips")).to_contain_text(PLACE)
    causes = page.locator("#history-causes")
    await expect(causes).to_contain_text("查到原因的 11 起中")
    await causes.locator("a.history-bar").first.click()
    await expect(page.get_by_role("heading", name="8 起", exact=True)).to_be_visible()
    await expect(page.locator("#history-rows a.row")).to_have_count(8)
    await page.locator("#history-chips a", has_text="原因").click()
    await page.get_by_role("link", name="对比", exact=True).click()
    count = page.locator('tr[data-metric="count"]')
    await expect(count).to_contain_text("12")
    await expect(page.locator("tr.history-verdict").first).to_contain_text("确有增加")
    await page.get_by_role("link", name="清单").click()
    async with page.expect_download() as coming:
        await page.get_by_role("link", name="Excel").click()
    file = await (await coming.value).path()
    rows = rows_of(file)
    assert len(rows) == 13 and rows[0][:2] == ["编号", "名称"]
    assert {row[8] for row in rows[1:]} == {PLACE}
    assert phone.complaints == []


def rows_of(file: Path) -> list[list[str]]:
    """What each cell of a workbook's sheet shows."""
    with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as archive:
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    return [["".join(cell.itertext()) for cell in row] for row in sheet.iter(f"{space}row")]
