"""An incident as it spreads: its scope on the phone, the wall, and who may be inside."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.models import Level
from backend.checkins.models import CheckIn, Proof
from backend.core.clock import now
from backend.core.database import Database
from backend.identity.actor import Actor
from backend.identity.models import Role
from backend.incidents.models import Incident, IncidentSource, SourceKind
from backend.incidents.queries.listing import card
from backend.incidents.tracking.queries.people import people_inside
from backend.incidents.tracking.queries.ways import follow
from backend.tracing.models import Trace
from backend.tracing.steps import reached_equipment
from tests.factories import made, make_equipment
from tests.incidents.scene import Scene, tapped
from tests.incidents.test_pages import browsing, text_of
from tests.tracing.conftest import Troubled, made_trace, trouble

FRAGMENT = {"HX-Request": "true"}


@pytest.fixture(scope="module")
async def broken_out(database_url: str) -> tuple[Troubled, Trace, Incident]:
    """A traced flood of alarms that counts to an incident as its group."""
    database = Database(database_url)
    found = await trouble(database)
    trace = await made_trace(database, found)
    async with database.session() as session:
        one = await made(
            session,
            Incident(
                site_id=found.site.id,
                number="SJ-20261127-001",
                kind="equipment_failure",
                level=Level.MAJOR,
                title="原料中断",
                title_en="Feed lost",
                began_at=now() - timedelta(minutes=3),
            ),
        )
        source = IncidentSource(site_id=found.site.id, incident_id=one.id, kind=SourceKind.GROUP, at=now())
        source.source_id = found.group_id
        await made(session, source)
    await database.close()
    return found, trace, one


@pytest.fixture
async def leader(app: FastAPI, broken_out: tuple[Troubled, Trace, Incident]) -> AsyncIterator[httpx.AsyncClient]:
    async with browsing(app, broken_out[0].actors[Role.LEADER]) as browser:
        yield browser


async def test_the_scope_follows_the_newest_trace_of_its_alarms(
    database: Database, broken_out: tuple[Troubled, Trace, Incident]
) -> None:
    found, trace, one = broken_out
    actor = found.actors[Role.LEADER]
    async with database.session() as session:
        followed = await follow(session, actor, await card(session, actor, one.id), now())
    assert followed.way
    assert followed.way.view.trace.id == trace.id
    assert followed.way.reached == reached_equipment(trace.result)
    assert len(followed.way.arrived) + len(followed.way.coming) == len(followed.way.reached) > 0
    assert set(followed.way.touched) <= set(followed.equipment_ids) and followed.area_ids


async def test_the_phone_sees_source_plan_moments_arrivals_and_people(
    leader: httpx.AsyncClient, broken_out: tuple[Troubled, Trace, Incident]
) -> None:
    found, trace, one = broken_out
    part = (await leader.get(f"/incidents/{one.id}/scope", headers=FRAGMENT)).text
    assert "<!DOCTYPE" not in part
    assert 'class="plan-step"' in part and 'class="time-moment is-root"' in part
    assert "源头" in part and f"按第 {trace.revision} 版溯源" in part
    coming = [item for item in reached_equipment(trace.result) if not item.arrived]
    assert ("接下来会影响" in part) == bool(coming)
    assert "不等于清点" in part and found.people[Role.LEADER].name in part
    whole = (await leader.get(f"/incidents/{one.id}/scope")).text
    assert "<!DOCTYPE" in whole and f'href="/incidents/{one.id}"' in whole


async def test_the_incident_s_page_loads_the_scope_and_asks_anew_when_a_trace_is_made(
    leader: httpx.AsyncClient, broken_out: tuple[Troubled, Trace, Incident]
) -> None:
    _, _, one = broken_out
    page = (await leader.get(f"/incidents/{one.id}")).text
    assert f'hx-get="/incidents/{one.id}/scope" hx-trigger="unfold, refresh"' in page
    assert 'data-fresh-on="trace incident"' in page


async def test_the_wall_has_plan_log_counts_and_clock_in_one(
    leader: httpx.AsyncClient, broken_out: tuple[Troubled, Trace, Incident]
) -> None:
    _, _, one = broken_out
    page = (await leader.get(f"/incidents/{one.id}/wall")).text
    for part in ('class="plan-map"', 'class="timeline"', 'class="forward-sum"', "<elapsed-clock data-since="):
        assert part in page
    assert 'data-refresh-on="incident trace alarm"' in page and "3 分钟" in text_of(page)
    assert "data-until" not in page, "it goes on"


async def test_programs_get_the_same(leader: httpx.AsyncClient, broken_out: tuple[Troubled, Trace, Incident]) -> None:
    _, trace, one = broken_out
    told = (await leader.get(f"/api/v1/incidents/{one.id}/scope")).json()
    assert (told["way"]["trace_id"], told["way"]["revision"]) == (trace.id, trace.revision)
    assert {item["equipment_id"] for item in told["way"]["reached"]} == {
        item.equipment_id for item in reached_equipment(trace.result)
    }
    assert told["people"] and told["area_ids"]


async def test_without_a_trace_the_place_alone_is_known(app: FastAPI, database: Database, scene: Scene) -> None:
    one = await tapped(database, scene.worker, scene)
    async with browsing(app, scene.leader) as browser:
        part = (await browser.get(f"/incidents/{one.id}/scope", headers=FRAGMENT)).text
        wall = await browser.get(f"/incidents/{one.id}/wall")
        told = (await browser.get(f"/api/v1/incidents/{one.id}/scope")).json()
    assert "还没有属于它的溯源" in part and wall.status_code == 200
    assert told["way"] is None and told["area_ids"] == [scene.area.id]
    assert {item["person_id"] for item in told["people"]} == {scene.worker.person_id, scene.leader.person_id}


async def checked_in(
    session: AsyncSession, actor: Actor, equipment_id: int, minutes_ago: float, proof: Proof = Proof.LABEL
) -> None:
    at = now() - timedelta(minutes=minutes_ago)
    one = CheckIn(
        site_id=actor.site_id, equipment_id=equipment_id, person_id=actor.person_id, at=at, created_at=at, proof=proof
    )
    await made(session, one)


async def test_people_are_where_they_checked_in_last_with_its_age(database: Database, scene: Scene) -> None:
    async with database.session() as session:
        away = await make_equipment(session, scene.site, None)
        await checked_in(session, scene.stranger, scene.pump.id, 5)
        await checked_in(session, scene.worker, scene.pump.id, 20)
        await checked_in(session, scene.worker, away.id, 10, Proof.MANUAL)
        await checked_in(session, scene.rival, scene.pump.id, 60 * 13)
    async with database.session() as session:
        found = await people_inside(session, scene.officer, [scene.pump.id], [scene.area.id], now())
    stranger, leader, worker = found
    assert (stranger.person.id, stranger.assigned, stranger.elsewhere) == (scene.stranger.person_id, False, False)
    assert stranger.seen and stranger.seen.scanned and stranger.seen.name == scene.pump.name
    assert now() - stranger.seen.at < timedelta(minutes=6)
    assert (leader.person.id, leader.seen) == (scene.leader.person_id, None)
    assert worker.person.id == scene.worker.person_id and worker.elsewhere, "checked in at another place since"
    assert worker.seen and not worker.seen.scanned


async def test_a_worker_doesn_t_see_where_another_team_is(database: Database, scene: Scene) -> None:
    async with database.session() as session:
        await checked_in(session, scene.stranger, scene.pump.id, 5)
        found = await people_inside(session, scene.worker, [scene.pump.id], [scene.area.id], now())
    assert scene.stranger.person_id not in {one.person.id for one in found}
