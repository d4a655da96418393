"""What a site says of its wind and its stores: who may, what is refused beside its field, and what is kept."""

from fastapi import FastAPI
from sqlalchemy import select
from sqlmodel import col

from backend.core.database import Database
from backend.incidents.tracking.models import PlantBuffer, SiteWeather
from tests.factories import make_point
from tests.incidents.scene import Scene
from tests.incidents.test_pages import browsing, text_of


async def test_an_administrator_names_the_weather_points_and_takes_them_back(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    async with database.session() as session:
        speed = await make_point(session, scene.site, None, name="风速计", unit="m/s")
        vane = await make_point(session, scene.site, None, name="风向标", unit="°")
        air = await make_point(session, scene.site, None, name="室外气温", unit="℃")
        rain = await make_point(session, scene.site, None, name="雨量计", unit="mm/h")
    both = {"speed_point_id": speed.id, "direction_point_id": vane.id}
    both |= {"temperature_point_id": air.id, "rain_point_id": rain.id}
    async with browsing(app, scene.admin) as admin:
        one = await admin.post("/incidents/basis/wind", data=both | {"direction_point_id": ""})
        odd = await admin.post("/incidents/basis/wind", data=both | {"speed_point_id": vane.id})
        dry = await admin.post("/incidents/basis/wind", data=both | {"rain_point_id": air.id})
        foreign = await admin.post("/incidents/basis/wind", data=both | {"speed_point_id": 999_999_999})
        for _ in range(2):
            assert (await admin.post("/incidents/basis/wind", data=both)).status_code == 303
        page = (await admin.get("/incidents/basis?done=1")).text
        assert (await admin.post("/incidents/basis/wind", data={})).status_code == 303
    assert (
        one.status_code == 422
        and "要一起选" in one.text
        and "不是风速或风向" in odd.text
        and "不是气温或雨量" in dry.text
    )
    assert foreign.status_code == 404
    assert f'<option value="{speed.id}" selected>' in page and "已保存" in page
    async with database.session() as session:
        wanted = select(SiteWeather).where(col(SiteWeather.site_id) == scene.site.id).order_by(col(SiteWeather.id))
        rows = (await session.scalars(wanted)).all()
    named = [(row.speed_point_id, row.temperature_point_id, row.rain_point_id) for row in rows]
    assert named == [(speed.id, air.id, rain.id), (None, None, None)], "the same again writes nothing"


async def test_a_store_is_refused_with_what_was_typed_and_taken_away_again(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    async with database.session() as session:
        level = await make_point(session, scene.site, scene.pump, name="罐液位", unit="%")
        flow = await make_point(session, scene.site, scene.pump, name="出料", unit="kg/h")
    form = {"equipment_id": scene.pump.id, "level_point_id": level.id, "empty_level": "0", "full_level": "100"}
    form |= {"capacity": "40", "unit": "t", "outflow_point_id": "", "outflow_per_h": "10"}
    wrong = {"full_level": "-1", "capacity": "nan", "unit": "  ", "outflow_point_id": flow.id, "level_point_id": ""}
    async with browsing(app, scene.admin) as admin:
        refused = await admin.post("/incidents/basis/buffers", data=form | wrong)
        apart = await admin.post(
            "/incidents/basis/buffers", data=form | {"outflow_point_id": flow.id, "outflow_per_h": ""}
        )
        assert (await admin.post("/incidents/basis/buffers", data=form)).status_code == 303
        page = (await admin.get("/incidents/basis")).text
        async with database.session() as session:
            wanted = select(PlantBuffer).where(col(PlantBuffer.site_id) == scene.site.id)
            row = (await session.scalars(wanted)).one()
        shown = (await admin.get(f"/incidents/basis?buffer={row.id}")).text
        assert (await admin.post(f"/incidents/basis/buffers/{row.id}/remove")).status_code == 303
        after = text_of((await admin.get("/incidents/basis")).text)
    for words in ("比空的时候大", "大于 0 的数", "请填写单位", "只要一样", "请选择液位或料位测点"):
        assert words in refused.text
    assert refused.status_code == 422 and 'value="nan"' in refused.text and "对不上" in apart.text
    assert "近半小时没有液位读数" in page and 'value="40"' in shown and "还没有" in after


async def test_nobody_else_may(app: FastAPI, scene: Scene) -> None:
    for actor in (scene.worker, scene.leader):
        async with browsing(app, actor) as browser:
            assert (await browser.get("/incidents/basis")).status_code == 403
            assert (await browser.post("/incidents/basis/wind", data={})).status_code == 403
