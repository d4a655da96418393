"""The first page: what calls, what is one's own to do, and that old data is never shown as well."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from fastapi import FastAPI

from backend.alarms.models import Level
from backend.core.clock import now
from backend.core.database import Database
from backend.hazards.models import Rectification
from backend.identity.models import Person, Role, Site
from backend.telemetry.models import PointState
from tests.factories import made, make_alarm, make_person, make_point, make_site, unique
from tests.webclient import running_app, signed_in


@pytest.fixture(scope="module")
async def app(database_url: str, redis_url: str) -> AsyncIterator[FastAPI]:
    async with running_app(database_url, redis_url) as running:
        yield running


async def place(database: Database, role: Role = Role.LEADER, *, age: timedelta = timedelta(0)) -> tuple[Site, Person]:
    """A site whose newest reading is ``age`` old, and somebody there."""
    async with database.session() as session:
        site = await make_site(session)
        point = await make_point(session, site)
        at = now() - age
        await made(session, PointState(site_id=site.id, point_id=point.id, at=at, value=1.0, received_at=at))
        return site, await make_person(session, site, role)


async def test_a_quiet_plant_with_fresh_data_is_said_to_be_well(app: FastAPI, database: Database) -> None:
    _, person = await place(database)
    async with signed_in(app, person) as browser:
        page = (await browser.get("/")).text
    assert "没有未关闭的预警" in page and "数据正常到达" in page


async def test_old_data_is_never_shown_as_well(app: FastAPI, database: Database) -> None:
    _, person = await place(database, age=timedelta(minutes=10))
    async with signed_in(app, person) as browser:
        page = (await browser.get("/")).text
    assert "不能判断现场是否正常" in page and "没有未关闭的预警" not in page
    assert "10 分钟前" in page


async def test_what_calls_and_what_is_mine_stand_on_the_first_page_and_lead_on(
    app: FastAPI, database: Database
) -> None:
    site, person = await place(database, Role.WORKER)
    async with database.session() as session:
        alarm = await make_alarm(session, site, level=Level.MAJOR, title="反应器压力 高高报")
        own = await made(
            session,
            Rectification(
                site_id=site.id,
                number=unique("ZG-"),
                level=Level.GENERAL,
                title="更换密封",
                measure="更换",
                owner_id=person.id,
                opened_by=person.id,
                deadline=now() - timedelta(hours=1),
            ),
        )
    async with signed_in(app, person) as browser:
        page = (await browser.get("/")).text
        part = (await browser.get("/", headers={"HX-Request": "true", "HX-Target": "present"})).text
    assert "1 条预警未关闭" in page and "最高等级：重大" in page
    assert f'href="/alarms/{alarm.id}"' in page and "反应器压力 高高报" in page
    assert f'href="/rectifications/{own.id}"' in page and "已逾期" in page
    assert "<html" not in part and "更换密封" in part
    assert "待我验收" not in page, "a worker who verifies nothing isn't asked to"


async def test_tasks_lists_what_one_is_to_do_late_first_and_nothing_of_others(app: FastAPI, database: Database) -> None:
    site, person = await place(database, Role.LEADER)
    async with database.session() as session:
        other = await make_person(session, site)
        for title, owner, days in (("换阀门", person, 3), ("补护栏", person, -1), ("擦地面", other, 1)):
            fields = {"level": Level.GENERAL, "title": title, "measure": "做", "owner_id": owner.id}
            deadline = now() + timedelta(days=days)
            row = Rectification(site_id=site.id, number=unique("ZG-"), opened_by=other.id, deadline=deadline, **fields)
            await made(session, row)
    async with signed_in(app, person) as browser:
        page = (await browser.get("/tasks")).text
        rows = (await browser.get("/tasks", headers={"HX-Request": "true", "HX-Target": "task-rows"})).text
        ahead = (await browser.get("/offline/ahead.json")).json()
    assert {"/tasks", "/reports/new"} < set(ahead) and sum("/rectifications/" in path for path in ahead) == 2
    assert 0 < page.index("补护栏") < page.index("换阀门") and "擦地面" not in page
    assert "已逾期" in page and "<html" not in rows and "换阀门" in rows
