"""Risk on phones: a leader grades a source and sees the level at once, takes over a workbook, and the map follows."""

import io
import os
from pathlib import Path

from openpyxl import Workbook
from playwright.async_api import Page, expect

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
    await page.locator("#file").set_input_files({"name": "清单.xlsx", "mimeType": "", "buffer": _sheet()})
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


def _sheet() -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["编号", "风险点", "区域", "设备", "危险源", "L", "E", "C", "工程技术措施"],
        ["X-1", "空压站", "分离压缩区", "循环压缩机", "储气罐超压", 1, 6, 15, "安全阀校验"],
        ["X-2", "食堂", "没有的区域", None, "燃气泄漏", 1, 6, 15, "报警器"],
    ):
        sheet.append(row)
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


async def _picture(page: Page, name: str) -> None:
    """To be looked at, where ANSU_PICTURES names a folder."""
    if folder := os.environ.get("ANSU_PICTURES"):
        await page.screenshot(path=Path(folder) / f"risks-{name}.png", full_page=True)
