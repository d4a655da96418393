"""Decisions at a site: hours go where trouble is, a budget and costs choose, what is decided changes the plan."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlmodel import col

from backend.checkins.models import InspectionPlan
from backend.core.clock import now
from backend.core.database import Database
from backend.hazards.reports.models import Factor, HazardReport, ReportState
from backend.incidents.models import Incident
from backend.lessons.models import Suggestion, SuggestionKind
from backend.operations.decisions.making import find_out, plan_decisions
from backend.operations.decisions.models import DecisionBudget, DecisionRound
from backend.training.models import CauseRule, Course
from tests.checkins.rounds import Plant, make_plant
from tests.factories import made, make_equipment, unique
from tests.webclient import running_app, signed_in


@pytest.fixture(scope="module")
async def app(database_url: str, redis_url: str) -> AsyncIterator[FastAPI]:
    async with running_app(database_url, redis_url) as running:
        yield running


@pytest.fixture
def database(app: FastAPI) -> Database:
    found: Database = app.state.database
    return found


@pytest.fixture
async def plant(database: Database) -> Plant:
    async with database.session() as session:
        return await make_plant(session)


async def trouble(database: Database, plant: Plant, *levels: str) -> None:
    """Hazards reported at the pump in the last weeks, one of each of ``levels``."""
    async with database.session() as session:
        for place, level in enumerate(levels):
            one = HazardReport(site_id=plant.site.id, number=unique("YH-"), factor=Factor.OBJECT, level=level)
            one.state, one.equipment_id, one.reporter_id = ReportState.ACCEPTED, plant.pump.id, plant.worker.id
            one.created_at = now() - timedelta(days=place + 1)
            await made(session, one)


async def looked(database: Database, plant: Plant) -> DecisionRound:
    async with database.session() as session:
        return await find_out(session, plant.site.id)


async def decided(database: Database, plant: Plant) -> list[Suggestion]:
    async with database.session() as session:
        of_site = col(Suggestion.site_id) == plant.site.id
        return list(await session.scalars(select(Suggestion).where(of_site).order_by(col(Suggestion.id))))


@pytest.fixture
async def weekly(database: Database) -> Plant:
    """A round that is walked once a week."""
    async with database.session() as session:
        return await make_plant(session, rhythm="week")


async def test_hours_go_to_the_round_where_trouble_is_and_adopting_it_changes_the_plan(
    app: FastAPI, database: Database, weekly: Plant
) -> None:
    await trouble(database, weekly, "major", "general", "general")
    found = await looked(database, weekly)
    assert [(one["levels"], len(one["refs"])) for one in found.rounds] == [({"major": 1, "general": 2}, 3)]
    async with signed_in(app, weekly.officer) as browser:
        empty = (await browser.get("/decisions")).text
        assert "还没有设置可用时间" in empty
        answer = await browser.post("/decisions/budget", data={"hours": "2.5", "money": "10,000"})
        assert answer.headers["location"] == "/decisions?done=budget"
        page = (await browser.get("/decisions")).text
        assert "每周一次" in page and "每班一次" in page and "重大 1" in page and "一般 2" in page
        pick = (await browser.get(f"/decisions/plans/{weekly.plan_id}")).text
        assert pick.count('class="row" href="/reports/') == 3, "the very rows"
        stale = await browser.post(f"/decisions/plans/{weekly.plan_id}/adopt", data={"pace": "day", "reason": "试"})
        assert stale.status_code == 409 and "试" in stale.text
        done = await browser.post(f"/decisions/plans/{weekly.plan_id}/adopt", data={"pace": "shift", "reason": "漏"})
        assert done.status_code == 303, done.text
        decided_page = (await browser.get(done.headers["location"])).text
        assert "已采纳" in decided_page and f"/plans/{weekly.plan_id}" in decided_page
    async with database.session() as session:
        plan = await session.get_one(InspectionPlan, weekly.plan_id)
        assert plan.rhythm == "shift"
    (one,) = await decided(database, weekly)
    assert (one.state, one.landed_kind, one.landed_id, one.reason) == ("adopted", "plan", weekly.plan_id, "漏")


async def test_a_declined_pace_keeps_its_reason_and_another_is_proposed(
    app: FastAPI, database: Database, weekly: Plant
) -> None:
    await trouble(database, weekly, "general")
    await looked(database, weekly)
    url = f"/decisions/plans/{weekly.plan_id}"
    async with signed_in(app, weekly.officer) as browser:
        await browser.post("/decisions/budget", data={"hours": "2.5", "money": "0"})
        silent = await browser.post(f"{url}/decline", data={"pace": "shift"})
        assert silent.status_code == 422 and "请写明不采纳的原因" in silent.text
        await browser.post(f"{url}/decline", data={"pace": "shift", "reason": "夜班没有人"})
        page = (await browser.get("/decisions")).text
        assert "每天一次" in page and "每班一次" not in page.split('id="decided"')[0]
    (one,) = await decided(database, weekly)
    assert (one.state, one.reason) == ("declined", "夜班没有人")


async def test_a_budget_that_is_none_is_refused_with_what_was_typed(app: FastAPI, plant: Plant) -> None:
    async with signed_in(app, plant.officer) as browser:
        answer = await browser.post("/decisions/budget", data={"hours": "很多", "money": "-3"})
    assert answer.status_code == 422
    assert "每周小时数请填写 0 到 10000" in answer.text and "金额请填写 0 或更大的数" in answer.text
    assert 'value="很多"' in answer.text and 'value="-3"' in answer.text


async def test_money_goes_to_the_suggestions_that_are_worth_most(
    app: FastAPI, database: Database, plant: Plant
) -> None:
    async with database.session() as session:
        for name, points in (("换泵", 30.0), ("换阀", 20.0), ("换表", 15.0)):
            one = Suggestion(site_id=plant.site.id, key=name, kind=SuggestionKind.RENEWAL, words=name, words_en=name)
            one.proposal = {"points": points}
            await made(session, one)
    found = await decided(database, plant)
    async with signed_in(app, plant.officer) as browser:
        await browser.post("/decisions/budget", data={"hours": "10", "money": "100000"})
        for one, money in zip(found, ("100000", "60000", "40000"), strict=True):
            await browser.post(f"/decisions/suggestions/{one.id}/cost", data={"money": money})
        wrong = await browser.post(f"/decisions/suggestions/{found[0].id}/cost", data={"money": "贵"})
        assert wrong.status_code == 422 and 'value="贵"' in wrong.text
        page = (await browser.get("/decisions")).text
    items = re.findall(r'id="suggestion-(\d+)".*?(在预算内|预算不够)', page, re.S)
    within = {int(id_) for id_, words in items if words == "在预算内"}
    assert within == {found[1].id, found[2].id}, "two together are worth more than the one that is worth most"


async def test_equipment_that_wears_is_proposed_for_renewal_and_other_equipment_is_not(
    database: Database, plant: Plant
) -> None:
    today = now().date()
    async with database.session() as session:
        for age in (3, 6, 9, 12):
            fan = await make_equipment(session, plant.site, None, name=f"风机{age}", name_en=f"Fan {age}")
            fan.equipment_class, fan.commissioned_on = "fan", today - timedelta(days=365 * age)
            await made(session, fan)
            for place in range(age * age // 9):
                await made(session, _failed(plant, fan.id, days=20 + place * 40))
    found = await looked(database, plant)
    (fans,) = [one for one in found.classes if one["name"] == "fan"]
    assert fans["wears"] and fans["shape"] > 1.5 and fans["failures"] == 30
    first = (await decided(database, plant))[0]
    assert first.kind == SuggestionKind.RENEWAL and first.words == "更换或大修风机12"
    assert first.proposal["spares"] > 1 and first.refs[0].startswith("incident:")
    before = len(await decided(database, plant))
    await looked(database, plant)
    assert len(await decided(database, plant)) == before, "the same is suggested once"


def _failed(plant: Plant, equipment_id: int, *, days: int) -> Incident:
    one = Incident(site_id=plant.site.id, number=unique("SJ-"), kind="equipment_failure", level="general")
    one.title, one.title_en, one.equipment_id, one.began_at = "停机", "Stop", equipment_id, now() - timedelta(days=days)
    return one


async def test_a_post_that_lacks_a_course_which_cases_asked_for_is_named(database: Database, plant: Plant) -> None:
    async with database.session() as session:
        course = Course(site_id=plant.site.id, code=unique("KC-"), title="防泄漏", title_en="Leaks", version=1)
        await made(session, course)
        await made(
            session,
            CauseRule(site_id=plant.site.id, course_id=course.id, word="泄漏", due_days=7, made_by=plant.officer.id),
        )
        for _ in range(3):
            await made(session, _leak(plant))
    await looked(database, plant)
    (one,) = await decided(database, plant)
    assert one.kind == SuggestionKind.COURSE and "防泄漏" in one.words
    assert one.proposal["target"] == f"post:{plant.post.id}"
    assert (one.proposal["cases"], one.proposal["lacking"], one.proposal["holders"]) == (3, 1, 1)


def _leak(plant: Plant) -> Any:
    from backend.hazards.models import Rectification

    one = Rectification(site_id=plant.site.id, number=unique("ZG-"), title="法兰泄漏", level="general", measure="换")
    one.owner_id, one.opened_by, one.equipment_id = plant.worker.id, plant.officer.id, plant.pump.id
    one.deadline = now() + timedelta(days=1)
    return one


async def test_each_site_is_looked_at_once_a_day(database: Database, plant: Plant) -> None:
    await looked(database, plant)
    async with database.session() as session:
        before = await session.scalars(select(DecisionRound).where(col(DecisionRound.site_id) == plant.site.id))
        assert len(list(before)) == 1
        await plan_decisions(session)
    async with database.session() as session:
        kept = await session.scalars(select(DecisionBudget).where(col(DecisionBudget.site_id) == plant.site.id))
        assert list(kept) == []
