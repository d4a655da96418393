"""AnSu without a network: what was seen opens, what is filled in waits, what belongs to another is gone."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.cable import Cable, plugged_in
from tests.browser.phone import Phone, Phones
from tests.browser.test_outbox import opens_one, reports, starts
from tests.embedded.running import Up

KEPT = "async (path) => !!(await caches.match(path))"


@pytest.fixture
async def cable(plant: Up) -> AsyncIterator[Cable]:
    async with plugged_in(int(plant.environment["ANSU_PORT"])) as cable:
        yield cable


async def has(phone: Phone, path: str, *, kept: bool = True) -> None:
    """Wait until the phone has ``path`` for later, or has it no more."""
    async with asyncio.timeout(20):
        while await phone.page.evaluate(KEPT, path) is not kept:  # noqa: ASYNC110 - another process is waited for
            await asyncio.sleep(0.1)


async def test_a_worker_works_on_in_a_basement_with_a_phone_that_was_closed_meanwhile(
    phones: Phones, cable: Cable, tmp_path: Path
) -> None:
    leader, worker = await phones("leader1"), await phones("worker2", base=cable.url)
    path = await opens_one(leader)
    await starts(worker, path)
    await worker.open("/")
    await has(worker, path)
    await has(worker, "/outbox")

    await worker.page.close()
    await cable.pull()
    worker.page = await worker.context.new_page()
    await worker.open("/")
    await expect(worker.page.locator("#kept-state")).to_contain_text("离线 · 内容截至")
    await worker.page.locator(f"#present a.row[href='{path}']").click()
    await reports(worker, tmp_path)
    await expect(worker.page.locator("#content")).to_contain_text("已存在本机")
    await worker.open("/outbox")
    await expect(worker.page.locator("#outbox article", has_text="未发送 · 在本机")).to_be_visible()
    await worker.open("/rectifications/999999")
    await expect(worker.page.locator("h1")).to_contain_text("还没有存在本机")

    await cable.plug()
    await worker.open("/outbox")
    await expect(worker.page.locator("#outbox article").first).to_contain_text("已送达")
    await worker.open(path)
    await expect(worker.page.get_by_text("拧紧视镜并更换垫片")).to_have_count(1)


async def test_pages_of_one_person_are_gone_when_another_has_the_phone(phones: Phones) -> None:
    phone = await phones("worker2")
    await phone.open("/me")
    await has(phone, "/outbox")
    await phone.page.get_by_role("button", name="退出登录", exact=True).click()
    await phone.page.wait_for_url("**/sign-in**")
    await has(phone, "/outbox", kept=False)


async def test_the_first_page_of_another_person_ends_what_was_kept_though_nobody_signed_out(phones: Phones) -> None:
    phone, other = await phones("worker2"), await phones("worker3")
    await phone.open("/rectifications")
    await has(phone, "/outbox")
    await phone.open("/rectifications")
    await has(phone, "/rectifications")
    await phone.context.clear_cookies()
    await phone.context.add_cookies(await other.context.cookies())
    await phone.open("/me")
    await has(phone, "/me")
    await has(phone, "/rectifications", kept=False)


async def test_it_can_be_installed_with_shortcuts_for_scan_and_report(phones: Phones) -> None:
    phone = await phones("worker1")
    cdp = await phone.context.new_cdp_session(phone.page)
    manifest = await cdp.send("Page.getAppManifest")
    assert manifest["errors"] == []
    hindrances = (await cdp.send("Page.getInstallabilityErrors"))["installabilityErrors"]
    assert [one for one in hindrances if one["errorId"] != "in-incognito"] == [], "but that tests browse in private"
    wanted = json.loads(manifest["data"])
    for address in (*(icon["src"] for icon in wanted["icons"]), *(one["url"] for one in wanted["shortcuts"])):
        answer = await phone.page.request.get(phone.base + address)
        assert answer.status == 200, address
