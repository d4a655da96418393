"""From an empty installation to the first check-in, on two phones, by people who have never seen it.

The demo isn't there: ``ansu site`` makes the site. How many taps and seconds it took is printed (``pytest -s``).
"""

import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.cable import plugged_in
from tests.browser.phone import Phone, Phones
from tests.browser.sweep import small_targets
from tests.browser.test_scanning import film_of, phone_with_camera
from tests.embedded.running import ROOT, Up, ups_in

ADMIN, OWN = "boss", "first-hour-2026"
ROSTER = (
    "姓名\t账号\t角色\t班组\t岗位\n王建国\twangjg\t一线员工\t冲压焊接班\t冲压工\n陈志强\tchenzq\t班组长\t冲压焊接班"
)


@pytest.fixture
def empty() -> Iterator[Up]:
    """A running AnSu without the demo."""
    home = Path(tempfile.mkdtemp(prefix="ansu-setup-"))
    home.chmod(0o711)
    try:
        with ups_in(home) as new_up:
            up = new_up("data", ANSU_DEMO="0").start().wait_running()
            yield up
            assert up.end() == 0
    finally:
        shutil.rmtree(home, ignore_errors=True)


async def test_from_an_empty_installation_to_the_first_check_in(empty: Up, browser: Browser, tmp_path: Path) -> None:
    once = founded(empty)
    maker = Phones(browser, f"http://127.0.0.1:{empty.environment['ANSU_PORT']}")
    began = time.monotonic()
    admin = await maker()
    taps = await counting_taps(admin.page)
    await begins(admin, ADMIN, once)
    page = await admin.open("/")
    await page.get_by_role("link", name="开始用安溯").click()
    await page.get_by_role("link", name="下一步：行业模板和设备").click()
    await page.get_by_role("link", name="机械加工与金属制品").click()
    await page.get_by_label("钻床的台数").fill("0")
    await page.get_by_label("冲床的叫法").fill("冲压机")
    await page.get_by_label("有传感器：滤筒压差").check()
    await seen(page, "pack")
    await page.get_by_role("button", name="装入这个模板").click()
    await expect(page.locator("#content")).to_contain_text("已装入")
    await seen(page, "installed")
    await page.get_by_role("link", name="网关要发的编码").click()
    await expect(page.locator(".wiring-topic")).to_have_text("ansu/first/网关名/point/DUSTCOL-1-DP")
    await seen(page, "codes")
    await page.get_by_role("link", name="继续").click()
    await seen(page, "steps")
    await page.get_by_role("link", name="下一步：人员").click()
    await the_list_is_read_and_taken_in(page)
    password = await page.locator(".slip", has_text="王建国").locator(".slip-password").inner_text()
    await seen(page, "passwords")
    await page.get_by_role("link", name="已打印或抄下").click()
    await page.get_by_role("link", name="下一步：打印标签").click()
    async with page.expect_download() as sheet:
        await page.get_by_role("button", name="打印 A4").click()
    assert (await sheet.value).suggested_filename == "ansu-labels-a4.pdf"
    await page.get_by_role("link", name="继续").click()
    await page.get_by_role("link", name="下一步：第一个巡检计划").click()
    await seen(page, "plan")
    await page.get_by_label("由谁来查").select_option(label="王建国")
    await page.get_by_role("button", name="启用计划").click()
    await page.get_by_role("link", name="下一步：第一次打卡").click()
    await expect(page.locator(".label-qr")).to_be_visible()
    await seen(page, "first")
    await a_worker_checks_in(empty, page, password, tmp_path)
    await expect(page.locator("#first-state")).to_contain_text("第一次打卡成功：王建国")
    print(f"\nsetup: {taps()} taps of the administrator, {time.monotonic() - began:.1f} s with both phones")
    await the_pack_is_taken_out_and_put_back(admin)


def founded(up: Up) -> str:
    """The site by the console; gives the administrator's one-time password."""
    asked = [sys.executable, "-m", "backend.cli", "site", "first", "--name", "第一机械厂", "--admin", ADMIN]
    said = subprocess.run(asked, cwd=ROOT, env=up.environment, capture_output=True, text=True, check=True).stdout
    return said.strip().splitlines()[-1]


async def begins(phone: Phone, account: str, once: str) -> None:
    """Signs in with the one-time password and chooses an own one."""
    page = await phone.open("/")
    await page.get_by_label("账号").fill(account)
    await page.get_by_role("textbox", name="密码").fill(once)
    await page.get_by_role("button", name="登录", exact=True).click()
    await page.get_by_role("textbox", name="原密码").fill(once)
    await page.get_by_role("textbox", name="新密码", exact=True).fill(OWN)
    await page.get_by_role("textbox", name="再输一次新密码").fill(OWN)
    await page.get_by_role("button", name="保存").click()
    await page.wait_for_url(lambda url: "/password" not in url)


async def a_worker_checks_in(up: Up, page: Page, once: str, folder: Path) -> None:
    """The worker's camera sees the code that the administrator's screen shows."""
    address = str(await page.evaluate("document.querySelector('.label-qr').dataset.address"))
    base, _, token = address.partition("/l/")
    film = folder / "film.mjpeg"
    film.write_bytes(film_of(base, token))
    async with (
        plugged_in(int(up.environment["ANSU_PORT"])) as cable,
        phone_with_camera(cable.url, film, account="") as phone,
    ):
        await begins(phone, "wangjg", once)
        await phone.open("/")
        await phone.page.get_by_role("navigation", name="主导航").get_by_role("link", name="扫码").click()
        await phone.page.wait_for_url(re.compile(r"label="))
        assert urlsplit(phone.page.url).path.startswith("/equipment/")
        await phone.page.get_by_role("link", name="打卡").first.click()
        await phone.page.locator("label", has_text=re.compile("^完好$")).first.click()
        await phone.page.locator("#check-in").click()
        await expect(phone.page.get_by_text("打卡已送达")).to_be_visible()


async def the_list_is_read_and_taken_in(page: Page) -> None:
    await page.get_by_label("或者选一个 Excel 表格").set_input_files(
        {"name": "花名册.csv", "mimeType": "text/csv", "buffer": ROSTER.encode("gb18030")}
    )
    await page.get_by_role("button", name="读取表格").click()
    await expect(page.get_by_label("名单，每人一行")).to_have_value(ROSTER)
    await seen(page, "roster")
    await page.get_by_label("名单，每人一行").fill(ROSTER.replace("冲压工", "厨师"))
    await page.get_by_role("button", name="加入名单").click()
    await expect(page.locator("#roster-lines")).to_contain_text("第 2 行：没有这个岗位")
    await expect(page.get_by_label("名单，每人一行")).to_have_value(ROSTER.replace("冲压工", "厨师"))
    await page.get_by_label("名单，每人一行").fill(ROSTER)
    await page.get_by_role("button", name="加入名单").click()


async def the_pack_is_taken_out_and_put_back(admin: Phone) -> None:
    page = await admin.open("/setup/packs?code=machining")
    await seen(page, "installed-pack")
    await page.get_by_role("link", name="退出这个模板").click()
    await expect(page.get_by_role("heading", name="会停用")).to_be_visible()
    await page.get_by_label("为什么退出").fill("选错了行业")
    await seen(page, "leaving")
    assert not await small_targets(page, 48)
    await page.get_by_role("button", name="退出模板").click()
    await expect(page.get_by_role("heading", name="这个模板已退出")).to_be_visible()
    await seen(page, "out")
    await admin.open("/plant")
    await expect(page.get_by_text("冲压机")).to_have_count(0)
    await admin.open("/setup/packs?code=machining")
    await page.get_by_role("button", name="放回模板").click()
    await expect(page.get_by_role("button", name="加入增加的设备")).to_be_visible()
    await admin.open("/plant")
    await expect(page.get_by_text("冲压机").first).to_be_attached()


async def counting_taps(page: Page) -> Callable[[], int]:
    """Counts clicks on every page from now on."""
    count = 0

    def one_more(_: object) -> None:
        nonlocal count
        count += 1

    await page.expose_binding("ansuTap", one_more)
    await page.add_init_script("addEventListener('click', (e) => e.isTrusted && ansuTap(), true)")

    return lambda: count


async def seen(page: Page, name: str) -> None:
    """A picture to look at, of a page that isn't wider than the phone."""
    await page.wait_for_load_state()  # a click waits for an answer to begin, not for anything of the page to be there
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    folder = ROOT / ".screenshots" / "setup"
    folder.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=folder / f"{name}.png", full_page=True)
