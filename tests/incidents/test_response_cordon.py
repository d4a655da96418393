"""Closing ground around an incident: by radius or drawn on the plan, shown where it is, lifted."""

import re

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from backend.core.database import Database
from backend.core.errors import Conflict, Forbidden, Invalid, NotFound
from backend.identity.actor import Actor
from backend.incidents import commands as base
from backend.incidents.models import Incident, IncidentKind
from backend.incidents.recording import Said
from backend.incidents.response.commands import Closing, lift_cordon, set_cordon
from backend.incidents.response.content import usual_plan
from backend.incidents.response.ground import (
    area_of,
    in_units,
    middle,
    read_polygon,
    within_circle,
    within_polygon,
)
from backend.incidents.response.queries.cordons import Ground, ground_of
from backend.plant.models import Area, Equipment, FloorPlan
from tests.factories import made
from tests.incidents.scene import Scene, events_of, log_of, set_scene, tapped
from tests.incidents.test_commands import actions, do
from tests.incidents.test_pages import browsing

PLACE = st.floats(0, 1000).map(lambda value: round(value, 1))
SQUARE = "0,0 200,0 200,200 0,200"
CIRCLE = Closing("circle", 50.0, 500.0)


@given(x=PLACE, y=PLACE, width=st.floats(1, 500), height=st.floats(1, 500), at=st.tuples(PLACE, PLACE))
def test_a_place_lies_in_a_rectangle_by_its_sides(
    x: float, y: float, width: float, height: float, at: tuple[float, float]
) -> None:
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    inner = x < at[0] < x + width and y < at[1] < y + height
    outer = x <= at[0] <= x + width and y <= at[1] <= y + height
    found = within_polygon(at, corners)
    assert found or not inner
    assert outer or not found
    centre = middle(corners)
    assert centre and within_polygon(centre, corners)
    assert area_of(corners) == pytest.approx(width * height, rel=1e-6, abs=1e-3)
    assert area_of(corners[::-1]) == pytest.approx(area_of(corners))


@given(radius=st.floats(1, 5000), width_m=st.floats(1, 20_000), width=st.floats(100, 5000))
def test_metres_become_the_plans_units_by_its_width(radius: float, width_m: float, width: float) -> None:
    units = in_units(radius, width_m, width)
    assert units is not None and units / width == pytest.approx(radius / width_m)
    assert within_circle((units * 0.99, 0), (0, 0), units) and not within_circle((units * 1.01, 0), (0, 0), units)
    assert in_units(radius, None, width) is None, "not to scale: no circle that misleads"


@pytest.mark.parametrize(
    "typed", ["", "1,1 2,2", "0,0 9,0 a,b", "0,0 2000,0 5,5", "0,0 1,0 1,1", "1 2 3", "0,0 nan,4 9,9", "1,1 " * 41]
)
def test_what_is_no_ground_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_polygon(typed, 1000, 600)
    assert list(refused.value.fields) == ["polygon"]


@pytest.mark.parametrize("kind", IncidentKind)
def test_every_kind_proposes_a_radius_with_its_source(kind: IncidentKind) -> None:
    cordon = usual_plan(kind).cordon
    assert 1 <= cordon.radius_m <= 5000 and cordon.text and cordon.text_en and cordon.basis and cordon.basis_en


async def drawn(database: Database, scene: Scene) -> None:
    """The plant on a plan of 1000 × 600: the pump at 100, 100, the reactor at 500, 300."""
    async with database.session() as session:
        plan = await made(session, FloorPlan(site_id=scene.site.id, name="总图", width=1000, height=600))
        area = await session.get_one(Area, scene.area.id)
        area.floor_plan_id, area.polygon = plan.id, [[0, 0], [900, 0], [900, 500], [0, 500]]
        for equipment_id, x, y in ((scene.pump.id, 100.0, 100.0), (scene.reactor.id, 500.0, 300.0)):
            one = await session.get_one(Equipment, equipment_id)
            one.x, one.y = x, y


async def ground(database: Database, actor: Actor, incident: Incident) -> Ground:
    async with database.session(site_id=actor.site_id) as session:
        return await ground_of(session, actor, incident)


async def test_a_circle_lies_around_the_place_and_says_what_is_inside(database: Database, scene: Scene) -> None:
    await drawn(database, scene)
    one = await tapped(database, scene.worker, scene)
    said = Said("消防道也封", idempotency_key="c1")
    cordons = [await do(database, scene.leader, set_cordon, one.id, CIRCLE, said) for _ in range(2)]
    assert cordons[0].id == cordons[1].id
    [closed] = (await ground(database, scene.worker, one)).standing
    assert (closed.centre, closed.radius) == ((500.0, 300.0), 100.0)
    assert [mark.id for mark in closed.inside] == [scene.reactor.id]
    line = (await log_of(database, one.id))[-1]
    assert (line.kind, line.words, line.change["about"]["zh"]) == ("cordoned", "消防道也封", "事发处周围 50 米")
    told = (await events_of(database, one.id))[-1]
    assert told.kind == "incident.cordoned" and scene.worker.person_id in told.data["told"]
    wide = Closing("circle", 300.0, None)
    await do(database, scene.leader, set_cordon, one.id, wide, Said())
    found = await ground(database, scene.worker, one)
    assert found.standing[0].radius is None and not found.standing[0].inside
    assert found.plan_width_m == 500.0, "the next one need not be told again"


async def test_a_polygon_is_lifted_with_a_line_also_after_the_end_and_only_once(
    database: Database, scene: Scene
) -> None:
    await drawn(database, scene)
    one = await tapped(database, scene.worker, scene)
    cordon = await do(database, scene.leader, set_cordon, one.id, Closing("polygon", polygon=SQUARE), Said())
    [closed] = (await ground(database, scene.worker, one)).standing
    assert [mark.id for mark in closed.inside] == [scene.pump.id] and closed.points == SQUARE
    await do(database, scene.leader, base.call_off, one.id, Said("演练"))
    with pytest.raises(Conflict):
        await do(database, scene.leader, set_cordon, one.id, CIRCLE, Said())
    for _ in range(2):
        await do(database, scene.leader, lift_cordon, cordon.id, Said("浓度为零"))
    found = await ground(database, scene.worker, one)
    assert not found.standing and found.lifted[0].cordon.lifted_by == scene.leader.person_id
    kinds = [line.kind for line in await log_of(database, one.id)]
    assert kinds == ["reported", "cordoned", "called_off", "cordon_lifted"]
    assert (await actions(database, scene))[-1] == "incident.lift_cordon"


@pytest.mark.parametrize(
    ("closing", "field"),
    [
        (Closing("star"), "shape"),
        (Closing("circle", None), "radius_m"),
        (Closing("circle", 0.5), "radius_m"),
        (Closing("circle", 50.0, 0.0), "plan_width_m"),
        (Closing("polygon", polygon=SQUARE), "shape"),
    ],
)
async def test_nonsense_is_refused_by_field_and_without_a_plan_nothing_is_drawn(
    database: Database, scene: Scene, closing: Closing, field: str
) -> None:
    one = await tapped(database, scene.worker, scene)
    with pytest.raises(Invalid) as refused:
        await do(database, scene.leader, set_cordon, one.id, closing, Said())
    assert field in refused.value.fields
    await do(database, scene.leader, set_cordon, one.id, Closing("circle", 30.0), Said())
    assert (await ground(database, scene.worker, one)).drawing is None


async def test_only_who_leads_closes_and_opens_and_never_at_another_site(database: Database, scene: Scene) -> None:
    one = await tapped(database, scene.worker, scene)
    cordon = await do(database, scene.leader, set_cordon, one.id, Closing("circle", 30.0), Said())
    async with database.session() as session:
        other = await set_scene(session)
    for command, arguments in ((set_cordon, (one.id, CIRCLE, Said())), (lift_cordon, (cordon.id, Said()))):
        with pytest.raises(Forbidden):
            await do(database, scene.worker, command, *arguments)
        with pytest.raises(NotFound):
            await do(database, other.leader, command, *arguments)


async def test_the_lead_sets_it_on_the_page_everybody_sees_it_and_it_is_lifted(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    await drawn(database, scene)
    one = await tapped(database, scene.worker, scene)
    path, part = f"/incidents/{one.id}/cordon", {"HX-Request": "true", "HX-Target": "incident-cordon"}
    async with browsing(app, scene.worker) as worker, browsing(app, scene.leader) as leader:
        assert (await worker.get(path, headers=part)).text.strip() == ""
        form = (await leader.get(path)).text
        assert re.search(r'name="radius_m"[^>]* value="100"', form) and "ERG 2024" in form, "proposed for a gas leak"
        data = {"shape": "polygon", "polygon": "1,1 2,2", "radius_m": "100", "words": "别进"}
        wrong = await leader.post(path, data=data)
        assert wrong.status_code == 422 and "至少三个角" in wrong.text and "别进" in wrong.text
        assert (await leader.post(path, data={**data, "polygon": SQUARE})).headers["location"] == path
        shown = (await worker.get(path, headers=part)).text
        assert f'<polygon points="{SQUARE}"/>' in shown and scene.pump.name in shown and "/lift" not in shown
        cordon = re.search(r'name="cordon" value="(\d+)"', (await leader.get(path)).text)
        assert cordon and (await leader.post(f"{path}/lift", data={"cordon": cordon[1]})).status_code == 303
        assert "警戒区都已解除" in (await worker.get(path)).text
        log = (await worker.get(f"/incidents/{one.id}")).text
    assert "划定了警戒区" in log and "图上划出的范围" in log and "解除了警戒区" in log


async def test_programs_set_and_lift(app: FastAPI, database: Database, scene: Scene) -> None:
    await drawn(database, scene)
    one = await tapped(database, scene.worker, scene)
    path = f"/api/v1/incidents/{one.id}/cordons"
    async with browsing(app, scene.leader) as browser:
        data = {"shape": "circle", "radius_m": "50", "plan_width_m": "500"}
        [cordon] = (await browser.post(path, data=data)).json()
        assert cordon["inside"] == [scene.reactor.id] and cordon["centre"] == [500.0, 300.0]
        [lifted] = (await browser.post(f"{path}/lift", data={"cordon": cordon["id"]})).json()
    assert lifted["lifted_at"]


async def test_a_scale_that_was_given_once_draws_every_circle(app: FastAPI, database: Database, scene: Scene) -> None:
    await drawn(database, scene)
    one = await tapped(database, scene.worker, scene)
    async with browsing(app, scene.admin) as admin:
        assert 'href="/plant/edit"' in (await admin.get("/plant")).text
        wrong = await admin.post("/plant/scale", data={"line": "100,100 600,100", "length_m": ""})
        assert wrong.status_code == 422 and "100,100 600,100" in wrong.text
        right = await admin.post("/plant/scale", data={"line": "100,100 600,100", "length_m": "250"})
        assert right.status_code == 303
        assert "现在按整张图宽 500 米" in (await admin.get("/plant/scale")).text
    async with browsing(app, scene.leader) as leader:
        page = (await leader.get(f"/incidents/{one.id}/cordon")).text
        assert '<label for="plan_width_m"' not in page, "nobody is asked again"
        assert (await leader.get("/plant/scale")).status_code == 403
    await do(database, scene.leader, set_cordon, one.id, Closing("circle", 50.0), Said())
    [closed] = (await ground(database, scene.worker, one)).standing
    assert closed.radius == 100.0
