"""An incident above: cordons, clouds and people belong to their floor, in that plan's metres, and to no other."""

import re
from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlmodel import col

from backend.checkins.models import PlaceFence
from backend.checkins.position import Fence, Position
from backend.core.clock import now
from backend.core.database import Database
from backend.core.errors import NotFound
from backend.identity.actor import Actor
from backend.incidents.models import Incident
from backend.incidents.positions.laying import Anchor, lay
from backend.incidents.positions.picturing import PlanSheet, near_place
from backend.incidents.positions.queries.picture import Map, Picture, map_of, picture_of
from backend.incidents.positions.whereabouts import Known, Place, Source
from backend.incidents.queries.listing import card
from backend.incidents.recording import Said
from backend.incidents.response.commands import Closing, set_cordon
from backend.incidents.response.queries.cordons import Ground, ground_of
from backend.incidents.tracking.models import IncidentPlume
from backend.plant.drawing import PlacedArea, draw
from backend.telemetry.models import PointState
from tests.factories import made, make_equipment, make_point
from tests.incidents.scene import Scene, log_of, set_scene, tapped
from tests.incidents.test_commands import do
from tests.incidents.test_pages import browsing, text_of
from tests.incidents.test_tracking_leak import LEAK
from tests.operations.test_several_plans import chips
from tests.plant.two_floors import GROUND_WIDTH_M, UPPER_WIDTH_M, TwoFloors, lie, stand, two_floors

AROUND = "400,200 600,200 600,400 400,400"
"""Ground around 500, 300, where the pump stands below and the reactor above."""


@pytest.fixture
async def floors(database: Database, scene: Scene) -> TwoFloors:
    """The pump below in its area, the reactor right above it."""
    async with database.session() as session:
        both = await two_floors(session, scene.site)
        await lie(session, both.ground, scene.area)
        await stand(session, both.ground, scene.pump)
        await stand(session, both.upper, scene.reactor)
    return both


@pytest.fixture
async def incident(database: Database, scene: Scene, floors: TwoFloors) -> Incident:
    """At the reactor, above."""
    return await tapped(database, scene.worker, scene)


async def ground(database: Database, actor: Actor, incident: Incident, plan: int | None = None) -> Ground:
    async with database.session(site_id=actor.site_id) as session:
        return await ground_of(session, actor, incident, plan)


async def test_a_cordon_closes_the_incidents_floor_to_its_scale_and_not_the_same_place_below(
    database: Database, scene: Scene, floors: TwoFloors, incident: Incident
) -> None:
    wide = Closing("circle", 20.0, GROUND_WIDTH_M, plan_id=floors.ground.id)
    cordon = await do(database, scene.leader, set_cordon, incident.id, wide, Said())
    assert cordon.floor_plan_id == floors.upper.id and cordon.plan_width_m == UPPER_WIDTH_M
    line = (await log_of(database, incident.id))[-1]
    assert line.change["about"] == {"zh": "事发处周围 20 米（二层）", "en": "20 m around it (Upper floor)"}
    found = await ground(database, scene.worker, incident)
    assert found.drawing and found.drawing.id == floors.upper.id == found.home
    [closed] = found.here
    assert closed.radius == 20 * 1000 / UPPER_WIDTH_M, "in the metres of its own plan, whatever was said of another"
    assert [one.id for one in closed.inside] == [scene.reactor.id], "not the pump, at the same x and y below"
    below = await ground(database, scene.worker, incident, floors.ground.id)
    assert not below.here and len(below.standing) == 1 and below.circles_elsewhere
    assert below.tally == {floors.upper.id: 1} and below.plan_width_m == GROUND_WIDTH_M


async def test_ground_that_is_drawn_is_closed_on_the_plan_it_was_drawn_on(
    database: Database, scene: Scene, floors: TwoFloors, incident: Incident
) -> None:
    for plan_id, on, inside in (
        (floors.upper.id, floors.upper.id, scene.reactor.id),
        (None, floors.ground.id, scene.pump.id),
    ):
        drawn = Closing("polygon", polygon=AROUND, plan_id=plan_id)
        cordon = await do(database, scene.leader, set_cordon, incident.id, drawn, Said())
        assert cordon.floor_plan_id == on
        [closed] = (await ground(database, scene.worker, incident, on)).here
        assert [one.id for one in closed.inside] == [inside]
    async with database.session() as session:
        foreign = (await two_floors(session, (await set_scene(session)).site)).ground.id
    for wrong in (foreign, 2**40):
        with pytest.raises(NotFound):
            drawn = Closing("polygon", polygon=AROUND, plan_id=wrong)
            await do(database, scene.leader, set_cordon, incident.id, drawn, Said())


async def test_the_lead_closes_ground_below_and_everybody_sees_on_which_floor(
    app: FastAPI, scene: Scene, floors: TwoFloors, incident: Incident
) -> None:
    path, below = f"/incidents/{incident.id}/cordon", f"?plan={floors.ground.id}"
    async with browsing(app, scene.leader) as leader, browsing(app, scene.worker) as worker:
        page = (await leader.get(path)).text
        assert chips(page)["二层"][:2] == (True, "事发处") and "只在那张图上" not in page
        page = (await leader.get(path + below)).text
        assert chips(page)["一层"][0] and "只在那张图上：二层" in text_of(page).replace(" ", "")
        data = {"shape": "polygon", "polygon": AROUND, "plan": str(floors.ground.id)}
        refused = await leader.post(path, data=data | {"polygon": "1,1 2,2"})
        assert refused.status_code == 422 and chips(refused.text)["一层"][0], "the floor that it was drawn on"
        assert (await leader.post(path, data=data)).headers["location"] == path + below
        part = {"HX-Request": "true", "HX-Target": "incident-cordon"}
        seen = (await worker.get(path, headers=part)).text
        assert chips(seen)["一层"][1] == "警戒区 1 处" and chips(seen)["二层"][0]
        assert f'<polygon points="{AROUND}"/>' not in seen, "above nothing is closed"
        assert "图上划出的范围一层" in text_of(seen).replace(" ", "")
        assert f'<polygon points="{AROUND}"/>' in (await worker.get(path + below, headers=part)).text
        told = (await worker.get(f"/api/v1/incidents/{incident.id}/cordons")).json()
    assert [(one["floor_plan_id"], one["inside"]) for one in told] == [(floors.ground.id, [scene.pump.id])]


async def test_a_cloud_lies_on_the_floor_of_the_leak_and_detectors_below_it_are_not_held_against_it(
    app: FastAPI, database: Database, scene: Scene, floors: TwoFloors, incident: Incident
) -> None:
    detectors = {}
    async with database.session() as session:
        for plan in (floors.ground, floors.upper):
            unit = await make_equipment(session, scene.site, scene.area)
            await stand(session, plan, unit, x=900.0)
            point = await make_point(session, scene.site, unit, unit="ppm", name="氨气")
            state = PointState(site_id=scene.site.id, point_id=point.id, at=now(), value=9.0, received_at=now())
            await made(session, state)
            detectors[point.id] = plan.id
    path = f"/incidents/{incident.id}/plume"
    async with browsing(app, scene.leader) as leader:
        assert width_in((await leader.get(path)).text) == UPPER_WIDTH_M, "the scale of the floor where it leaks"
        assert (await leader.post(path, data=LEAK)).status_code == 303
        page, told = (await leader.get(path)).text, (await leader.get(f"/api/v1{path}")).json()
        other = await tapped(database, scene.worker, scene, equipment_id=scene.pump.id)
        below = (await leader.get(f"/incidents/{other.id}/plume")).text
        wall = (await leader.get(f"/incidents/{incident.id}/wall")).text
        wall_below = (await leader.get(f"/incidents/{incident.id}/wall?plan={floors.ground.id}")).text
    assert "画在：二层" in text_of(page).replace(" ", "")
    expected = {detectors[one["point_id"]]: one["expected"] is not None for one in told["detectors"]}
    assert expected == {floors.ground.id: False, floors.upper.id: True}
    assert width_in(below) == GROUND_WIDTH_M, "what was stated above says nothing of the floor below"
    assert 'class="plume' in wall and 'class="plume' not in wall_below
    async with database.session() as session:
        row = (await session.scalars(select(IncidentPlume).where(col(IncidentPlume.incident_id) == incident.id))).one()
    assert row.floor_plan_id == floors.upper.id


def width_in(page: str) -> float | None:
    """How many metres wide the form says the plan is."""
    found = re.search(r'name="plan_width_m"[^>]* value="([\d.]+)"', page)
    return float(found[1]) if found else None


async def test_scope_and_wall_open_on_the_floor_where_it_happened(
    app: FastAPI, scene: Scene, floors: TwoFloors, incident: Incident
) -> None:
    async with browsing(app, scene.officer) as officer:
        wall = (await officer.get(f"/incidents/{incident.id}/wall")).text
        below = (await officer.get(chips(wall)["一层"][2])).text
    assert chips(wall)["二层"][0] and f'href="/equipment/{scene.reactor.id}"' in wall
    assert chips(below)["一层"][0] and f'href="/equipment/{scene.pump.id}"' in below
    assert f'hx-get="/incidents/{incident.id}/wall?plan={floors.ground.id}"' in below, "it stays on that floor"


async def picture(database: Database, scene: Scene, incident: Incident, plan: int | None = None) -> Picture:
    async with database.session(site_id=scene.site.id) as session:
        shown = await card(session, scene.officer, incident.id)
        return await picture_of(session, scene.officer, shown, now() + timedelta(seconds=1), plan)


async def test_people_are_drawn_on_the_floor_of_the_place_that_is_known_of_them(
    app: FastAPI, database: Database, scene: Scene, floors: TwoFloors, incident: Incident
) -> None:
    above = await picture(database, scene, incident)
    assert above.map.drawing and above.map.drawing.id == floors.upper.id
    assert above.people and not any(one.spot for one in above.people), "the team is assigned to the area below"
    assert above.by_plan == {floors.ground.id: len(above.people)} and not above.by_phone
    below = await picture(database, scene, incident, floors.ground.id)
    assert all(one.spot for one in below.people)
    async with browsing(app, scene.officer) as officer:
        page = (await officer.get(f"/incidents/{incident.id}/positions")).text
        asked = (await officer.get(chips(page)["一层"][2])).text
    assert chips(page)["一层"][1] == f"{len(above.people)} 人" and chips(page)["二层"][0]
    assert chips(asked)["一层"][0] and "回到事发处" in asked and 'class="who ' in asked


HERE = Position(31.2301, 121.4701, 8.0)


async def drawn_map(database: Database, scene: Scene, incident: Incident, plan: int | None = None) -> Map:
    async with database.session(site_id=scene.site.id) as session:
        shown = await card(session, scene.officer, incident.id)
        return await map_of(session, scene.officer, shown, [HERE], plan)


async def test_a_phones_position_lies_on_each_plan_that_lies_on_the_earth_and_on_no_other(
    database: Database, scene: Scene, floors: TwoFloors, incident: Incident
) -> None:
    known = Known(Source.GPS, now(), position=HERE)
    sketched = await drawn_map(database, scene, incident)
    assert sketched.sketch and sketched.sheet and sketched.sheet.spot(known), "no plan lies on the earth yet"
    async with database.session() as session:
        gate = await make_equipment(session, scene.site, scene.area)
        await stand(session, floors.ground, gate, x=700.0)
        for unit, east in ((scene.pump, 0.0), (gate, 100.0)):
            fence = {"lat": 31.23, "lon": 121.47 + east / 95_080.0, "radius_m": 20.0}
            await made(session, PlaceFence(site_id=scene.site.id, equipment_id=unit.id, **fence))
    below = await drawn_map(database, scene, incident, floors.ground.id)
    assert isinstance(below.sheet, PlanSheet) and below.laid and below.sheet.spot(known)
    assert below.near(known) == Place(scene.area.name, scene.area.name_en, area_id=scene.area.id)
    above = await drawn_map(database, scene, incident, floors.upper.id)
    assert above.drawing and not above.laid and above.sheet and above.sheet.spot(known) is None
    assert [drawing.id for drawing, _ in above.grounds] == [floors.ground.id]


def test_where_areas_lie_above_each_other_a_position_is_said_to_be_in_none_of_them() -> None:
    square = ((0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0))
    plans = [draw(100, 100, (PlacedArea(id_, str(id_), f"{id_}层", "", square),), (), ()) for id_ in (1, 2)]
    origin = Fence(HERE.lat, HERE.lon, 10.0)
    east = Fence(HERE.lat, HERE.lon + 0.001, 10.0)
    laid = lay([Anchor(50, 50, origin), Anchor(90, 50, east)])
    assert laid
    assert near_place(HERE, [(plans[0], laid)], []) == Place("1层", area_id=1)
    both = [(plan, laid) for plan in plans]
    assert near_place(HERE, both, []) is None, "a phone can't tell one floor from the one above it"
    pump = Place("泵", equipment_id=3)
    assert near_place(HERE, both, [(pump, origin)]) == pump
