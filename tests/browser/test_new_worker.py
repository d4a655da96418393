"""The first day of a new worker, who gets a phone, the start page and a one-time password, and nothing else."""

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Page, expect

from backend.starter.courses import FOLDER
from tests.browser.cable import plugged_in
from tests.browser.phone import Phone, Phones
from tests.browser.test_offline import has
from tests.browser.test_scanning import film_of, label_of, phone_with_camera
from tests.embedded.running import Up
from tests.hazards.pictures import photo

NAME, ACCOUNT, PASSWORD = "孙晓晨", "sunxiaochen", "first-day-2026"
COURSE = "冷却水中断"
HAZARD = "冷却水泵地脚螺栓松动"


async def test_a_new_worker_scans_checks_in_reports_rectifies_and_passes_a_course(
    plant: Up, phones: Phones, tmp_path: Path
) -> None:
    once = await is_given_an_account(await phones("admin"))
    place, address, _ = await label_of(await phones("safety1"), "REACTOR_CW")
    base, _, token = address.partition("/l/")
    film = tmp_path / "film.mjpeg"
    film.write_bytes(film_of(base, token))
    async with (
        plugged_in(int(plant.environment["ANSU_PORT"])) as cable,
        phone_with_camera(cable.url, film, account="") as phone,
    ):
        await begins(phone, once)
        await scans_and_checks_in(phone, urlsplit(place).path)
        await opens_reports_once(phone)
        await cable.pull()
        await reports_a_hazard(phone.page, tmp_path)
        await expect(phone.page.locator("#outbox-state")).to_have_text("未发送 1")
        await cable.plug()
        await sees_it_delivered(phone)
        number = await turns_it_into_a_rectification(await phones("leader1"))
        await works_it(phone, number, tmp_path)
        await verifies(await phones("safety1"), number)
        await hears_that_it_is_gone(phone)
        await passes_a_course(phone)
        expected = ("ERR_CONNECTION", "ERR_FAILED", "htmx:sendError", "htmx:afterRequest", "WebSocket")
        assert [said for said in phone.complaints if not any(word in said for word in expected)] == []


async def is_given_an_account(admin: Phone) -> str:
    """The administrator adds the worker to team and post; gives the one-time password."""
    page = await admin.open("/people/new")
    await page.get_by_label("姓名").fill(NAME)
    await page.get_by_label("账号").fill(ACCOUNT)
    await page.get_by_label("班组", exact=True).select_option(label="反应班")
    await page.locator("label.choice", has_text="公用工程岗").click()
    await page.get_by_role("button", name="保存").click()
    return await page.locator(".one-time-password").inner_text()


async def begins(phone: Phone, once: str) -> None:
    """From the start page to one's own password and the first page."""
    await phone.open("/")
    await phone.page.get_by_label("账号").fill(ACCOUNT)
    await phone.page.get_by_role("textbox", name="密码").fill(once)
    await phone.page.get_by_role("button", name="登录", exact=True).click()
    await phone.page.get_by_role("textbox", name="原密码").fill(once)
    await phone.page.get_by_role("textbox", name="新密码", exact=True).fill(PASSWORD)
    await phone.page.get_by_role("textbox", name="再输一次新密码").fill(PASSWORD)
    await phone.page.get_by_role("button", name="保存").click()
    await phone.page.wait_for_url(lambda url: "/password" not in url)
    await phone.open("/")
    await expect(phone.page.locator(".greeting")).to_contain_text(NAME)


async def scans_and_checks_in(phone: Phone, place: str) -> None:
    """Three taps: the scanner, the equipment's check-in, all is well."""
    await scans(phone, place)
    await phone.page.get_by_role("link", name="打卡").click()
    await phone.page.get_by_role("button", name="全部正常，打卡").click()
    await expect(phone.page.get_by_text("打卡已送达")).to_be_visible()
    await expect(phone.page.locator("#content")).to_contain_text("扫码")


async def scans(phone: Phone, place: str) -> None:
    """Look through the camera until the label's page opens."""
    await phone.page.get_by_role("navigation", name="主导航").get_by_role("link", name="扫码").click()
    await phone.page.wait_for_url(f"**{place}?label=*")


async def opens_reports_once(phone: Phone) -> None:
    """What the phone needs without a network, it has taken along while it had one."""
    await phone.open("/")
    await has(phone, "/reports/new")
    await has(phone, "/tasks")


async def reports_a_hazard(page: Page, folder: Path) -> None:
    await page.get_by_role("navigation", name="主导航").get_by_role("link", name="上报").click()
    picture = folder / "bolt.jpg"
    picture.write_bytes(photo())
    await page.locator("input[type=file][name=photos]").set_input_files(picture)
    await page.get_by_label("在哪里").select_option(label="反应器")
    await page.get_by_label("说明（可以不写）").fill(HAZARD)
    await page.locator(".action-bar").get_by_role("button", name="上报").click()


async def sees_it_delivered(phone: Phone) -> None:
    await phone.open("/outbox")
    sent = phone.page.locator("#outbox article", has_text="上报隐患").first
    await expect(sent).to_contain_text(re.compile(r"已送达 · SB-"))
    await phone.open("/reports/mine")
    await expect(phone.page.locator("a.row", has_text=HAZARD)).to_have_count(1)


async def turns_it_into_a_rectification(leader: Phone) -> str:
    await leader.open("/tasks")
    await leader.page.locator("a.row", has_text=HAZARD).click()
    await leader.page.get_by_label("负责班组").select_option(label="反应班")
    await leader.page.get_by_role("button", name="受理并开整改").click()
    await leader.page.wait_for_url("**/rectifications/new**")
    await leader.page.get_by_label("措施").fill("紧固并做防松标记")
    owners = leader.page.get_by_label("责任人")
    await owners.select_option(await owners.locator("option", has_text=NAME).get_attribute("value"))
    await leader.page.get_by_role("button", name="开出整改单").click()
    await leader.page.wait_for_url(re.compile(r"/rectifications/\d+"))
    return await leader.page.locator("h1").inner_text()


async def works_it(phone: Phone, number: str, folder: Path) -> None:
    await phone.open("/tasks")
    await phone.page.locator("a.row", has_text=HAZARD).first.click()
    await expect(phone.page.locator("h1")).to_have_text(number)
    await phone.page.locator(".action-bar").get_by_role("button", name="开始整改").click()
    await expect(phone.page.locator("#content")).to_contain_text("整改中")
    picture = folder / "after.jpg"
    picture.write_bytes(photo())
    await phone.page.locator("input[type=file]").first.set_input_files(picture)
    await phone.page.get_by_label("做了什么").fill("已紧固")
    await phone.page.locator(".action-bar").get_by_role("button", name="提交验收").click()
    await expect(phone.page.locator("#content")).to_contain_text("待验收")


async def verifies(officer: Phone, number: str) -> None:
    await officer.open("/tasks")
    await officer.page.locator("a.row", has_text=HAZARD).first.click()
    await expect(officer.page.locator("h1")).to_have_text(number)
    await officer.page.locator(".action-bar").get_by_role("button", name="验收通过").click()
    await expect(officer.page.locator("#content")).to_contain_text("已销号")


async def hears_that_it_is_gone(phone: Phone) -> None:
    await phone.open("/reports/mine")
    await phone.page.locator("a.row", has_text=HAZARD).click()
    await expect(phone.page.locator("#content")).to_contain_text("验收通过，隐患已消除")


async def passes_a_course(phone: Phone) -> None:
    """Reads the pages to the end and answers as they say."""
    page = await phone.open("/tasks")
    await page.locator("a.row", has_text=COURSE).click()
    await page.wait_for_load_state()
    while await page.get_by_role("link", name="下一页").count():
        before = page.url
        await page.get_by_role("link", name="下一页").click()
        await page.wait_for_url(lambda url, before=before: url != before)
    await page.get_by_role("link", name="去测验").click()
    await page.wait_for_load_state()
    if await page.get_by_role("button", name="开始测验").count():
        await page.get_by_role("button", name="开始测验").click()
    known = json.loads((FOLDER / "tep-cooling.json").read_text())["questions"]
    for asked in await page.locator("fieldset.question").all():
        words = await asked.locator("legend").inner_text()
        question = next(one for one in known if one["text"] in words)
        for right in question["right"]:
            await asked.get_by_label(question["options"][right][0], exact=True).check()
    await page.get_by_role("button", name="交卷").click()
    await expect(page.locator("#content")).to_contain_text("分，已通过")
    await page.goto(f"{phone.base}/training")
    await expect(page.locator("#content")).to_contain_text("我的证书")
