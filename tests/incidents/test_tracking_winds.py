"""The measured wind of a site: it fills the form, and an open leak is estimated anew when it turns."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlmodel import col

from backend.core.clock import now
from backend.core.database import Database
from backend.incidents.models import Deed, Incident
from backend.incidents.tracking.models import IncidentPlume, Origin, SiteWeather
from backend.incidents.tracking.queries.winds import measured_wind
from backend.incidents.tracking.turning import follow_winds
from backend.plant.models import FloorPlan
from backend.telemetry.models import PointState
from tests.factories import made, make_point
from tests.incidents.scene import Scene, log_of, read, tapped
from tests.incidents.test_pages import browsing, text_of
from tests.incidents.test_tracking_leak import LEAK


@pytest.fixture
async def mast(database: Database, scene: Scene) -> Scene:
    """A mast that measures the wind, named as such."""
    async with database.session() as session:
        for name, unit in (("speed", "m/s"), ("bearing", "°")):
            scene.points[name] = await make_point(session, scene.site, None, name=f"气象站{name}", unit=unit)
        speed, bearing = scene.points["speed"].id, scene.points["bearing"].id
        await made(
            session,
            SiteWeather(
                site_id=scene.site.id,
                speed_point_id=speed,
                direction_point_id=bearing,
                set_by=scene.admin.person_id,
            ),
        )
    return scene


async def blows(database: Database, scene: Scene, speeds: Sequence[float], bearings: Sequence[float]) -> None:
    await read(database, scene, "speed", speeds)
    await read(database, scene, "bearing", bearings)


async def looked(database: Database) -> int:
    async with database.session() as session:
        return await follow_winds(session)


async def rows(database: Database, one: Incident) -> Sequence[IncidentPlume]:
    async with database.session() as session:
        wanted = select(IncidentPlume).where(col(IncidentPlume.incident_id) == one.id)
        return (await session.scalars(wanted.order_by(col(IncidentPlume.id)))).all()


async def test_the_form_opens_with_the_mean_of_ten_minutes_and_says_how_old_it_is(
    app: FastAPI, database: Database, mast: Scene
) -> None:
    one = await tapped(database, mast.worker, mast)
    await blows(database, mast, [2.0, 4.0] * 10, [350.0, 10.0] * 10)
    async with browsing(app, mast.leader) as leader:
        page = (await leader.get(f"/incidents/{one.id}/plume")).text
        told = (await leader.get(f"/api/v1/incidents/{one.id}/plume")).json()
    assert 'name="wind_m_s"' in page and 'value="3.0"' in page
    assert "测到的风：3.0 米/秒" in text_of(page) and "已填入，请核对" in text_of(page)
    assert told["wind"]["speed_m_s"] == pytest.approx(3.0)
    assert min(told["wind"]["from_deg"], 360 - told["wind"]["from_deg"]) < 1e-6


async def test_without_a_mast_the_form_is_typed(app: FastAPI, database: Database, scene: Scene) -> None:
    one = await tapped(database, scene.worker, scene)
    async with browsing(app, scene.leader) as leader:
        page = text_of((await leader.get(f"/incidents/{one.id}/plume")).text)
    assert "没有测到的风，请自己看" in page


async def test_a_point_that_reports_changes_only_counts_with_its_last_value_until_that_is_stale(
    database: Database, mast: Scene
) -> None:
    await read(database, mast, "speed", [5.0])
    async with database.session() as session:
        state = {"point_id": mast.points["bearing"].id, "value": 90.0, "received_at": now()}
        await made(session, PointState(site_id=mast.site.id, at=now() - timedelta(minutes=12), **state))
        found = await measured_wind(session, mast.site.id, now())
        later = await measured_wind(session, mast.site.id, now() + timedelta(minutes=9))
    assert found and (found.speed_m_s, round(found.from_deg)) == (5.0, 90)
    assert now() - found.at > timedelta(minutes=11), "as old as its older half"
    assert later is None


async def test_an_open_leak_is_estimated_anew_once_when_the_wind_turns_and_the_log_says_so(
    app: FastAPI, database: Database, mast: Scene
) -> None:
    one = await tapped(database, mast.worker, mast)
    known = {"incident_id": one.id, "person_id": mast.leader.person_id, "created_at": now() - timedelta(minutes=20)}
    leak = {"rate_g_s": 200.0, "height_m": 0.0, "wind_m_s": 3.0, "wind_from_deg": 270.0, "plan_up_deg": 0.0}
    leak |= {"substance": "nh3", "sky": "overcast", "ground": "rural", "plan_width_m": 1000.0, "duration_s": 1800.0}
    async with database.session() as session:
        plan = await made(session, FloorPlan(site_id=mast.site.id, name="二层", width=100, height=100))
        await made(session, IncidentPlume(site_id=mast.site.id, floor_plan_id=plan.id, **known, **leak))
    assert await looked(database) == 0, "nothing is measured"
    await blows(database, mast, [3.1] * 5, [275.0] * 5)
    assert await looked(database) == 0, "the wind is the one that was stated"
    await blows(database, mast, [3.2] * 50, [320.0] * 50)
    assert await looked(database) == 1
    assert await looked(database) == 0, "once"
    stated, blown = await rows(database, one)
    assert (stated.origin, blown.origin, blown.person_id) == (Origin.STATED, Origin.WIND, None)
    assert blown.wind_from_deg > 300 and blown.wind_at and blown.duration_s == 1800
    assert blown.floor_plan_id == plan.id
    line = [line for line in await log_of(database, one.id) if line.kind == Deed.PLUME][-1]
    assert line.person_id is None and line.change["wind_from_deg"][0] == 270
    async with browsing(app, mast.leader) as leader:
        page = text_of((await leader.get(f"/incidents/{one.id}/plume")).text)
        log = text_of((await leader.get(f"/incidents/{one.id}")).text)
    assert "风变了，按测到的风自动重算" in page and "风向（°）" in log


async def test_a_closed_incident_and_a_calm_are_left_alone(app: FastAPI, database: Database, mast: Scene) -> None:
    one = await tapped(database, mast.worker, mast)
    async with browsing(app, mast.leader) as leader:
        await leader.post(f"/incidents/{one.id}/plume", data=LEAK)
        await blows(database, mast, [0.3] * 30, [100.0] * 30)
        assert await looked(database) == 0
        page = text_of((await leader.get(f"/incidents/{one.id}/plume")).text)
    assert "几乎没有风" in page and len(await rows(database, one)) == 1
