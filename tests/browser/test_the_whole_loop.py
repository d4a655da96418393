"""A fault from its first sign to what was learned from it, as its people live it on their devices."""

import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from playwright.async_api import Locator, Page, expect
from sqlalchemy import select
from sqlmodel import col

from backend.checkins.checklists import Question
from backend.checkins.commands.planning import PlanWish, make_plan
from backend.checkins.judging import ItemKind
from backend.core.clock import now
from backend.core.database import Database
from backend.identity.models import Person, Post
from backend.plant.models import Equipment
from backend.training.commands.courses import save_course
from backend.training.models import TrainingRecord
from tests.browser import learning
from tests.browser.conftest import replaying
from tests.browser.phone import Phone, Phones
from tests.embedded.running import Up
from tests.factories import actor_for, made
from tests.training.test_causes import CONTENT

DONE = "已停 2 号压缩机，手动关小放空阀"
COURSE = "进料中断处置"
ROUND = "进料巡检"
CAUSE = "A 进料：供料中断"
DECISION = "进料总管加装低压联锁"
WITHIN_S = 10.0
"""The report is there so soon after closing."""
WALL = {"width": 1280, "height": 800}
VERSION = re.compile(r"第 (\d+) 版溯源")


@dataclass(frozen=True)
class Feed:
    """Where the fault of the A feed acts."""

    site_id: int
    equipment_id: int


@pytest.fixture
async def database(quiet_plant: Up) -> AsyncIterator[Database]:
    database = Database(quiet_plant.database_url)
    yield database
    await database.close()


@pytest.mark.timeout(300)
async def test_a_fault_is_lived_through_reviewed_and_comes_back_as_work(
    quiet_plant: Up, database: Database, phones: Phones
) -> None:
    base = f"http://127.0.0.1:{quiet_plant.environment['ANSU_PORT']}"
    feed = await _prepared(database)
    leader, worker = await phones("leader1", base=base), await phones("worker1", base=base)
    officer, manager = await phones("safety1", base=base, viewport=WALL), await phones("manager1", base=base)
    await leader.is_live()

    with replaying(quiet_plant, "--fault", "6", "--rate", "5", "--from-normal", "5"):
        here, number = await _opens_what_appears(leader)
        await _all_see_it_move(leader, worker, officer, here)
        await _takes_charge(leader, here)
        await _counts_people(leader, worker, officer, here)
        await _logs_without_a_network(worker, here, number)
    await _contained(leader, here)
    await _closed_by_another(manager, here)
    await expect(leader.page.locator("#incident-now")).to_contain_text("已结束")
    await _report_is_there(manager, here)
    await _reads_it_in_english(phones, base, here)
    await _remarked_and_taken_along(leader, here)

    await _meets(leader, here)
    await _chooses_blind(worker, here)
    await _confirms_and_decides(leader, here)
    await _decision_waits_on_its_owner_s_phone(worker)

    item_id = await _adopts(officer, here, "A 进料", "增加检查项")
    await _adopts(officer, here, COURSE, "安排培训")
    item = await learning.suggestion(database, item_id)
    await _has_it_in_the_next_checklist(worker, item.words)
    await learning.sees_the_training_among_the_tasks(worker, COURSE)
    await learning.sees_that_it_is_too_early(leader, item_id)
    assert item.decided_at is not None
    await _and_later_that_it_worked(leader, database, feed, item_id, item.decided_at)

    await leader.open("/")
    await expect(leader.page.locator("#home-incidents")).to_have_count(0)
    assert leader.complaints == officer.complaints == manager.complaints == []


async def _prepared(database: Database) -> Feed:
    """A plan of rounds that stops at the A feed, and a course that who answers for it passed too long ago."""
    async with database.session() as session:
        people = await session.scalars(select(Person).where(col(Person.account).in_(("worker1", "safety1"))))
        known = {one.account: one for one in people}
        worker, officer = known["worker1"], await actor_for(session, known["safety1"])
        feed = (await session.scalars(select(Equipment).where(col(Equipment.code) == "FEED_A"))).one()
        post = (await session.scalars(select(Post).where(col(Post.code) == "feed"))).one()
        asked = Question(ItemKind.YES_NO, "管线无泄漏", "No leak")
        await make_plan(session, officer, PlanWish(ROUND, post.id, "shift", (asked,), (feed.id,), name_en="Feed round"))
        course = await save_course(session, officer, None, COURSE, "Loss of a feed", CONTENT)
        until = (now() - timedelta(days=7)).date()
        lapsed = {"course": COURSE, "course_en": course.title_en, "valid_until": until}
        passed = TrainingRecord(site_id=feed.site_id, person_id=worker.id, passed_on=until - timedelta(365), **lapsed)
        await made(session, passed)
        return Feed(feed.site_id, feed.id)


async def _opens_what_appears(leader: Phone) -> tuple[str, str]:
    """Home says by itself that something has broken out; one tap opens it, with the minutes before."""
    row = leader.page.locator("#home-incidents a.row").first
    await expect(row).to_be_visible(timeout=60_000)
    await row.click()
    await leader.page.wait_for_url(re.compile(r"/incidents/\d+$"))
    await expect(leader.page.locator("#incident-now")).to_contain_text("处置中")
    await leader.unfold("before")
    await expect(leader.page.locator("#before svg").first).to_be_visible()
    return leader.page.url.removeprefix(leader.base), await leader.page.locator("h1").inner_text()


async def _all_see_it_move(leader: Phone, worker: Phone, wall: Phone, here: str) -> None:
    """The scope becomes another one on two phones and the wall, which nobody touches."""
    await worker.open(here)
    await wall.open(f"{here}/wall")
    shown = [leader.page.locator("#incident-scope"), worker.page.locator("#incident-scope")]
    for phone in (leader, worker):
        await phone.unfold("scope")
        await phone.is_live()
    await wall.is_live()
    shown.append(wall.page.locator(".wall-next"))
    first = [await _version(one) for one in shown]
    for one, before in zip(shown, first, strict=True):
        await expect(one).not_to_contain_text(f"第 {before} 版溯源", timeout=45_000)
        assert await _version(one) > before


async def _version(scope: Locator) -> int:
    await expect(scope).to_contain_text(VERSION, timeout=30_000)
    found = VERSION.search(await scope.inner_text())
    assert found
    return int(found[1])


async def _takes_charge(leader: Phone, here: str) -> None:
    await leader.open(here)
    await leader.page.get_by_role("button", name="我来指挥").click()
    await expect(leader.page.locator("#incident-now")).to_contain_text("陈志强")


async def _counts_people(leader: Phone, worker: Phone, wall: Phone, here: str) -> None:
    """The order reaches the worker, whose one tap is counted on the leader's phone; the others were elsewhere."""
    await leader.open(f"{here}/evacuation")
    await leader.page.locator("#order").get_by_role("button", name="下令疏散").press("Enter")
    await expect(leader.page.locator("#roll-list")).to_contain_text("正在疏散")
    await leader.is_live()
    await expect(wall.page.locator(".wall-log")).to_contain_text("疏散")
    await expect(worker.page.locator("#incident-now")).to_contain_text("正在疏散")
    await worker.page.locator("#incident-now").get_by_role("button", name="我安全了").click()
    await expect(leader.page.locator(".called", has_text="自己报的")).to_have_count(1)
    missing = leader.page.locator("#roll-list .called.is-missing")
    while left := await missing.count():
        await missing.first.get_by_role("button", name="不在场").click()
        await expect(missing).to_have_count(left - 1)


async def _logs_without_a_network(worker: Phone, here: str, number: str) -> None:
    """What is logged waits on the phone and arrives once."""
    await worker.open(here)
    await worker.page.locator(".choice", has_text="停机").click()
    await worker.page.locator("#disposal-words").fill(DONE)
    await worker.is_live()
    await worker.context.set_offline(True)
    await worker.page.locator(".action-bar").get_by_role("button", name="记录处置").click()
    await expect(worker.page.locator("#outbox-state")).to_have_text("未发送 1")
    await worker.context.set_offline(False)
    await worker.open("/outbox")
    await expect(worker.page.locator("#outbox article", has_text="记录处置")).to_contain_text(f"已送达 · {number}")
    await worker.open(here)
    await expect(worker.page.locator("#incident-log").get_by_text(DONE)).to_have_count(1)


async def _contained(leader: Phone, here: str) -> None:
    """Who says so can't close it: that needs somebody else."""
    await leader.open(here)
    await leader.unfold("contain")
    await leader.page.locator("#contain-words").fill("压力已回到正常，放空阀已关")
    await leader.page.get_by_role("button", name="已控制").press("Enter")
    await expect(leader.page.locator("#incident-now")).to_contain_text("已控制")
    await expect(leader.page.locator("#fold-close")).to_have_count(0)
    await leader.is_live()


async def _closed_by_another(manager: Phone, here: str) -> None:
    await manager.open(here)
    await manager.unfold("close")
    await manager.page.get_by_role("textbox", name="受伤").fill("1")
    await manager.page.get_by_label("损失了什么").fill("停产 40 分钟")
    await manager.page.locator("#close-evacuation-over").check()
    # The live line may tell of the end before the form's own answer opens the page anew.
    async with manager.page.expect_navigation():
        await manager.page.get_by_role("button", name="结束事件").press("Enter")
    await expect(manager.page.locator("#incident-now")).to_contain_text("停产 40 分钟")


async def _report_is_there(manager: Phone, here: str) -> None:
    closed = time.monotonic()
    while True:
        await manager.open(f"{here}/review")
        if await manager.page.locator("#review-summary").count():
            break
        assert time.monotonic() - closed < WITHIN_S
    for words in ("根源和证据", "影响范围：预测和实际", "停机", "一般事故", "停产 40 分钟", DONE):
        await expect(manager.page.locator("#review")).to_contain_text(words)
    await expect(manager.page.locator(".review-course svg").first).to_be_visible()


async def _reads_it_in_english(phones: Phones, base: str, here: str) -> None:
    other = await phones("leader2", base=base, locale="en-GB")
    await other.open(f"{here}/review")
    await expect(other.page.locator("#review")).to_contain_text("Root cause and evidence")
    assert other.complaints == []


async def _remarked_and_taken_along(leader: Phone, here: str) -> None:
    await leader.open(f"{here}/review")
    await leader.page.get_by_label("系统没写到的").fill("进料泵密封已换")
    await leader.page.get_by_role("button", name="保存备注").click()
    await expect(leader.page.get_by_label("系统没写到的")).to_have_value("进料泵密封已换")
    for name in ("PDF · 英文", "Word · 中文"):
        async with leader.page.expect_download() as begun:
            await leader.page.get_by_role("link", name=name).click()
        assert (await (await begun.value).path()).stat().st_size > 10_000


async def _meets(leader: Phone, here: str) -> None:
    page = await leader.open(f"{here}/review")
    await page.locator("#incident-meeting").get_by_role("link", name="召集复盘会").click()
    await page.get_by_label("在哪里").fill("二楼会议室")
    choice = page.locator(".choice", has_text="王建国")
    if not await choice.is_visible():
        await page.locator("summary", has_text="加上别的人").click()
    if not await choice.locator("input").is_checked():
        await choice.click()
    await page.locator(".action-bar button").click()
    await expect(page.locator("#meeting")).to_contain_text("到会 0 /")


async def _chooses_blind(worker: Phone, here: str) -> None:
    """From the tasks, before anything is told of what the system ranks."""
    await worker.open("/tasks")
    await worker.page.locator(f"a.row[href='{here}/meeting?step=choose']").click()
    await expect(worker.page.locator("#choice")).to_be_visible()
    await expect(worker.page.locator("#meeting")).not_to_contain_text("%")
    await _pick(worker.page, "#choice", CAUSE)
    await worker.page.locator(".action-bar button").click()
    await expect(worker.page.locator("#meeting-compare")).to_contain_text("系统第 1")


async def _confirms_and_decides(leader: Phone, here: str) -> None:
    """The cause that was chosen is confirmed, asked why, and a measure decided; the meeting ends."""
    page = await leader.open(f"{here}/meeting?step=choose")
    await page.get_by_role("button", name="公布选择").press("Enter")
    await _pick(page, "#cause", CAUSE)
    await page.get_by_label("理由").fill("总管压力表回零")
    await page.locator(".action-bar button").click()
    await expect(page.locator("#meeting-cause strong")).to_have_text(CAUSE)
    await leader.open(f"{here}/meeting?step=why")
    for place, answer in enumerate(("A 进料断了", "罐区没有送料"), 1):
        await page.locator(f"#answer-{place}").fill(answer)
    await page.locator(".choice", has_text="管（管理）").click()
    await page.locator(".action-bar button").click()
    await expect(page.locator(".meeting-whys li")).to_have_count(2)
    await leader.open(f"{here}/meeting?step=decide")
    await page.locator("#decision-words").fill(DECISION)
    await page.locator(".choice", has_text="工程").click()
    owner = page.locator("#decision-owner")
    await owner.select_option(await owner.locator("option", has_text="王建国").get_attribute("value"))
    await page.locator(".action-bar button").click()
    await expect(page.locator("#meeting-decisions")).to_contain_text(DECISION)
    await leader.open(f"{here}/meeting?step=attend")
    await page.get_by_role("button", name="王建国 到会").click()
    await leader.open(f"{here}/meeting?step=close")
    await page.get_by_role("button", name="结束复盘会").press("Enter")
    await expect(page.locator("#meeting-decisions")).to_contain_text("待整改")


async def _pick(page: Page, where: str, cause: str) -> None:
    await page.locator(f"{where} .choice").filter(has=page.get_by_text(cause, exact=True)).click()


async def _decision_waits_on_its_owner_s_phone(worker: Phone) -> None:
    await worker.open("/tasks")
    await expect(worker.page.locator("#task-rows")).to_contain_text(DECISION)


async def _adopts(officer: Phone, here: str, words: str, wish: str) -> int:
    """On the report's page, within a minute; gives the suggestion's id."""
    row = officer.page.locator("#incident-lessons a.row", has_text=words).filter(has_text=wish)
    await officer.open(f"{here}/review")
    await expect(row).to_be_visible(timeout=60_000)
    await row.click()
    await officer.page.wait_for_url(lambda url: "/lessons/suggestions/" in url)
    await officer.page.get_by_role("button", name="采纳", exact=True).click()
    await expect(officer.page.get_by_text("已采纳，改动已经生效")).to_be_visible()
    return int(officer.page.url.partition("/suggestions/")[2].partition("?")[0])


async def _has_it_in_the_next_checklist(worker: Phone, words: str) -> None:
    await worker.open("/checkins")
    await worker.page.locator("a.row", has_text="A 进料").first.click()
    await expect(worker.page.locator("#content")).to_contain_text(words)


async def _and_later_that_it_worked(
    leader: Phone, database: Database, feed: Feed, suggestion_id: int, adopted: datetime
) -> None:
    async with learning.history(database, feed.site_id, feed.equipment_id, adopted):
        await learning.measured_later(database, feed.site_id, 31)
        await learning.sees_that_it_worked(leader, suggestion_id)
