"""Who has no account reports by a label or by the site's link, where the site lets them; a label says where."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlmodel import col

from backend.core.database import Database
from backend.hazards.reports import commands
from backend.hazards.reports.commands.public import BY_ADDRESS
from backend.hazards.reports.models import HazardReport
from backend.identity.models import AuditEntry, Role
from backend.labels.codes import token_of
from backend.labels.commands import make_labels, revoke_label
from backend.labels.keys import label_key
from backend.labels.queries import Kind, live_label, things_named
from tests.factories import actor_for, make_area, make_person, unique
from tests.hazards.browsing import browsing, hidden
from tests.hazards.cast import Cast, make_cast
from tests.hazards.pictures import photo
from tests.webclient import running_app, visitor

WEBM = b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm" + b"\0" * 200
SCRIPT = "<script>alert(1)</script>"


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
        cast = await make_cast(session)
        admin = await make_person(session, cast.site, Role.ADMIN)
        cast.people["admin"] = await actor_for(session, admin)
        await make_area(session, cast.site, name="罐区")
        return cast


def files(name: str = "photos", *contents: bytes) -> list[tuple[str, Any]]:
    return [(name, (f"{number}.jpg", data, "image/jpeg")) for number, data in enumerate(contents)]


async def reports_of(database: Database, cast: Cast) -> list[HazardReport]:
    async with database.session(site_id=cast.site.id) as session:
        wanted = select(HazardReport).where(col(HazardReport.site_id) == cast.site.id)
        return list(await session.scalars(wanted.order_by(col(HazardReport.id))))


async def labelled(database: Database, cast: Cast) -> str:
    """Put a label on the reactor; gives its token."""
    async with database.session(site_id=cast.site.id) as session:
        things = await things_named(session, cast.admin, [(Kind.EQUIPMENT, cast.reactor_id)])
        await make_labels(session, cast.admin, things)
        label = await live_label(session, cast.admin, Kind.EQUIPMENT, cast.reactor_id)
        assert label
        return token_of(label.token_name, label_key())


async def test_a_scanned_label_fills_in_the_place(app: FastAPI, database: Database, cast: Cast) -> None:
    token = await labelled(database, cast)
    async with database.session() as session:
        elsewhere = await make_cast(session)
    async with browsing(app, cast.wang) as here, browsing(app, elsewhere.wang) as there:
        page = (await here.get(f"/reports/new?label={token}")).text
        assert f'value="equipment:{cast.reactor_id}" selected' in page and hidden(page, "label") == token
        assert not re.search(r'value="equipment:\d+" selected', (await there.get(f"/reports/new?label={token}")).text)


async def open_to_the_public(database: Database, cast: Cast) -> str:
    async with database.session(site_id=cast.site.id) as session:
        return f"/public/report/{(await commands.open_link(session, cast.admin)).key}"


async def test_the_public_reports_only_while_an_administrator_lets_it(
    app: FastAPI, database: Database, cast: Cast
) -> None:
    async with browsing(app, cast.admin) as admin, visitor(app) as stranger:
        assert (await stranger.get("/public/report/anything")).status_code == 404
        await admin.post("/reports/public/open")
        found = re.search(r"/public/report/([\w-]+)", (await admin.get("/reports/public")).text)
        assert found
        page = await stranger.get(found[0])
        assert page.status_code == 200 and "罐区" in page.text and "反应器" not in page.text
        sent = {"idempotency_key": hidden(page.text, "idempotency_key"), "details": "围墙边有刺鼻气味"}
        answers = [await stranger.post(found[0], data=sent, files=files("photos", photo())) for _ in range(2)]
        assert {answer.status_code for answer in answers} == {200} and "已送达" in answers[0].text
        await admin.post("/reports/public/open")
        assert (await stranger.get(found[0])).status_code == 404, "a new address ends the old one"
        await admin.post("/reports/public/close")
        assert "/public/report/" not in (await admin.get("/reports/public")).text
    one, *more = await reports_of(database, cast)
    assert not more and (one.reporter_id, one.origin, one.state) == (None, "public", "waiting")
    async with database.session() as session:
        wanted = select(AuditEntry).where(col(AuditEntry.site_id) == cast.site.id, col(AuditEntry.object_id) == one.id)
        entry = (await session.scalars(wanted.where(col(AuditEntry.action) == "report.sent"))).one()
    assert (entry.actor_id, entry.address) == (None, "")
    async with browsing(app, cast.leader) as leader:
        assert "匿名" in (await leader.get("/reports")).text


async def test_a_label_leads_a_stranger_to_a_report_of_its_place_where_the_site_lets_them(
    app: FastAPI, database: Database, cast: Cast
) -> None:
    token = await labelled(database, cast)
    async with visitor(app) as stranger:
        asked = await stranger.get(f"/l/{token}")
        assert asked.status_code == 303
        assert f"/public/report/{token}/offer" in (await stranger.get(asked.headers["location"])).text
        assert (await stranger.get(f"/public/report/{token}/offer")).status_code == 204
        assert (await stranger.get(f"/public/report/{token}")).status_code == 404
        await open_to_the_public(database, cast)
        assert f'href="/public/report/{token}"' in (await stranger.get(f"/public/report/{token}/offer")).text
        words = {"idempotency_key": unique("public-form-key-"), "details": "阀门漏油", "place": "area:1"}
        assert "SB-" in (await stranger.post(f"/public/report/{token}", data=words)).text
        forged = token[:-1] + ("0" if token[-1] != "0" else "1")
        assert (await stranger.get(f"/public/report/{forged}")).status_code == 404
        async with database.session(site_id=cast.site.id) as session:
            await revoke_label(session, cast.admin, Kind.EQUIPMENT, cast.reactor_id, "损坏")
        assert (await stranger.get(f"/public/report/{token}")).status_code == 404, "a revoked one"
    async with database.session(site_id=cast.site.id) as session:
        one = (await session.execute(select(HazardReport).where(col(HazardReport.details) == "阀门漏油"))).scalar_one()
    assert (one.equipment_id, one.origin, one.reporter_id) == (cast.reactor_id, "public", None)


async def test_one_address_sends_the_public_form_only_so_often(app: FastAPI, database: Database, cast: Cast) -> None:
    address = await open_to_the_public(database, cast)
    most = int(BY_ADDRESS.split("/", 1)[0])
    async with visitor(app) as stranger:
        forms = [{"idempotency_key": unique("public-form-key-"), "details": "x"} for _ in range(most + 1)]
        answers = [await stranger.post(address, data=form) for form in forms]
    assert answers[-1].status_code == 429 and "上报太频繁" in answers[-1].text


async def test_the_public_form_does_not_name_equipment_join_or_set_levels(
    app: FastAPI, database: Database, cast: Cast
) -> None:
    address = await open_to_the_public(database, cast)
    async with database.session() as session:
        came = await commands.visit(session, address.rsplit("/", 1)[1], "198.51.100.9")
        claims: dict[str, Any] = {"level": "low", "joins": 1, "equipment_id": cast.reactor_id}
        draft = commands.ReportDraft(details="x", idempotency_key="0123456789abcdef", **claims)
        one = await commands.report_publicly(session, came, draft)
    assert (one.level, one.level_reason, one.merged_into_id, one.equipment_id) == ("general", "usual", None, None)
