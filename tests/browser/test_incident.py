"""An incident as three people live it on three phones: it opens by itself, is handled without a network, and ends."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import replaying
from tests.browser.phone import Phone, Phones
from tests.embedded.running import Up

DONE = "已停 2 号压缩机，手动关小放空阀"


@pytest.mark.timeout(240)
async def test_a_fault_becomes_an_incident_that_is_handled_offline_too_and_closed_by_two(
    quiet_plant: Up, phones: Phones
) -> None:
    base = f"http://127.0.0.1:{quiet_plant.environment['ANSU_PORT']}"
    leader, worker = await phones("leader1", base=base), await phones("worker1", base=base)
    await leader.is_live()
    with replaying(quiet_plant, "--fault", "6", "--rate", "10", "--from-normal", "5"):
        number = await _opens_what_appears(leader)
        await _takes_charge(leader)
        await _logs_without_a_network(worker, number)
        await expect(leader.page.locator("#incident-log")).to_contain_text(DONE)
    await _says_it_is_contained(leader)
    manager = await phones("manager1", base=base)
    await _closes(manager, number)
    await expect(leader.page.locator("#incident-now")).to_contain_text("已结束")
    await leader.open("/")
    await expect(leader.page.locator("#home-incidents")).to_have_count(0)
    assert leader.complaints == [] and manager.complaints == []


async def _opens_what_appears(leader: Phone) -> str:
    """Home says by itself that something has broken out; one tap opens it, with the minutes before."""
    row = leader.page.locator("#home-incidents a.row").first
    await expect(row).to_be_visible(timeout=60_000)
    await row.click()
    await leader.page.wait_for_url(re.compile(r"/incidents/\d+$"))
    await expect(leader.page.locator("#incident-now")).to_contain_text("处置中")
    await leader.unfold("before")
    await expect(leader.page.locator("#before svg").first).to_be_visible()
    return await leader.page.locator("h1").inner_text()


async def _takes_charge(leader: Phone) -> None:
    await leader.page.get_by_role("button", name="我来指挥").click()
    await expect(leader.page.locator("#incident-now")).to_contain_text("陈志强")
    await leader.is_live()


async def _logs_without_a_network(worker: Phone, number: str) -> None:
    """It stands on the worker's home; what is logged waits on the phone and arrives once."""
    await worker.open("/")
    await worker.page.locator("#home-incidents a.row", has_text=number).click()
    await expect(worker.page.locator("h1")).to_have_text(number)
    await expect(worker.page.get_by_role("button", name="已控制")).to_have_count(0)
    await worker.page.locator(".choice", has_text="停机").click()
    await worker.page.locator("#disposal-words").fill(DONE)
    await worker.is_live()
    await worker.context.set_offline(True)
    await worker.page.locator(".action-bar").get_by_role("button", name="记录处置").click()
    await expect(worker.page.locator("#outbox-state")).to_have_text("未发送 1")
    await worker.context.set_offline(False)
    await worker.open("/outbox")
    sent = worker.page.locator("#outbox article").first
    await expect(sent).to_contain_text(f"已送达 · {number}")
    await sent.get_by_role("link", name="查看").click()
    await expect(worker.page.locator("#incident-log").get_by_text(DONE)).to_have_count(1)


async def _says_it_is_contained(leader: Phone) -> None:
    await leader.page.reload()
    await leader.unfold("contain")
    await leader.page.locator("#contain-words").fill("压力已回到正常，放空阀已关")
    await leader.page.get_by_role("button", name="已控制").press("Enter")
    await expect(leader.page.locator("#incident-now")).to_contain_text("已控制")
    await expect(leader.page.locator("#close")).to_have_count(0)
    await leader.is_live()


async def _closes(manager: Phone, number: str) -> None:
    """重大 needs somebody else than who contained it."""
    await manager.open("/incidents")
    await manager.page.locator("a.row", has_text=number).click()
    await manager.unfold("close")
    await manager.page.get_by_role("textbox", name="受伤").fill("0")
    await manager.page.get_by_label("损失了什么").fill("停产 40 分钟")
    await manager.page.get_by_role("button", name="结束事件").press("Enter")
    await expect(manager.page.locator("#incident-now")).to_contain_text("停产 40 分钟")
    await expect(manager.page.locator("#incident-log")).to_contain_text("压力已回到正常")
