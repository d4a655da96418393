"""A round on a phone: three taps when all is well, a reading out of limits, a basement without a network."""

import re

from playwright.async_api import expect

from tests.browser.phone import Phones

HERE = {"latitude": 31.230412, "longitude": 121.473712, "accuracy": 12}


async def test_a_visit_takes_three_taps_asks_at_a_bad_reading_and_is_kept_without_a_network(phones: Phones) -> None:
    worker = await phones("worker3", geolocation=HERE, permissions=["geolocation"])
    page = await worker.open("/checkins")
    await page.get_by_role("link", name="开始巡检").click()
    await page.get_by_role("button", name="全部正常，打卡").click()
    await expect(page.get_by_text("打卡已送达")).to_be_visible()
    await expect(page.locator("[data-number]")).to_have_attribute("data-number", re.compile(r"XJ-\d{6}"))

    await page.get_by_role("link", name=re.compile("下一处")).click()
    await page.get_by_text("附上大致位置").click()
    await expect(page.locator("#position-state")).to_have_text("已取得位置")
    await worker.context.set_offline(True)
    await page.get_by_role("button", name="全部正常，打卡").click()
    await expect(page.locator("#outbox-state")).to_have_text("未发送 1")
    await worker.context.set_offline(False)
    await page.goto(worker.base + "/outbox")
    sent = page.locator("#outbox article").first
    await expect(sent).to_contain_text(re.compile(r"已送达 · XJ-\d{6}"))
    await sent.get_by_role("link", name="查看").click()
    await expect(page.locator("#content")).to_contain_text("31.2304, 121.4737")
    assert worker.complaints == [] or all("ERR_INTERNET_DISCONNECTED" in each for each in worker.complaints)

    operator = await phones("worker1")
    page = await operator.open("/checkins")
    await page.locator("a.row", has_text="反应器").first.click()
    await expect(page.locator(".evidence").nth(2)).to_be_hidden()
    await page.get_by_label("现场压力表").fill("2900")
    await expect(page.locator(".item.is-out .evidence")).to_be_visible()
    await page.locator("label.choice", has_text="完好").click()
    await page.locator("#note_2").fill("压力偏高，已告知主控")
    await page.get_by_role("button", name="提交打卡").click()
    await expect(page.get_by_text("请作答").first).to_be_visible()
    await expect(page.locator("#note_2")).to_have_value("压力偏高，已告知主控")
    for well in await page.locator("label.choice", has_text=re.compile("^正常$")).all():
        await well.click()
    await page.get_by_role("button", name="提交打卡").click()
    await expect(page.get_by_text("发现异常 1 项")).to_be_visible()
