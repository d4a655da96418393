"""Any change of a plan is taken back, its checklist and places too; who may not, does not."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from msgspec import structs

from backend.checkins.commands import PlanWish, change_plan
from backend.checkins.models import InspectionPlan
from backend.checkins.queries.past import as_kept
from backend.checkins.queries.plans import plan_view
from backend.core.database import Database
from tests.checkins.rounds import Plant, make_plant
from tests.factories import actor_for
from tests.hazards.browsing import hidden
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


async def stands(database: Database, plant: Plant) -> dict[str, object]:
    """The plan as it is now, with the titles of what is asked."""
    async with database.session() as session:
        officer = await actor_for(session, plant.officer)
        plan = await session.get_one(InspectionPlan, plant.plan_id)
        asked = [one.title for one in (await plan_view(session, officer, plan.id)).questions]
        kept = await as_kept(session, officer, plan)
        return {**{name: value for name, value in kept.items() if name != "checklist"}, "asked": asked}


async def changed(database: Database, plant: Plant, asked: str = "", **wished: Any) -> None:
    """What an officer's edit does, all else as it was; ``asked``: the first question in other words, and no second."""
    async with database.session() as session:
        officer = await actor_for(session, plant.officer)
        plan = await session.get_one(InspectionPlan, plant.plan_id)
        kept = {**await as_kept(session, officer, plan), **wished}
        kept.pop("checklist")
        questions = (await plan_view(session, officer, plan.id)).questions
        if asked:
            questions = (structs.replace(questions[0], title=asked),)
        await change_plan(session, officer, plan.id, PlanWish(questions=questions, **kept))


def entries(page: httpx.Response) -> list[str]:
    return re.findall(r'name="entry" value="(\d+)"', page.text)


async def test_a_checklist_its_places_and_rhythm_go_back_to_before_any_change(
    app: FastAPI, database: Database, plant: Plant
) -> None:
    first = await stands(database, plant)
    await changed(database, plant, asked="护栏完好", rhythm="week")
    second = await stands(database, plant)
    await changed(database, plant, asked="油位", equipment_ids=[], area_ids=[plant.tank.area_id])
    assert second["asked"] == ["护栏完好"] and (await stands(database, plant))["equipment_ids"] == []
    here = f"/plans/{plant.plan_id}"
    async with signed_in(app, plant.officer) as officer, signed_in(app, plant.leader) as leader:
        assert not entries(await leader.get(here)), "who may not change it has no button"
        newest, oldest = entries(await officer.get(here))
        assert (await leader.post(f"{here}/restore", data={"entry": oldest})).status_code == 403
        assert (await officer.post(f"{here}/restore", data={"entry": newest})).status_code == 303
        assert await stands(database, plant) == second
        assert (await officer.post(f"{here}/restore", data={"entry": oldest})).status_code == 303
        assert await stands(database, plant) == first
        page = (await officer.get(here)).text
    past = page.partition('id="past"')[2]
    assert "恢复巡检计划到改前" in past and "检查表第几版" in past and plant.tank.name in past


async def test_the_round_goes_in_its_order_after_its_form_was_sent(
    app: FastAPI, database: Database, plant: Plant
) -> None:
    backwards = [plant.tank.id, plant.pump.id]
    await changed(database, plant, equipment_ids=backwards)
    async with signed_in(app, plant.officer) as officer:
        page = (await officer.get(f"/plans/{plant.plan_id}/edit")).text
        form = {
            "name": "改了名字",
            "post_id": str(plant.post.id),
            "rhythm": "day",
            "version": hidden(page, "version"),
            "equipment": [str(one) for one in sorted(backwards)],
            "item_kind": ["yes_no"],
            "item_title": ["没有泄漏"],
        }
        assert (await officer.post(f"/plans/{plant.plan_id}/edit", data=form)).status_code == 303
    now = await stands(database, plant)
    assert now["name"] == "改了名字" and now["equipment_ids"] == backwards


async def test_a_change_of_another_plan_is_none_of_this(app: FastAPI, database: Database, plant: Plant) -> None:
    await changed(database, plant, rhythm="week")
    async with database.session() as session:
        other = await make_plant(session)
    async with signed_in(app, plant.officer) as officer, signed_in(app, other.officer) as stranger:
        [own] = entries(await officer.get(f"/plans/{plant.plan_id}"))
        assert (await stranger.post(f"/plans/{other.plan_id}/restore", data={"entry": own})).status_code == 404
        assert (await stranger.post(f"/plans/{plant.plan_id}/restore", data={"entry": own})).status_code == 404
