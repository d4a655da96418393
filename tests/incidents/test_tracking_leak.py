"""A leak stated on its page: where the gas goes, what the detectors say, and who may state it."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from sqlmodel import col

from backend.core.clock import now
from backend.core.database import Database
from backend.incidents.models import Deed, Incident
from backend.incidents.tracking.drifting import Detector, drift
from backend.incidents.tracking.models import IncidentPlume
from backend.incidents.tracking.plume import grams
from backend.incidents.tracking.spreading import Model
from backend.plant.models import FloorPlan
from backend.telemetry.models import PointState
from tests.factories import made, make_equipment, make_point
from tests.incidents.scene import Scene, log_of, tapped
from tests.incidents.test_pages import browsing, text_of

LEAK = {
    "substance": "nh3",
    "rate_g_s": "500",
    "height_m": "2",
    "wind_m_s": "3",
    "wind_from_deg": "270",
    "sky": "overcast",
    "ground": "urban",
    "plan_width_m": "1000",
    "plan_up_deg": "0",
}


@pytest.fixture
async def leaking(database: Database, scene: Scene) -> Incident:
    """A leak at a pump on the left of a plan 500 units wide, a detector 400 m east of it, another 20 m."""
    async with database.session() as session:
        await made(session, FloorPlan(site_id=scene.site.id, name="总图", width=500, height=400))
        here = {"x": 100, "y": 200}
        pump = await make_equipment(session, scene.site, scene.area, **here)
        for name, x, value in (("far", 300, 12.5), ("near", 110, 90.0)):
            post = await make_equipment(session, scene.site, scene.area, x=x, y=200)
            point = await make_point(session, scene.site, post, unit="ppm", name=f"氨气{name}")
            state = PointState(site_id=scene.site.id, point_id=point.id, at=now(), value=value, received_at=now())
            await made(session, state)
    return await tapped(database, scene.worker, scene, equipment_id=pump.id)


async def rows(database: Database, one: Incident) -> int:
    async with database.session() as session:
        wanted = select(func.count()).where(col(IncidentPlume.incident_id) == one.id)
        return int(await session.scalar(wanted) or 0)


async def test_what_a_leader_states_everybody_sees_on_the_plan_beside_the_detectors(
    app: FastAPI, database: Database, scene: Scene, leaking: Incident
) -> None:
    path = f"/incidents/{leaking.id}/plume"
    async with browsing(app, scene.leader) as leader:
        assert "还没有人填写" in (await leader.get(path)).text
        assert (await leader.post(path, data=LEAK)).status_code == 303
        assert (await leader.post(path, data=LEAK)).status_code == 303
        assert 'name="rate_g_s"' in (await leader.get(path)).text
    assert await rows(database, leaking) == 1, "the same again changes nothing"
    async with browsing(app, scene.worker) as worker:
        page = (await worker.get(path)).text
        part = (await worker.get(path, headers={"HX-Request": "true"})).text
        seam = (await worker.get(f"/incidents/{leaking.id}")).text
    assert 'name="rate_g_s"' not in page and "<form" not in part, "a worker states none"
    said = text_of(part)
    assert "大气稳定度 D" in said and "NIOSH IDLH" in said and "不能代替检测和撤离判断" in said
    assert len(re.findall(r'<polygon class="plume', part)) == 2, "two of the three limits are reached from 100 m on"
    assert "100 米以外达不到" in said, "an explosive mixture isn't"
    assert re.search(r"氨气far\s+实测 12\.50 ppm\s+刚刚\s+与推算相符\s+推算\s+[\d.]+ ppm", said), said
    assert re.search(r"氨气near\s+实测 90\.00 ppm\s+刚刚\s+推算\s+100 米内或不在图上，不推算", said)
    assert f'hx-get="{path}"' in seam and "估算了气体扩散" in seam
    assert Deed.PLUME in [line.kind for line in await log_of(database, leaking.id)]


async def test_a_refused_form_keeps_what_was_typed_and_a_worker_may_not_state(
    app: FastAPI, database: Database, scene: Scene, leaking: Incident
) -> None:
    path = f"/incidents/{leaking.id}/plume"
    async with browsing(app, scene.leader) as leader:
        answer = await leader.post(path, data=LEAK | {"wind_m_s": "0.4", "rate_g_s": "nan", "plan_width_m": "777"})
    assert answer.status_code == 422
    assert "风速低于 1 米/秒时这个模型不成立" in answer.text and "请填写大于 0 的数" in answer.text
    assert 'value="777"' in answer.text and 'value="0.4"' in answer.text
    async with browsing(app, scene.worker) as worker:
        assert (await worker.post(path, data=LEAK)).status_code == 403
    assert await rows(database, leaking) == 0


async def test_a_heavy_gas_is_reckoned_as_one_and_a_short_leak_as_a_puff(
    app: FastAPI, scene: Scene, leaking: Incident
) -> None:
    path = f"/incidents/{leaking.id}/plume"
    async with browsing(app, scene.leader) as leader:
        await leader.post(path, data=LEAK | {"substance": "cl2", "rate_g_s": "2000"})
        heavy = text_of((await leader.get(path)).text)
        await leader.post(path, data=LEAK | {"duration_min": "2"})
        short = text_of((await leader.get(path)).text)
        await leader.post(path, data=LEAK | {"substance": "nh3", "comes_as": "liquid"})
        cold = text_of((await leader.get(path)).text)
    assert "贴地的重气" in heavy and "Britter 和 McQuaid 1988" in heavy and "测的不是这种气体" in heavy
    assert "一阵气团" in short and "漏 2 分钟" in short and "Slade 1968" in short
    assert "从液体漏出" in cold and "可能比空气重、贴地流动" in cold, "drops may make ammonia heavy"


async def test_a_limit_of_ones_own_is_shown_by_its_name_and_refused_where_the_gas_has_none(
    app: FastAPI, scene: Scene, leaking: Incident
) -> None:
    path = f"/incidents/{leaking.id}/plume"
    own = {"limit_value": "10", "limit_unit": "%LEL", "limit_words": "动火作业限值"}
    async with browsing(app, scene.leader) as leader:
        assert (await leader.post(path, data=LEAK | own)).status_code == 303
        page = (await leader.get(path)).text
        told = (await leader.get(f"/api/v1{path}")).json()
        refused = await leader.post(path, data=LEAK | own | {"substance": "cl2"})
        unread = await leader.post(path, data=LEAK | own | {"limit_value": "-1", "duration_min": "0"})
    assert "动火作业限值" in page and "10.0 %LEL" in text_of(page) and 'value="动火作业限值"' in page
    [zone] = [zone for zone in told["cloud"]["zones"] if zone["own"]]
    assert zone["g_m3"] == pytest.approx(grams(15_000, 17.03)), "a tenth of 15 %"
    assert refused.status_code == 422 and "没有爆炸下限" in refused.text
    assert "并选择单位" in unread.text and "还在漏就空着" in unread.text


async def test_detectors_say_how_well_they_agree_and_what_strength_they_speak_for(
    app: FastAPI, database: Database, scene: Scene, leaking: Incident
) -> None:
    path = f"/incidents/{leaking.id}/plume"
    async with browsing(app, scene.leader) as leader:
        await leader.post(path, data=LEAK)
        told = (await leader.get(f"/api/v1{path}")).json()
        page = text_of((await leader.get(path)).text)
    [far] = [one for one in told["detectors"] if one["expected"] is not None]
    assert far["measured"] == 12.5 and far["agrees"] == "agrees" and 13 < far["expected"] < 25
    found = told["strength"]
    assert found["rate_g_s"] == pytest.approx(500 * 12.5 / far["expected"], rel=1e-3)
    assert found["low"] < found["rate_g_s"] / 3 and found["detectors"] == 1
    assert "按 1 个测点反推" in page and "只是估计" in page


async def test_programs_get_the_cloud_and_the_wall_shows_it(app: FastAPI, scene: Scene, leaking: Incident) -> None:
    path = f"/incidents/{leaking.id}/plume"
    async with browsing(app, scene.leader) as leader:
        assert (await leader.get(f"/api/v1{path}")).json() == {
            "cloud": None,
            "detectors": [],
            "strength": None,
            "wind": None,
        }
        await leader.post(path, data=LEAK)
        cloud = (await leader.get(f"/api/v1{path}")).json()["cloud"]
        wall = (await leader.get(f"/incidents/{leaking.id}/wall")).text
    assert (cloud["model"], cloud["air"], cloud["origin"]) == ("plume", "D", "stated")
    assert [zone["reach_m"] is None for zone in cloud["zones"]] == [True, False, False]
    assert len(re.findall(r'<polygon class="plume', wall)) == 2 and "NIOSH IDLH" in wall
    for zone in cloud["zones"][1:]:
        assert zone["outline"] in wall


def stated(**fields: object) -> IncidentPlume:
    leak = {"rate_g_s": 200.0, "height_m": 0.0, "wind_m_s": 3.0, "wind_from_deg": 270.0, "plan_up_deg": 0.0}
    leak |= {"substance": "nh3", "sky": "overcast", "ground": "rural", "plan_width_m": 1000.0, **fields}
    return IncidentPlume(**leak, created_at=now() - timedelta(minutes=1))


def test_the_outline_lies_downwind_on_the_plan_and_what_is_on_it_has_the_limit() -> None:
    found = drift(stated(), 500, (100, 200))
    zone = found.zones[-1]
    corners = [tuple(map(float, corner.split(","))) for corner in zone.outline.split()]
    assert corners[0] == (100, 200) and all(x >= 100 for x, _ in corners), "the west wind carries to the right"
    x, y = corners[len(corners) // 4]
    assert found.expected(x, y) == pytest.approx(zone.limit.g_m3, rel=0.05)
    assert zone.reach_m and max(x for x, _ in corners) == pytest.approx(100 + zone.reach_m / 2, rel=0.01), "2 m a unit"


def test_a_plan_that_looks_east_turns_the_cloud() -> None:
    found = drift(stated(plan_up_deg=90.0), 500, (100, 200))
    assert (found.expected(100, 0) or 0) > 1e-3, "what goes east goes up on it"
    assert found.expected(300, 200) == pytest.approx(0, abs=1e-6)
    assert found.expected(110, 200) is None and drift(stated(), 500, None).expected(300, 200) is None


def test_for_a_heavy_gas_the_strength_takes_in_what_a_light_gas_speaks_for() -> None:
    found = drift(stated(substance="cl2", rate_g_s=500.0), 500, (100, 200))
    there = [Detector(n, "ppm", 3.0, now(), (x, 200), True) for n, x in enumerate((200, 300))]
    both, light = found.strength(there, now()), replace(found, model=Model.PLUME, cloud=found.cloud)
    assert both and found.model is Model.HEAVY
    heavy_alone = light.strength(there, now())
    assert heavy_alone and both.low <= heavy_alone.low and both.high > heavy_alone.high * 1.5
    assert found.strength([replace(one, at=now() - timedelta(minutes=6)) for one in there], now()) is None, "too old"
    assert found.strength([replace(one, place=(100, 0)) for one in there], now()) is None, "beside the cloud"
