"""What the page of equipment or of an area shows of checks: those that wait there, and who was there last."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlmodel import col, select

from backend.checkins.timekeeping import mark_missed
from backend.core.database import Database
from backend.labels.codes import token_of
from backend.labels.commands import make_labels
from backend.labels.keys import label_key
from backend.labels.models import Label
from backend.labels.queries import Kind, things_named
from backend.plant.models import Area
from tests.checkins.rounds import Plant, make_plant
from tests.factories import actor_for
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


async def area_of(database: Database, plant: Plant) -> int:
    async with database.session() as session:
        return (await session.scalars(select(Area).where(col(Area.site_id) == plant.site.id))).one().id


async def token_for(database: Database, plant: Plant) -> str:
    async with database.session() as session:
        officer = await actor_for(session, plant.officer)
        things = await things_named(session, officer, [(Kind.EQUIPMENT, plant.pump.id)])
        await make_labels(session, officer, things)
        label = (await session.scalars(select(Label).where(col(Label.equipment_id) == plant.pump.id))).one()
        return token_of(label.token_name, label_key())


async def test_equipment_shows_the_visit_that_waits_there_until_it_is_made_and_then_who_made_it(
    app: FastAPI, database: Database, plant: Plant
) -> None:
    visit = (await plant.visits(database))[0]
    here = f"/equipment/{plant.pump.id}/checkins"
    async with signed_in(app, plant.worker) as browser:
        assert f'hx-get="{here}"' in (await browser.get(f"/equipment/{plant.pump.id}")).text
        before = (await browser.get(here)).text
        assert f'href="/checkins/{visit.id}"' in before and "现在要巡检" in before and "最近打卡" not in before
        fields = {"all_well": "1", "answer_1": "25.5", "note_1": "阀门没关严"}
        done = await browser.post(f"/checkins/{visit.id}", data=fields)
        assert done.status_code == 303, done.text
        after = (await browser.get(here)).text
        assert "现在要巡检" not in after and plant.worker.name in after and "异常 1 项" in after
        assert f'href="{done.headers["location"].split("?")[0]}"' in after
        tank = (await browser.get(f"/equipment/{plant.tank.id}/checkins")).text
        assert "现在要巡检" in tank and "最近打卡" not in tank, "of this place only"
    async with signed_in(app, plant.stranger) as other:
        assert "<section" not in (await other.get(here)).text, "a worker of another team sees nothing of it"


async def test_an_area_gathers_what_waits_in_it_and_says_what_was_missed_and_made_up_for(
    app: FastAPI, database: Database, plant: Plant
) -> None:
    pump, tank = (await plant.visits(database))[:2]
    await plant.shift(database, timedelta(hours=2, minutes=1))
    async with database.session() as session:
        await mark_missed(session)
    here = f"/areas/{await area_of(database, plant)}/checkins"
    async with signed_in(app, plant.worker) as browser:
        page = (await browser.get(here)).text
        assert all(f'href="/checkins/{one.id}"' in page for one in (pump, tank)) and page.count("可补检到") == 2
        late = await browser.post(f"/checkins/{pump.id}", data={"all_well": "1", "answer_1": "15"})
        assert late.status_code == 303
        page = (await browser.get(here)).text
    assert page.count("可补检到") == 1 and "最近打卡" in page and "循环泵" in page and "补检</span>" in page


async def test_the_scanned_label_goes_along_to_the_visit_of_its_own_place(
    app: FastAPI, database: Database, plant: Plant
) -> None:
    token = await token_for(database, plant)
    visit = (await plant.visits(database))[0]
    async with signed_in(app, plant.worker) as browser:
        page = (await browser.get(f"/equipment/{plant.pump.id}?label={token}")).text
        part = f"/equipment/{plant.pump.id}/checkins?label={token}"
        assert f'hx-get="{part}"' in page
        assert f'href="/checkins/{visit.id}?label={token}"' in (await browser.get(part)).text
        around = (await browser.get(f"/areas/{await area_of(database, plant)}/checkins?label={token}")).text
        assert f'href="/checkins/{visit.id}"' in around, "an area's label proves nothing about equipment in it"
