"""Retention at a site: the dry run says what goes, the night does it once, what is open is held."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, text
from sqlmodel import col

from backend.core.clock import now
from backend.core.database import Database
from backend.core.events import Event
from backend.governance.retention import keeping
from backend.governance.retention.doctoring import last_rounds, of_retention
from backend.governance.retention.keeping import keep_retention
from backend.governance.retention.models import Kind, RetentionRule, RetentionRun
from backend.governance.retention.queries import dry_run
from backend.identity.models import AuditEntry, Person, Role, Site
from backend.incidents.models import Incident, IncidentState
from backend.telemetry.models import Reading, Rejection
from backend.telemetry.partitions import ensure_partitions, partition_days
from tests.factories import actor_for, made, make_equipment, make_person, make_point, make_site, unique
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
async def admin(database: Database) -> Person:
    async with database.session() as session:
        return await make_person(session, await make_site(session), Role.ADMIN)


NIGHT = now().replace(hour=4, minute=0)
"""Noon in Shanghai: the night's work is due."""


async def refuse(database: Database, site_id: int, *ages: int) -> None:
    async with database.session() as session:
        for age in ages:
            one = Rejection(site_id=site_id, topic="t", reason="bad_json", source=f"gw{age}", digest=unique("d"))
            one.received_at = NIGHT - timedelta(days=age)
            session.add(one)


async def set_days(database: Database, site_id: int, kind: Kind, days: int) -> None:
    async with database.session() as session:
        newest = await session.scalar(
            select(func.max(col(RetentionRule.version))).where(
                col(RetentionRule.site_id) == site_id, col(RetentionRule.kind) == kind
            )
        )
        rule = RetentionRule(site_id=site_id, kind=kind, version=(newest or 0) + 1, keep_days=days)
        rule.effective_at = NIGHT - timedelta(days=2)
        session.add(rule)


async def left(database: Database, site_id: int) -> set[str]:
    async with database.session() as session:
        wanted = select(col(Rejection.source)).where(col(Rejection.site_id) == site_id)
        return set(await session.scalars(wanted))


async def run_of(database: Database, site_id: int, kind: Kind) -> RetentionRun:
    async with database.session() as session:
        wanted = select(RetentionRun).where(col(RetentionRun.site_id) == site_id, col(RetentionRun.kind) == kind)
        return (await session.scalars(wanted)).one()


async def incident(database: Database, site_id: int, age: int, **fields: object) -> None:
    async with database.session() as session:
        one = Incident(
            site_id=site_id, number=unique("SJ-"), kind="gas_leak", level="major", title="漏", title_en="leak",
            began_at=NIGHT - timedelta(days=age), **fields,
        )  # fmt: skip
        await made(session, one)


async def test_the_night_deletes_what_the_dry_run_said_and_nothing_twice(database: Database, admin: Person) -> None:
    await refuse(database, admin.site_id, 5, 40, 50, 60)
    await set_days(database, admin.site_id, Kind.REJECTIONS, 30)
    async with database.session() as session:
        tried = await dry_run(session, await actor_for(session, admin), Kind.REJECTIONS, 30)
    assert (tried.rows, tried.held, [word for _, word in tried.examples]) == (3, 0, ["gw60", "gw50", "gw40"])
    for _ in range(2):
        await keep_retention(database, NIGHT)
        run = await run_of(database, admin.site_id, Kind.REJECTIONS)
        assert (run.deleted, run.keep_days, run.finished_at is not None) == (3, 30, True)
    assert await left(database, admin.site_id) == {"gw5"}


async def test_an_open_incident_holds_what_lies_around_it_until_it_is_closed(database: Database, admin: Person) -> None:
    await refuse(database, admin.site_id, 40, 50, 60)
    await set_days(database, admin.site_id, Kind.REJECTIONS, 30)
    await incident(database, admin.site_id, 50)
    async with database.session() as session:
        tried = await dry_run(session, await actor_for(session, admin), Kind.REJECTIONS, 30)
    assert (tried.rows, tried.held, [hold.why for hold in tried.holds]) == (1, 2, ["incident"])
    await keep_retention(database, NIGHT)
    assert await left(database, admin.site_id) == {"gw40", "gw50"}
    assert (await run_of(database, admin.site_id, Kind.REJECTIONS)).held == 2
    async with database.session() as session:
        one = (await session.scalars(select(Incident).where(col(Incident.site_id) == admin.site_id))).one()
        one.state, one.closed_at = IncidentState.CLOSED, NIGHT
    await keep_retention(database, NIGHT + timedelta(days=1))
    assert await left(database, admin.site_id) == set()


async def test_a_round_that_was_cut_off_goes_on_and_counts_each_row_once(
    database: Database, admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    await refuse(database, admin.site_id, *range(40, 47))
    await set_days(database, admin.site_id, Kind.REJECTIONS, 30)
    monkeypatch.setattr(keeping, "BATCH", 3)
    forget, done = keeping._forget_batch, []

    async def dies(*arguments: object) -> int:
        deleted = await forget(*arguments)  # type: ignore[arg-type]
        done.append(deleted)
        if len(done) == 2:
            raise RuntimeError("killed before the commit of the second batch")
        return deleted

    monkeypatch.setattr(keeping, "_forget_batch", dies)
    with pytest.raises(RuntimeError):
        await keep_retention(database, NIGHT)
    halfway = await run_of(database, admin.site_id, Kind.REJECTIONS)
    assert (halfway.deleted, halfway.finished_at, len(await left(database, admin.site_id))) == (3, None, 4)
    await keep_retention(database, NIGHT)
    run = await run_of(database, admin.site_id, Kind.REJECTIONS)
    assert (run.deleted, run.finished_at is not None, await left(database, admin.site_id)) == (7, True, set())


async def reading_at(database: Database, site: Site, at: datetime, count: int) -> int:
    async with database.session() as session:
        point = await make_point(session, site, await make_equipment(session, site))
        await ensure_partitions(session, [at.date()])
        for n in range(count):
            session.add(Reading(site_id=site.id, point_id=point.id, at=at + timedelta(seconds=n), value=1.0))
        return point.id


async def count_of(database: Database, point_id: int) -> int:
    async with database.session() as session:
        found = await session.scalar(text("SELECT count(*) FROM reading WHERE point_id = :id"), {"id": point_id})
        return int(found or 0)


async def test_a_day_of_readings_goes_whole_when_no_site_needs_it_and_by_rows_before(database: Database) -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    async with database.session() as session:
        short, long = await make_site(session), await make_site(session)
    mine, theirs = await reading_at(database, short, noon, 4), await reading_at(database, long, noon, 2)
    await set_days(database, short.id, Kind.READINGS, 30)
    await keep_retention(database, NIGHT)
    assert (await count_of(database, mine), await count_of(database, theirs)) == (0, 2)
    assert (await run_of(database, short.id, Kind.READINGS)).deleted == 4
    await set_days(database, long.id, Kind.READINGS, 60)
    await incident(database, long.id, 400, state=IncidentState.CONTAINED)
    await keep_retention(database, NIGHT + timedelta(days=1))
    assert await count_of(database, theirs) == 2, "held by an open incident"
    async with database.session() as session:
        await session.execute(
            text("UPDATE incident SET state = 'closed', closed_at = began_at WHERE site_id = :s"), {"s": long.id}
        )
    await keep_retention(database, NIGHT + timedelta(days=2))
    async with database.session() as session:
        assert noon.date() not in await partition_days(session)


async def test_what_shortens_waits_a_day_is_told_and_can_be_taken_back(
    app: FastAPI, database: Database, admin: Person
) -> None:
    await refuse(database, admin.site_id, 40)
    async with signed_in(app, admin) as browser:
        assert "试算保留期" in (await browser.get("/data-retention")).text
        page = (await browser.get("/data-retention/preview?kind=rejections&days=30")).text
        assert "会删除" in page and "gw40" in page and "确认保留期" in page
        wrong = await browser.post("/data-retention/rules", data={"kind": "rejections", "days": "3"})
        assert wrong.status_code == 422 and "7 到 36500" in wrong.text and 'value="3"' in wrong.text
        kept = await browser.post("/data-retention/rules", data={"kind": "rejections", "days": "30"})
        assert kept.headers["location"] == "/data-retention?done=later"
        await keep_retention(database, NIGHT)
        assert await left(database, admin.site_id) == {"gw40"}, "it waits"
        async with database.session() as session:
            rule = (
                await session.scalars(select(RetentionRule).where(col(RetentionRule.site_id) == admin.site_id))
            ).one()
            told = (
                await session.scalars(
                    select(Event).where(col(Event.kind) == "retention.shortened", col(Event.site_id) == admin.site_id)
                )
            ).one()
        assert told.data["told"] == [admin.id] and "30" in told.data["title_zh"]
        assert timedelta(hours=23) < rule.effective_at - now() <= timedelta(hours=24)
        back = await browser.post(f"/data-retention/rules/{rule.id}/withdraw")
        assert back.headers["location"] == "/data-retention?done=withdrawn"
        assert (await browser.post(f"/data-retention/rules/{rule.id}/withdraw")).status_code == 409
        longer = await browser.post("/data-retention/rules", data={"kind": "checkin_positions", "days": "60"})
        assert longer.headers["location"] == "/data-retention?done=now", "what lengthens takes nothing away"
        told_api = (await browser.get("/api/v1/data-retention/preview?kind=rejections&days=30")).json()
        assert (told_api["rows"], told_api["held"]) == (1, 0)
        settings = {one["kind"]: one for one in (await browser.get("/api/v1/data-retention")).json()}
        assert (settings["checkin_positions"]["keep_days"], settings["rejections"]["waiting_days"]) == (60, None)
    await keep_retention(database, NIGHT + timedelta(days=3))
    assert await left(database, admin.site_id) == {"gw40"}, "taken back"
    async with database.session() as session:
        acts = set(
            await session.scalars(select(col(AuditEntry.action)).where(col(AuditEntry.site_id) == admin.site_id))
        )
    assert {"retention.set", "retention.withdraw"} <= acts


async def test_a_manager_may_look_and_not_set(app: FastAPI, database: Database, admin: Person) -> None:
    async with database.session() as session:
        site = await session.get_one(Site, admin.site_id)
        manager = await make_person(session, site, Role.MANAGER)
    async with signed_in(app, manager) as browser:
        assert "确认保留期" not in (await browser.get("/data-retention/preview?kind=rejections&days=30")).text
        assert (
            await browser.post("/data-retention/rules", data={"kind": "rejections", "days": "30"})
        ).status_code == 403


async def test_the_doctor_names_a_round_that_does_not_end(database: Database, admin: Person) -> None:
    async with database.session() as session:
        run = RetentionRun(site_id=admin.site_id, kind=Kind.REJECTIONS, night=now().date(), keep_days=30)
        run.started_at = now() - timedelta(hours=30)
        await made(session, run)
        found = of_retention(await last_rounds(session))
    assert found.verdict == "warning" and found.values["stuck"] == 1
