"""A plant's own list on the first day: the areas that it names aren't registered yet."""

from io import BytesIO

import httpx
from fastapi import FastAPI
from openpyxl import Workbook
from sqlalchemy import select
from sqlmodel import col

from backend.core.database import Database
from backend.identity.models import Role
from backend.plant.models import Area
from backend.risks.models import RiskPoint
from tests.risks.conftest import Plant
from tests.webclient import signed_in

HEADS = ["序号", "风险点\n名称", "所在\n区域", "危险源或潜在事件\n（人、物、环境、管理）", "L", "E", "C", "D"]


def as_plants_write_it(*rows: tuple[object, ...]) -> bytes:
    """A sheet of remarks before it, a title over merged cells, groups over the scores, a point over two rows."""
    book = Workbook()
    assert book.active is not None
    book.active["A1"] = "填表说明：由安环部编制"
    sheet = book.create_sheet("清单")
    sheet["A1"] = "某化工有限公司安全风险分级管控清单"
    sheet.merge_cells("A1:H1")
    for column, head in enumerate(HEADS, start=1):
        sheet.cell(3 if len(head) == 1 else 2, column, head)
    sheet["E2"] = "风险评价（LEC）"
    sheet.merge_cells("E2:H2")
    for row in rows:
        sheet.append(row)
    for letter in "ABC":
        sheet.merge_cells(f"{letter}2:{letter}3")
        if len(rows) > 1:
            sheet.merge_cells(f"{letter}4:{letter}5")
    held = BytesIO()
    book.save(held)
    return held.getvalue()


ROWS = (
    (1, "液氨储罐", "储运区", "罐体腐蚀泄漏", 3, 6, 15, 270),
    (None, None, None, "阀门内漏", 1, 6, 7, 42),
    (2, "叉车作业", "仓库", "叉车伤人", 3, 6, 7, 126),
)


async def sent(browser: httpx.AsyncClient, content: bytes) -> tuple[str, str]:
    """Where the preview is, and what it says."""
    answer = await browser.post("/risks/sheets", files={"file": ("清单.xlsx", content)})
    assert answer.status_code == 303
    at = answer.headers["location"]
    return at, (await browser.get(at)).text


async def test_areas_of_the_list_are_made_with_it_once_and_can_be_taken_back(
    app: FastAPI, database: Database, plant: Plant
) -> None:
    async with signed_in(app, plant.people[Role.SAFETY_OFFICER]) as browser:
        at, page = await sent(browser, as_plants_write_it(*ROWS))
        assert (
            "一起登记的区域" in page
            and "储运区、仓库" in page
            and "这些行不会导入" not in page
            and "请留意" not in page
        )
        assert "仓库" not in (await browser.get("/plant/edit/areas")).text, "nothing before somebody says so"
        assert (await browser.post(f"{at}/apply")).status_code == 303
        changes = (await browser.get("/plant/changes")).text
        _, again = await sent(browser, as_plants_write_it(*ROWS))
    assert "储运区" in changes and "/undo" in changes
    assert "一起登记的区域" not in again and "和现在的清单一样" in again
    async with database.session() as session:
        of_site = col(Area.site_id) == plant.site.id
        areas = {one.id: (one.code, one.name) for one in await session.scalars(select(Area).where(of_site))}
        points = await session.scalars(select(RiskPoint).where(col(RiskPoint.area_id).in_(areas)))
        placed = {one.name: areas[one.area_id or 0] for one in points}
    assert placed == {"液氨储罐": ("Q-01", "储运区"), "叉车作业": ("Q-02", "仓库")}


async def test_who_may_not_edit_the_plant_is_told_to_have_them_registered(app: FastAPI, plant: Plant) -> None:
    async with signed_in(app, plant.leader) as browser:
        _, page = await sent(browser, as_plants_write_it(*ROWS))
    assert "没有登记叫“储运区”的区域，请先登记" in page and "没有能导入的行" in page
    assert "和现在的清单一样" not in page, "nothing was read, so that nothing can be said of the list"


async def test_a_list_of_which_no_row_can_be_read_is_not_called_the_same(app: FastAPI, plant: Plant) -> None:
    async with signed_in(app, plant.people[Role.SAFETY_OFFICER]) as browser:
        _, page = await sent(browser, as_plants_write_it((1, "动火作业", "全厂", "火花引燃", 4, 6, 15, 360)))
    assert "不是该方法的分值" in page and "没有能导入的行" in page and "和现在的清单一样" not in page
