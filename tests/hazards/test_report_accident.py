"""What a reported hazard may become: told by who decides, suggested by the risk points there, no worker is asked."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlmodel import col

from backend.core.database import Database
from backend.core.errors import Conflict, Forbidden, Invalid
from backend.hazards.reports import commands
from backend.hazards.reports.draft import ReportDraft
from backend.hazards.reports.models import HazardReport
from backend.identity.models import AuditEntry
from backend.risks.models import HazardSource, RiskPoint
from tests.factories import made, unique
from tests.hazards.browsing import browsing
from tests.hazards.cast import Cast, make_cast
from tests.hazards.test_reports import do
from tests.webclient import running_app


@pytest.fixture(scope="module")
async def app(database_url: str, redis_url: str) -> AsyncIterator[FastAPI]:
    async with running_app(database_url, redis_url) as running:
        yield running


@pytest.fixture
def database(app: FastAPI) -> Database:
    found: Database = app.state.database
    return found


@pytest.fixture
async def cast(database: Database) -> Cast:
    async with database.session() as session:
        return await make_cast(session)


async def sent(database: Database, cast: Cast) -> HazardReport:
    draft = ReportDraft(details="阀门手轮缺失", equipment_id=cast.reactor_id)
    return await do(database, cast.wang, commands.report_hazard, draft)


async def stored(database: Database, report: HazardReport) -> HazardReport:
    async with database.session() as session:
        return await session.get_one(HazardReport, report.id)


def preset(page: str) -> str:
    """What is chosen in the field."""
    field = re.search(r'<select id="accident" name="accident".*?</select>', page, re.DOTALL)
    assert field
    found = re.search(r'<option value="(\w+)" selected', field[0])
    return found[1] if found else ""


async def test_the_risk_points_there_suggest_it_and_who_accepts_says_it(
    app: FastAPI, database: Database, cast: Cast
) -> None:
    async with database.session() as session:
        row = {"code": unique("R-"), "name": "釜", "kind": "equipment", "control": "team", "origin": "hand"}
        point = await made(session, RiskPoint(site_id=cast.site.id, equipment_id=cast.reactor_id, **row))
        of = {"site_id": cast.site.id, "risk_point_id": point.id}
        await made(session, HazardSource(**of, name="源", accidents=["leak"]))
    one = await sent(database, cast)
    decision: dict[str, Any] = {"level": "general", "team_id": cast.leader.team_id}
    async with browsing(app, cast.wang) as worker:
        form = (await worker.get(f"/reports/new?equipment={cast.reactor_id}")).text
        assert 'name="accident"' not in form, "three taps stay three taps"
        assert 'name="accident"' not in (await worker.get(f"/reports/{one.id}")).text
    async with browsing(app, cast.leader) as leader:
        page = (await leader.get(f"/reports/{one.id}")).text
        assert preset(page) == "leak" and "这台设备的风险点 1 个危险源中 1 个会造成它" in page
        assert (await stored(database, one)).accident == ""
        wrong = await leader.post(f"/reports/{one.id}/accept", data={"level": "general", "accident": "burn"})
        assert wrong.status_code == 422 and preset(wrong.text) == "burn" and "请选择负责的班组" in wrong.text
        for _ in range(2):
            taken = await leader.post(f"/reports/{one.id}/accept", data={**decision, "accident": "fire"})
            assert taken.status_code == 303, "a phone that got no answer sends it once more"
        shown = (await leader.get(f"/reports/{one.id}")).text
        told = (await leader.get(f"/api/v1/reports/{one.id}")).json()
    assert re.search(r"可能导致的事故类型</dt><dd>火灾", shown) and told["accident"] == "fire"


async def test_who_does_not_send_it_leaves_it_and_it_can_be_told_later(database: Database, cast: Cast) -> None:
    one = await sent(database, cast)
    with pytest.raises(Conflict):
        await do(database, cast.leader, commands.classify, one.id, "fire")
    await do(database, cast.leader, commands.accept, one.id, "general", cast.leader.team_id)
    assert (await stored(database, one)).accident == ""
    for _ in range(2):
        await do(database, cast.manager, commands.classify, one.id, "fall")
    assert (await stored(database, one)).accident == "fall"
    with pytest.raises(Invalid):
        await do(database, cast.leader, commands.classify, one.id, "x")
    with pytest.raises(Forbidden):
        await do(database, cast.wang, commands.classify, one.id, "fire")
    async with database.session() as session:
        wanted = select(AuditEntry).where(col(AuditEntry.action) == "report.classified")
        [entry] = await session.scalars(wanted.where(col(AuditEntry.object_id) == one.id))
    assert entry.change == {"accident": ["", "fall"]}


async def test_a_page_and_a_program_tell_it_and_take_it_away(app: FastAPI, database: Database, cast: Cast) -> None:
    one = await sent(database, cast)
    await do(database, cast.leader, commands.accept, one.id, "general", cast.leader.team_id)

    async def tell(browser: httpx.AsyncClient, path: str, accident: str) -> int:
        return (await browser.post(path, data={"accident": accident})).status_code

    async with browsing(app, cast.leader) as leader:
        assert await tell(leader, f"/reports/{one.id}/accident", "leak") == 303
        assert (await stored(database, one)).accident == "leak"
        assert await tell(leader, f"/reports/{one.id}/accident", "x") == 422
        assert await tell(leader, f"/api/v1/reports/{one.id}/accident", "none") == 200
    assert (await stored(database, one)).accident == ""
