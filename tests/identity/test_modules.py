"""Modules that a site does without: no menu, no page, no job, and everything back when they are switched on again."""

import re

import httpx
import pytest
from fastapi import FastAPI
from sqlmodel import col, select

from backend.checkins.models import InspectionPlan
from backend.checkins.timekeeping import keep_rounds
from backend.core.database import Database
from backend.core.jobs import Job
from backend.identity.audited import ACTIONS
from backend.identity.capabilities import CAPABILITIES
from backend.identity.commands.modules import switch_module
from backend.identity.models import AuditEntry, Role, Site
from backend.identity.modules import ABOUT, Module, module_of
from backend.lessons.making import plan_rounds
from tests.checkins.rounds import make_plant
from tests.factories import actor_for, make_person
from tests.identity.routes import doors
from tests.webclient import signed_in

PLACES = ("/", "/tasks", "/me", "/plant", "/scan", "/alarms", "/rectifications", "/incidents", "/offline/ahead.json")
"""Pages that are always there and lead elsewhere."""


def of_modules() -> set[str]:
    """Addresses that belong to a module, as routes have them."""
    return {door.path for door in doors() if door.capability and module_of(door.capability) is not None}


def leads_into_a_module(link: str) -> bool:
    return any(re.fullmatch(re.sub(r"{\w+[^}]*}", r"\\d+", path), link) for path in of_modules())


async def switch(database: Database, site: Site, *modules: str, on: bool) -> None:
    async with database.session() as session:
        admin = await actor_for(session, await make_person(session, site, Role.ADMIN))
    async with database.session(site_id=site.id) as session:
        for module in modules:
            await switch_module(session, admin, module, on=on)


async def links_of(browser: httpx.AsyncClient) -> set[str]:
    """Where those pages lead, without what stands behind a question mark."""
    pages = [await browser.get(place) for place in PLACES]
    assert all(page.status_code == 200 for page in pages)
    return {link for page in pages for link in re.findall(r'"(/[a-z][^"?#]*)', page.text)}


def test_every_module_has_words_and_capabilities() -> None:
    assert set(ABOUT) == set(Module)
    assert {module_of(capability) for capability in CAPABILITIES} >= {Module.CHECKINS, Module.TRAINING, Module.LESSONS}
    assert "module.switch" in ACTIONS


@pytest.mark.parametrize("role", [Role.WORKER, Role.LEADER, Role.ADMIN])
async def test_what_is_switched_off_has_no_page_and_nothing_leads_there(
    app: FastAPI, database: Database, site: Site, role: Role
) -> None:
    async with database.session() as session:
        person = await make_person(session, site, role)
    async with signed_in(app, person) as browser:
        before = await links_of(browser)
        await switch(database, site, *Module, on=False)
        after = await links_of(browser)
        assert {"/training", "/maintenance"} <= {link for link in before if leads_into_a_module(link)}
        assert [link for link in after if leads_into_a_module(link)] == []
        for path in (path for path in of_modules() if "{" not in path):
            assert (await browser.get(path)).status_code in {404, 405}, path
        assert "没有启用这个模块" in (await browser.get("/training")).text
        await switch(database, site, *Module, on=True)
        assert await links_of(browser) == before


async def test_an_administrator_switches_on_a_phone_and_the_audit_says_so(
    app: FastAPI, database: Database, site: Site
) -> None:
    async with database.session() as session:
        admin, manager = await make_person(session, site, Role.ADMIN), await make_person(session, site, Role.MANAGER)
    async with signed_in(app, admin) as browser:
        answer = await browser.post("/modules", data={"module": "training", "on": "false"})
        assert answer.headers["location"] == "/modules#module-training"
        await browser.post("/modules", data={"module": "training", "on": "false"})
        page = (await browser.get("/modules")).text
        assert "已关掉" in page and "开启：培训" in page
        assert (await browser.post("/modules", data={"module": "alarms", "on": "false"})).status_code == 404
        assert "开关模块" in (await browser.get("/audit")).text
    async with signed_in(app, manager) as browser:
        assert "开启：培训" not in (await browser.get("/modules")).text
        assert (await browser.post("/modules", data={"module": "training", "on": "true"})).status_code == 403
    async with database.session(site_id=site.id) as session:
        of_site = col(AuditEntry.site_id) == site.id
        kept = await session.scalars(select(AuditEntry).where(of_site, col(AuditEntry.action) == "module.switch"))
        assert [entry.change for entry in kept] == [{"training": [True, False]}]


async def test_rounds_that_nobody_did_are_taken_back_and_made_again_when_check_ins_are_back(database: Database) -> None:
    async with database.session() as session:
        plant = await make_plant(session)
    assert await plant.visits(database)
    await switch(database, plant.site, Module.CHECKINS, on=False)
    async with database.session() as session:
        await keep_rounds(session)
    assert await plant.visits(database) == []
    await switch(database, plant.site, Module.CHECKINS, on=True)
    async with database.session() as session:
        await keep_rounds(session)
        plan = await session.get_one(InspectionPlan, plant.plan_id)
        assert plan.planned_until is not None
    assert {visit.state for visit in await plant.visits(database)} == {"due"}


async def test_no_patterns_are_looked_for_where_lessons_are_off(database: Database, site: Site) -> None:
    await switch(database, site, Module.LESSONS, on=False)
    async with database.session() as session:
        await plan_rounds(session)
        queued = await session.scalars(select(Job).where(col(Job.site_id) == site.id))
        assert list(queued) == []
