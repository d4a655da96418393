"""The live plant as queries tell it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from backend.alarms.models import AlarmState
from backend.core.clock import now
from backend.core.database import Database
from backend.live.queries import SERIES_CELLS, cards, limit_marks, open_levels, series
from backend.live.views import key_values
from backend.plant.queries import active_points, equipment_view, floor_plan, linked_points, neighbours
from tests.factories import make_alarm, make_point, make_rule
from tests.live.conftest import LivePlant

Settle = Callable[..., Awaitable[LivePlant]]


async def test_each_point_stands_under_its_equipment_with_its_latest_value_and_a_sparkline(
    database: Database, settle: Settle
) -> None:
    plant = await settle()
    async with database.session(site_id=plant.site.id) as session:
        pump, tank = await cards(session, plant.actor, now())
    assert [point.name for point in pump.points] == ["阀位", "流量"]
    flow = pump.points[1]
    assert (flow.shown, flow.unit, flow.stale) == ("69.0", "m³/h", False)
    assert flow.spark is not None and (flow.spark.low, flow.spark.high) == pytest.approx((14, 66), abs=6)
    assert tank.points[0].stale and tank.points[0].spark is None


async def test_a_point_that_never_spoke_is_stale_and_shows_a_dash(database: Database, settle: Settle) -> None:
    plant = await settle()
    async with database.session(site_id=plant.site.id) as session:
        pump, _ = await cards(session, plant.actor, now())
    assert (pump.points[0].shown, pump.points[0].stale) == ("—", True)


async def test_equipment_area_and_point_take_the_worst_level_of_their_open_alarms(
    database: Database, settle: Settle
) -> None:
    plant = await settle()
    async with database.session() as session:
        place = {"area_id": plant.pump.area_id}
        await make_alarm(session, plant.site, plant.flow, level="general", **place)
        await make_alarm(session, plant.site, plant.flow, level="significant", state=AlarmState.ACKNOWLEDGED, **place)
        await make_alarm(session, plant.site, plant.level, level="major", state=AlarmState.CLOSED, **place)
        await make_alarm(session, plant.site, plant.level, level="major", state=AlarmState.SHELVED, **place)
    async with database.session(site_id=plant.site.id) as session:
        levels = await open_levels(session, plant.actor)
    assert levels.points == {plant.flow.id: "significant"}
    assert levels.equipment == {plant.pump.id: "significant"}
    assert levels.areas == {plant.pump.area_id: "significant"}


async def test_a_mark_shows_the_measured_point_that_is_in_alarm(database: Database, settle: Settle) -> None:
    plant = await settle()
    async with database.session() as session:
        hot = await make_point(session, plant.site, plant.pump, name="温度", position=9)
        await make_alarm(session, plant.site, hot)
    async with database.session(site_id=plant.site.id) as session:
        shown = key_values(await cards(session, plant.actor, now()))
    assert shown[plant.pump.id].name == "温度" and shown[plant.tank.id].name == "液位"


async def test_limits_come_from_rules_in_force_with_the_level_of_each(database: Database, settle: Settle) -> None:
    plant = await settle()
    async with database.session() as session:
        await make_rule(session, plant.site, plant.flow)
        await make_rule(session, plant.site, plant.flow, enabled=False, parameters={"limits": {"L": {"value": 1}}})
    async with database.session(site_id=plant.site.id) as session:
        marks = await limit_marks(session, plant.actor, [plant.flow.id])
    assert [(mark.name, mark.value, mark.level) for mark in marks[plant.flow.id]] == [
        ("H", 100, "general"),
        ("HH", 120, "major"),
    ]


async def test_a_series_keeps_peaks_though_it_is_thinned(database: Database, settle: Settle) -> None:
    plant = await settle()
    async with database.session(site_id=plant.site.id) as session:
        until = now()
        found = await series(session, plant.actor, plant.flow.id, until - timedelta(hours=24), until)
    assert len(found.at) < 60
    assert (min(found.low), max(found.high)) == (10, 69)
    assert found.cell_s == pytest.approx(86_400 / SERIES_CELLS)
    assert found.at == sorted(found.at)


async def test_pending_points_and_the_products_own_are_not_shown(database: Database, settle: Settle) -> None:
    plant = await settle()
    async with database.session() as session:
        await make_point(session, plant.site, plant.pump, code="_canary")
        await make_point(session, plant.site, plant.pump, status="pending")
    async with database.session(site_id=plant.site.id) as session:
        points = await active_points(session, plant.actor)
    assert {point.id for point in points} == {plant.flow.id, plant.valve.id, plant.level.id}


async def test_equipment_tells_who_answers_for_it_and_what_it_is_linked_to(database: Database, settle: Settle) -> None:
    plant = await settle()
    async with database.session(site_id=plant.site.id) as session:
        view = await equipment_view(session, plant.actor, plant.tank.id)
        upstream, downstream = await neighbours(session, plant.actor, plant.tank.id)
        before, after = await linked_points(session, plant.actor, plant.level.id)
    assert view is not None and view.owner is not None
    assert (view.area, view.owner.name, view.owner.holders) == (("泵区", "Pumps"), "泵岗", (("王工", "Wang"),))
    assert [(n.name, n.delay_s) for n in upstream] == [("进料泵", 60)] and downstream == []
    assert [point.name for point in before] == ["流量"] and after == []


async def test_another_sites_plant_is_never_seen(database: Database, settle: Settle) -> None:
    ours, theirs = await settle(), await settle()
    async with database.session(site_id=ours.site.id) as session:
        assert {card.id for card in await cards(session, ours.actor, now())} == {ours.pump.id, ours.tank.id}
        assert await equipment_view(session, ours.actor, theirs.pump.id) is None
        assert await active_points(session, ours.actor, point_id=theirs.flow.id) == []
        drawing = await floor_plan(session, ours.actor)
        assert drawing is not None and {mark.id for mark in drawing.equipment} == {ours.pump.id, ours.tank.id}
        until = now()
        assert (await series(session, ours.actor, theirs.flow.id, until - timedelta(hours=1), until)).at == []
