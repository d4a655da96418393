"""The plant set up on a phone: a plan from a picture, an area, equipment, a link, a workbook, a change taken back."""

import io
from collections.abc import AsyncIterator
from typing import Any

import pytest
from openpyxl import Workbook
from playwright.async_api import Page, expect
from sqlalchemy import text

from backend.core.database import Database
from tests.browser.phone import Phone, Phones
from tests.embedded.running import Up
from tests.hazards.pictures import photo

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
async def named_afterwards(plant: Up) -> AsyncIterator[None]:
    """What is set up here has Chinese names alone; pages that are swept in English later are to find English ones."""
    yield
    database = Database(plant.database_url)
    async with database.session() as session:
        for table in ("area", "equipment", "point", "floor_plan"):
            await session.execute(text(f"UPDATE {table} SET name_en = 'Set up ' || id WHERE name_en = ''"))
    await database.close()


@pytest.mark.usefixtures("named_afterwards")
async def test_a_plan_is_drawn_on_a_picture_filled_from_excel_and_a_change_is_taken_back(phones: Phones) -> None:
    officer, worker = await phones("safety1"), await phones("worker1")
    plan = await _uploads_a_picture(officer)
    await worker.page.goto(f"{officer.base}/plant?plan={plan.rsplit('/', 1)[1]}")
    await worker.is_live()
    await _draws_an_area(officer, plan)
    await expect(worker.page.locator("#plant-plan .plan-area")).to_contain_text("新罐区")  # without a reload
    await _imports(officer)
    await _places(officer, plan, "甲泵", (90, 90))
    await _places(officer, plan, "乙泵", (230, 170))
    await expect(worker.page.locator("#plant-plan .plan-mark")).to_have_count(2)
    await _joins(officer, plan)
    await expect(worker.page.locator("#plant-plan .plan-pipe.is-energy")).to_have_count(1)
    await _takes_back(officer)
    await expect(worker.page.locator("#plant-plan .plan-pipe")).to_have_count(0)
    assert worker.complaints == []
    assert all("422" in each for each in officer.complaints)  # what is refused on purpose


async def _uploads_a_picture(officer: Phone) -> str:
    """Gives the address of the plan."""
    page = await officer.open("/plant/edit")
    await page.get_by_role("link", name="平面图").click()
    await page.locator("#name").fill("罐区图")
    await page.locator("#picture").set_input_files({"name": "x.svg", "mimeType": "image/svg+xml", "buffer": b"<svg/>"})
    await _saves(page)
    await expect(page.locator("#picture-error")).to_contain_text("只能上传照片")
    await expect(page.locator("#name")).to_have_value("罐区图")
    await page.locator("#picture").set_input_files({"name": "x.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    await _saves(page)
    await expect(page.locator("image.plan-picture")).to_have_count(1)
    return page.url.split("?")[0]


async def _draws_an_area(officer: Phone, plan: str) -> None:
    page = officer.page
    await page.get_by_role("link", name="画区域").click()
    await expect(page.get_by_role("button", name="退一步")).to_be_visible()  # the script is there
    for at in ((40, 40), (150, 45), (150, 120), (40, 120), (90, 20)):
        await _taps(page, at)
    await expect(page.locator("[data-count]")).to_have_text("5")
    await page.get_by_role("button", name="退一步").click()
    await page.locator(".outline-corner").nth(1).focus()
    await page.keyboard.press("Shift+ArrowRight")
    await page.locator("#name").fill("新罐区")
    await _saves(page)
    await expect(page.locator(".notice")).to_contain_text("已保存")
    await expect(page.locator(".plan-area")).to_contain_text("新罐区")
    await page.goto(f"{plan}/areas")
    await page.get_by_role("link", name="新罐区").click()
    await expect(page.locator(".outline-corner")).to_have_count(4)
    corner = await page.locator(".outline-corner").nth(2).bounding_box()
    assert corner is not None
    x, y = corner["x"] + corner["width"] / 2, corner["y"] + corner["height"] / 2
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + 30, y + 30, steps=4)
    await page.mouse.up()
    await expect(page.locator(".outline-corner")).to_have_count(4)
    await _saves(page)
    await expect(page.locator(".notice")).to_contain_text("已保存")


async def _imports(officer: Phone) -> None:
    page = await officer.open("/plant/edit/import")
    await _sends(page, "很高")
    await expect(page.locator("#wrong-rows")).to_contain_text("第 2 行 量程上限：请填写数字")
    await page.get_by_role("link", name="重新上传").click()
    await _sends(page, 90)
    await expect(page.locator("#wrong-rows")).to_have_count(0)
    await page.get_by_role("button", name="确认导入 3 行").click()
    await expect(page.locator(".notice")).to_contain_text("已导入")


async def _sends(page: Page, bound: Any) -> None:
    book = Workbook()
    book.remove(book.worksheets[0])
    equipment, points = book.create_sheet("设备"), book.create_sheet("测点")
    for row in (["设备编号", "设备名称"], ["P-901", "甲泵"], ["P-902", "乙泵"]):
        equipment.append(row)
    for cells in (["位号", "名称", "所属设备", "单位", "量程上限"], ["TI-901", "轴承温度", "P-901", "℃", bound]):
        points.append(cells)
    file = io.BytesIO()
    book.save(file)
    await page.locator("#file").set_input_files({"name": "设备.xlsx", "mimeType": XLSX, "buffer": file.getvalue()})
    await _saves(page)


async def _places(officer: Phone, plan: str, name: str, at: tuple[int, int]) -> None:
    page = officer.page
    await page.goto(f"{plan}/marks")
    choice = page.locator("#equipment_id option", has_text=name)
    await page.select_option("#equipment_id", await choice.get_attribute("value"))
    await expect(page.locator(".mark-ghost")).to_have_count(1)
    await _taps(page, at)
    await expect(page.locator(".mark-ghost")).to_be_visible()
    await _saves(page)
    await expect(page.locator(f".plan-mark[aria-label='{name}']")).to_have_count(1)


async def _joins(officer: Phone, plan: str) -> None:
    page = officer.page
    await page.goto(f"{plan}/links")
    await expect(page.locator(".join-line")).to_have_count(1)
    for name in ("甲泵", "乙泵"):
        await page.locator(f".plan-mark[aria-label='{name}']").click()
    await page.locator("label.choice", has_text="能量").click()
    await page.locator("#delay_s").fill("90")
    await _saves(page)
    await expect(page.get_by_role("link", name="甲泵 → 乙泵")).to_contain_text("能量")


async def _takes_back(officer: Phone) -> None:
    page = await officer.open("/plant/changes")
    latest = page.locator(".change-batch").first
    await expect(latest).to_contain_text("甲泵 → 乙泵")
    await latest.get_by_role("button", name="撤销此更改").click()
    await expect(page.locator(".notice")).to_contain_text("已撤销")
    await expect(page.locator(".change-batch").nth(1)).to_contain_text("已撤销")


async def _taps(page: Page, at: tuple[int, int]) -> None:
    """A finger on the plan, in pixels from its corner."""
    await page.locator("svg.plan-map").tap(position={"x": at[0], "y": at[1]})


async def _saves(page: Page) -> None:
    await page.locator(".action-bar button[type=submit]").click()
