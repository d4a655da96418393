"""Risk on phones: a leader grades a source and sees the level at once, takes over a workbook, and the map follows."""

import io
import os
from pathlib import Path

from openpyxl import Workbook, load_workbook
from playwright.async_api import Page, expect

from backend.risks.sheets.layout import COLUMNS
from tests.browser.phone import Phones


async def test_graded_by_three_taps_imported_after_a_look_and_shown_on_the_map(phones: Phones) -> None:
    leader, worker = await phones("leader1"), await phones("worker1")
    page = await leader.open("/risk-map")
    area = page.locator("article", has_text="原料区")
    await expect(area.locator(".section-head")).to_contain_text("一般")
    await _picture(page, "map")
    await page.goto(f"{leader.base}/risks?q=R-06")
    await page.locator("#risk-rows a.row", has_text="原料区").click()
    await _picture(page, "point")
    await page.get_by_role("link", name="现有风险 重新评级").first.click()
    await page.locator(".of-lec label.choice", has_text="10 · 完全可以预料").click()
    await expect(page.locator("#grade-result")).to_contain_text("D = 900")
    await expect(page.locator("#grade-result")).to_contain_text("重大")
    await _picture(page, "grade")
    await page.locator("#why").fill("阀门频繁泄漏")
    await page.locator(".action-bar button").click()
    await expect(page.locator(".risk-source").first).to_contain_text("阀门频繁泄漏")
    await page.goto(f"{leader.base}/risk-map?show=still")
    await expect(page.locator("article", has_text="原料区").locator(".section-head")).to_contain_text("重大")

    await page.goto(f"{leader.base}/risks/sheets")
    await page.locator("#file").set_input_files({"name": "清单.xlsx", "mimeType": "", "buffer": _sheet(*_TWO)})
    await page.locator(".action-bar button").click()
    await expect(page.locator("main")).to_contain_text("第 3 行 区域")
    await _picture(page, "preview")
    await page.locator(".action-bar button").click()
    await expect(page.locator(".notice").first).to_contain_text("已导入")

    here = await worker.open("/plant")
    await here.locator("a.plan-mark", has_text="压缩机").first.click()
    told = here.locator(".risks-told")
    await told.locator("summary", has_text="空压站").click()
    await expect(told).to_contain_text("安全阀校验")
    await _picture(here, "told")
    assert leader.complaints == [] and worker.complaints == []


async def test_a_list_goes_in_as_excel_is_graded_on_the_phone_and_comes_out_the_same(
    phones: Phones, tmp_path: Path
) -> None:
    leader = await phones("leader1")
    page = await leader.open("/risks/sheets")
    before = _rows(await _list(page, tmp_path / "before.xlsx"))
    file = tmp_path / "冷却塔清单.xlsx"
    file.write_bytes(_sheet(*_TOWER))
    await page.locator("#file").set_input_files(file)
    await page.locator(".action-bar button").click()
    await expect(page.locator("main")).to_contain_text("冷却塔清单.xlsx")
    await page.locator(".action-bar button").click()
    await expect(page.locator(".notice").first).to_contain_text("已导入")

    await page.goto(f"{leader.base}/risks?q=X-20")
    await page.locator("#risk-rows a.row", has_text="还没有评级").click()
    await page.get_by_role("link", name="现有风险 评级").first.click()
    for score, value in (("l", 3), ("e", 6), ("c", 7)):
        await page.locator(f".of-lec label.choice:has([name={score}][value='{value}'])").click()
    await expect(page.locator("#grade-result")).to_contain_text("D = 126")
    await page.locator("#why").fill("塔顶作业每天都有")
    await page.locator(".action-bar button").click()
    await expect(page.locator(".risk-source").first).to_contain_text("C 7 = 126")

    await page.goto(f"{leader.base}/risks/sheets")
    exported = await _list(page, tmp_path / "after.xlsx")
    after = _rows(exported)
    assert {code: rows for code, rows in after.items() if code != "X-20"} == before
    (tower,) = after["X-20"]
    said = {column.field: value for column, value in zip(COLUMNS, tower, strict=True) if value is not None}
    for field, value in (("name", "冷却塔"), ("area", "反应区"), ("source", "高处坠落")):
        assert said[field] == value
    assert said["measures.engineering"] == "装护栏"
    assert [said[f"residual.{score}"] for score in ("l", "e", "c", "value")] == [3, 6, 7, 126]
    assert "一般" in str(said["residual.level"])
    await page.locator("#file").set_input_files(exported)
    await page.locator(".action-bar button").click()
    await expect(page.locator(".notice").first).to_contain_text("和现在的清单一样，没有要改的")
    assert leader.complaints == []


_TWO = (
    ["编号", "风险点", "区域", "设备", "危险源", "L", "E", "C", "工程技术措施"],
    ["X-1", "空压站", "分离压缩区", "循环压缩机", "储气罐超压", 1, 6, 15, "安全阀校验"],
    ["X-2", "食堂", "没有的区域", None, "燃气泄漏", 1, 6, 15, "报警器"],
)
_TOWER = (
    ["编号", "风险点", "区域", "危险源", "工程技术措施"],
    ["X-20", "冷却塔", "反应区", "高处坠落", "装护栏"],
)


async def _list(page: Page, path: Path) -> Path:
    """The whole list as the browser keeps it."""
    async with page.expect_download() as kept:
        await page.get_by_role("link", name="导出清单").click()
    await (await kept.value).save_as(path)
    return path


def _rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """All that each point's rows say, by its code; what is merged stands in its first row alone."""
    sheet = load_workbook(path).active
    assert sheet is not None
    found: dict[str, list[tuple[object, ...]]] = {}
    code = ""
    for row in sheet.iter_rows(min_row=4, values_only=True):
        code = str(row[0]) if row[0] else code
        found.setdefault(code, []).append(row)
    return found


def _sheet(*rows: list[object]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


async def _picture(page: Page, name: str) -> None:
    """To be looked at, where ANSU_PICTURES names a folder."""
    if folder := os.environ.get("ANSU_PICTURES"):
        await page.screenshot(path=Path(folder) / f"risks-{name}.png", full_page=True)
