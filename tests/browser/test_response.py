"""The response to an incident as a leader and a worker live it: plan, roll-call and cordon, offline too."""

import re

from playwright.async_api import expect

from tests.browser.phone import Phone, Phones


async def test_a_plan_is_ticked_people_are_counted_and_ground_is_closed_on_two_phones(phones: Phones) -> None:
    worker, leader = await phones("worker1"), await phones("leader1")
    number = await _reports(worker)
    await leader.open("/incidents")
    await leader.page.locator("a.row", has_text=number).click()
    await leader.page.wait_for_url(re.compile(r"/incidents/\d+$"))
    incident = leader.page.url
    await _orders(leader)
    await worker.is_live()
    await expect(worker.page.locator("#incident-now")).to_contain_text("正在疏散")
    await _says_safe_without_a_network(worker, number)
    await expect(leader.page.locator(".called", has_text="自己报的")).to_have_count(1)
    await _ticks_without_a_network(worker, incident)
    await _closes_ground(leader, incident)
    assert leader.complaints == []


async def _reports(worker: Phone) -> str:
    """As an incident of its own, whatever other tests left open there."""
    await worker.open("/incidents/new")
    await worker.page.locator(".choice", has_text="气体泄漏").click()
    await worker.page.locator(".choice", has_text="反应区").first.click()
    await worker.comes_to_rest()
    apart = worker.page.locator(".choice", has_text="不是，另外报告")
    if await apart.count():
        await apart.click()
    await worker.page.locator(".action-bar button").click()
    await worker.page.wait_for_url(re.compile(r"/incidents/\d+\?done"))
    await worker.unfold("plan")
    await expect(worker.page.locator("#incident-plan .todo-steps > li")).to_have_count(3)
    return await worker.page.locator("h1").inner_text()


async def _orders(leader: Phone) -> None:
    """The incident's own area is ticked; the dangerous button is pressed by the keyboard, which need not hold it."""
    await leader.unfold("evacuation")
    await leader.page.locator("#incident-evacuation a.button").click()
    await expect(leader.page.locator("#order input[name=areas]:checked")).to_have_count(1)
    await leader.page.locator("#order-words").fill("往北门走")
    await leader.page.locator("#order").get_by_role("button", name="下令疏散").press("Enter")
    await expect(leader.page.locator("#roll-list")).to_contain_text("正在疏散")
    await leader.is_live()


async def _says_safe_without_a_network(worker: Phone, number: str) -> None:
    await worker.context.set_offline(True)
    await worker.page.locator("#incident-now").get_by_role("button", name="我安全了").click()
    await expect(worker.page.locator("#outbox-state")).to_have_text("未发送 1")
    await worker.context.set_offline(False)
    await worker.open("/outbox")
    await expect(worker.page.locator("#outbox article").first).to_contain_text(f"已送达 · {number}")


async def _ticks_without_a_network(worker: Phone, incident: str) -> None:
    await worker.page.goto(f"{incident}/plan")
    await worker.is_live()
    await worker.context.set_offline(True)
    await worker.page.locator("#step-shut").get_by_role("button", name="做完了").click()
    await expect(worker.page.locator("#outbox-state")).to_have_text("未发送 1")
    await worker.context.set_offline(False)
    await worker.open("/outbox")
    await expect(worker.page.locator("#outbox article", has_text="关断泄漏源")).to_contain_text("已送达")
    await worker.page.goto(incident)
    await expect(worker.page.locator("#incident-log").get_by_text("完成了预案步骤")).to_have_count(1)


async def _closes_ground(leader: Phone, incident: str) -> None:
    """Three taps on the plan are three corners, also where a mark would lead elsewhere."""
    await leader.page.goto(f"{incident}/cordon")
    plan = leader.page.locator("#draw-plan svg")
    for x, y in ((0.1, 0.1), (0.9, 0.1), (0.5, 0.9)):
        box = await plan.bounding_box()
        assert box
        await plan.click(position={"x": box["width"] * x, "y": box["height"] * y})
    await expect(leader.page.locator("[data-corners]")).to_have_text("3")
    await leader.page.get_by_role("button", name="划定警戒区").click()
    await expect(leader.page.locator("#cordon-plan .plan-cordons polygon")).to_have_count(1)
