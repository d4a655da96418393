"""Downstream of failed equipment with a real plant: links, levels as they fall, and what the page says of them."""

from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI

from backend.core.clock import now
from backend.core.database import Database
from backend.incidents.models import Incident
from backend.incidents.tracking.queries.downstream import Stop, downstream
from backend.plant.models import Equipment
from tests.factories import make_equipment, make_link, make_point
from tests.incidents.scene import Scene, read, tapped
from tests.incidents.test_pages import browsing, text_of


@pytest.fixture
async def tank(database: Database, scene: Scene) -> Equipment:
    """Pump → reactor (60 s) → tank with a level (120 s) → filler, which a line of its own feeds too."""
    async with database.session() as session:
        tank = await make_equipment(session, scene.site, scene.area)
        filler = await make_equipment(session, scene.site, scene.area)
        line = await make_equipment(session, scene.site, scene.area)
        await make_link(session, scene.pump, scene.reactor, delay_s=60)
        await make_link(session, scene.reactor, tank, delay_s=120)
        await make_link(session, tank, filler)
        await make_link(session, line, filler, delay_s=5)
        level = {"name": "成品罐液位", "name_en": "Tank level", "unit": "%"}
        scene.points["level"] = await make_point(session, scene.site, tank, **level)
    return tank


async def stops(database: Database, scene: Scene, incident: Incident) -> dict[int, Stop]:
    async with database.session() as session:
        return {one.equipment.id: one for one in await downstream(session, scene.leader, incident, now())}


async def test_links_give_the_moment_and_a_falling_level_holds_up_what_is_below(
    app: FastAPI, database: Database, scene: Scene, tank: Equipment
) -> None:
    one = await tapped(database, scene.worker, scene, equipment_id=scene.pump.id, kind="equipment_failure")
    await read(database, scene, "level", [30 - 0.1 * n for n in range(120)])
    found = await stops(database, scene, one)
    assert found.keys() >= {scene.reactor.id, tank.id} and len(found) == 3
    assert found[tank.id].whole and found[tank.id].via.id == scene.reactor.id
    assert found[tank.id].at <= one.began_at + timedelta(seconds=180.1)
    [filler] = [stop for id_, stop in found.items() if id_ not in {scene.reactor.id, tank.id}]
    [level] = found[tank.id].held
    assert level.falls and filler.at == level.falls.earliest
    left = (level.falls.likely - now()).total_seconds()
    assert 1500 < left < 2100, "18 % left at 0.1 % in 10 s: half an hour"
    assert not filler.whole and not filler.sure
    async with browsing(app, scene.leader) as browser:
        page = text_of((await browser.get(f"/incidents/{one.id}/downstream")).text)
        told = (await browser.get(f"/api/v1/incidents/{one.id}/downstream")).json()
        seam = (await browser.get(f"/incidents/{one.id}")).text
    assert "成品罐液位" in page and "照现在的降速" in page and "少一路进料" in page
    assert [item["equipment_id"] for item in told] == list(found)
    assert datetime.fromisoformat(told[-1]["at"]).astimezone(UTC) > now() + timedelta(minutes=20)
    assert f'hx-get="/incidents/{one.id}/downstream"' in seam


async def test_a_level_that_does_not_fall_says_nothing_and_is_said_so(
    app: FastAPI, database: Database, scene: Scene, tank: Equipment
) -> None:
    one = await tapped(database, scene.worker, scene, equipment_id=scene.pump.id, kind="equipment_failure")
    await read(database, scene, "level", [60.0] * 60)
    found = await stops(database, scene, one)
    assert found[tank.id].held[0].falls is None
    async with browsing(app, scene.leader) as browser:
        page = text_of((await browser.get(f"/incidents/{one.id}/downstream")).text)
    assert "看不出在往下走" in page


async def test_an_incident_of_an_area_has_no_downstream(app: FastAPI, database: Database, scene: Scene) -> None:
    one = await tapped(database, scene.worker, scene, equipment_id=None, area_id=scene.area.id)
    async with browsing(app, scene.leader) as browser:
        page = (await browser.get(f"/incidents/{one.id}/downstream")).text
        assert (await browser.get(f"/api/v1/incidents/{one.id}/downstream")).json() == []
        assert "/downstream" not in (await browser.get(f"/incidents/{one.id}")).text
    assert "推算不出下游" in page


async def test_a_stated_store_says_how_long_it_lasts_though_its_level_does_not_fall(
    app: FastAPI, database: Database, scene: Scene, tank: Equipment
) -> None:
    one = await tapped(database, scene.worker, scene, equipment_id=scene.pump.id, kind="equipment_failure")
    async with database.session() as session:
        scene.points["out"] = await make_point(session, scene.site, tank, name="出料", unit="t/h")
    await read(database, scene, "level", [60.0] * 60)
    await read(database, scene, "out", [9.0] * 30 + [11.0] * 30)
    form = {"equipment_id": tank.id, "level_point_id": scene.points["level"].id, "outflow_point_id": ""}
    form |= {"empty_level": "10", "full_level": "90", "capacity": "40", "unit": "t", "outflow_per_h": "10"}
    async with browsing(app, scene.admin) as admin:
        assert (await admin.post("/incidents/basis/buffers", data=form)).status_code == 303
        measured = form | {"outflow_point_id": scene.points["out"].id, "outflow_per_h": ""}
        assert (await admin.post("/incidents/basis/buffers", data=measured)).status_code == 303, "instead of the former"
        listed = text_of((await admin.get("/incidents/basis")).text)
    found = await stops(database, scene, one)
    stored = found[tank.id].stored
    assert stored and stored.left == pytest.approx(25) and stored.outflow.per_h == pytest.approx(10, rel=0.05)
    assert stored.lasts and stored.lasts.likely == pytest.approx(9000, rel=0.05)
    assert stored.lasts.earliest < stored.lasts.likely < stored.lasts.latest
    [filler] = [stop for id_, stop in found.items() if id_ not in {scene.reactor.id, tank.id}]
    assert filler.at == max(found[tank.id].at, stored.at) + timedelta(seconds=stored.lasts.earliest)
    assert "存料 25.0 t，装满 40.0 t" in listed and "断料后约能撑" in listed
    async with browsing(app, scene.leader) as browser:
        page = text_of((await browser.get(f"/incidents/{one.id}/downstream")).text)
        told = (await browser.get(f"/api/v1/incidents/{one.id}/downstream")).json()
    assert "存料 25.0 t" in page and "断料后约能撑" in page
    [kept] = [item["stored"] for item in told if item["stored"]]
    assert (kept["left"], kept["capacity"], kept["unit"]) == (pytest.approx(25), 40, "t")
