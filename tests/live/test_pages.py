"""The pages of the live plant: plan, equipment, points, and what administrators change there."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest
from fastapi import FastAPI

from backend.core.clock import now
from backend.core.database import Database
from backend.identity.models import Role
from backend.live import queries
from tests.factories import make_alarm, make_person, make_post, make_rule, make_site
from tests.live.conftest import LivePlant
from tests.webclient import running_app, signed_in

Settle = Callable[..., Awaitable[LivePlant]]


@pytest.fixture(scope="module")
async def app(database_url: str, redis_url: str) -> AsyncIterator[FastAPI]:
    async with running_app(database_url, redis_url) as running:
        yield running


async def test_the_plant_shows_plan_values_and_their_age(app: FastAPI, settle: Settle) -> None:
    plant = await settle()
    async with signed_in(app, plant.person) as browser:
        page = (await browser.get("/plant")).text
    assert "进料泵" in page and "储罐" in page and "泵区" in page
    assert f'data-point="{plant.flow.id}"' in page and ">69.0<" in page
    assert "刚刚" in page and "2 小时前" in page and "没有数据" in page


async def test_a_large_plant_lists_what_is_wrong_and_leads_to_the_rest_by_area_and_search(
    app: FastAPI, settle: Settle, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "EVERYTHING", 2)
    plant = await settle()
    async with database.session() as session:
        await make_alarm(session, plant.site, plant.level, level="major")
    async with signed_in(app, plant.person) as browser:
        page = (await browser.get("/plant")).text
        found = (await browser.get("/plant?search=流量", headers={"HX-Target": "plant-list"})).text
        nothing = (await browser.get("/plant?search=%25")).text
    listed = page[page.index('id="plant-list"') :]
    assert f"equipment-{plant.tank.id}" in listed and f"equipment-{plant.pump.id}" not in listed
    assert f'data-point="{plant.flow.id}"' in page, "the plan shows a value of the pump all the same"
    assert 'href="/areas/' in listed and "台设备" in listed
    assert f"equipment-{plant.pump.id}" in found and f"equipment-{plant.tank.id}" not in found
    assert "没有找到设备或测点" in nothing


async def test_an_alarm_colours_its_equipment_with_shape_and_word(
    app: FastAPI, settle: Settle, database: Database
) -> None:
    plant = await settle()
    async with database.session() as session:
        await make_alarm(session, plant.site, plant.flow, level="major")
    async with signed_in(app, plant.person) as browser:
        plan = (await browser.get("/plant", headers={"HX-Request": "true", "HX-Target": "plant-plan"})).text
        listed = (await browser.get("/plant", headers={"HX-Request": "true", "HX-Target": "plant-list"})).text
    assert "<html" not in plan and "plan-mark level-major" in plan and "◆" in plan
    assert '<svg class="plan-map"' not in listed and "重大" in listed


async def test_equipment_tells_who_answers_what_it_measures_and_what_is_linked(app: FastAPI, settle: Settle) -> None:
    plant = await settle()
    async with signed_in(app, plant.person) as browser:
        page = (await browser.get(f"/equipment/{plant.pump.id}")).text
    assert "泵岗" in page and "王工" in page and "流量" in page
    assert "储罐" in page and "约 60 秒 传到" in page


async def test_an_officer_records_since_when_equipment_is_in_service_and_all_see_its_age(
    app: FastAPI, settle: Settle
) -> None:
    plant = await settle(Role.SAFETY_OFFICER)
    here = f"/equipment/{plant.pump.id}"
    async with signed_in(app, plant.person) as browser:
        refused = await browser.post(f"{here}/commissioning", data={"commissioned_on": "2999-01-01"})
        assert refused.status_code == 422 and "不晚于今天" in refused.text and 'value="2999-01-01"' in refused.text
        first = now().date() - timedelta(days=366 * 3 + 30)
        saved = await browser.post(f"{here}/commissioning", data={"commissioned_on": first.isoformat()})
        assert saved.headers["location"] == f"{here}?done=1"
        page = (await browser.get(here)).text
        assert f"{first} · 已用 3 年" in page and "示例" not in page
        assert (await browser.get(f"/api/v1{here}")).json()["commissioned_on"] == first.isoformat()


async def test_a_point_draws_its_trend_with_limits_and_has_the_figures_behind_it(
    app: FastAPI, settle: Settle, database: Database
) -> None:
    plant = await settle(Role.LEADER)
    async with database.session() as session:
        await make_rule(session, plant.site, plant.flow, parameters={"limits": {"H": {"value": 72.0}}}, name="流量高")
    async with signed_in(app, plant.person) as browser:
        page = (await browser.get(f"/points/{plant.flow.id}")).text
        trend = (await browser.get(f"/points/{plant.flow.id}", headers={"HX-Target": "point-trend"})).text
        quiet = (await browser.get(f"/points/{plant.valve.id}")).text
    assert 'class="trend-line"' in page and "高限" in page and "流量高" in page
    assert "<table>" in trend and "<html" not in trend
    assert "这段时间没有读数" in quiet


async def test_a_point_says_when_it_comes_to_its_next_limit_and_nothing_where_it_goes_nowhere(
    app: FastAPI, settle: Settle, database: Database
) -> None:
    plant = await settle(Role.LEADER)
    async with database.session() as session:
        for point in (plant.flow, plant.level):
            await make_rule(session, plant.site, point)
    async with signed_in(app, plant.person) as browser:
        page = (await browser.get(f"/points/{plant.flow.id}")).text
        read = (await browser.get(f"/api/v1/points/{plant.flow.id}")).json()
        browser.cookies.set("locale", "en")
        english = (await browser.get(f"/points/{plant.flow.id}", headers={"HX-Target": "point-trend"})).text
        quiet = (await browser.get(f"/points/{plant.level.id}")).text
        silent = (await browser.get(f"/api/v1/points/{plant.level.id}")).json()
    assert re.search(r"照现在的趋势：<strong>约 5 分钟到高限(（5–6 分钟）)?</strong>", page), (
        "0.1 a second, 31 below it"
    )
    assert re.search(r"about 5 min to the high limit( \(5–6 min\))?<", english)
    assert (read["next_limit"]["name"], read["next_limit"]["value"], read["value"]) == ("H", 100.0, 69.0)
    assert "trend to" not in quiet and "limit (" not in quiet and silent["next_limit"] is None


async def test_a_refused_point_form_keeps_what_was_typed_and_says_where(app: FastAPI, settle: Settle) -> None:
    plant = await settle(Role.SAFETY_OFFICER)
    typed = {"name": "新名<b>", "name_en": "", "unit": "kPa", "range_low": "9", "range_high": "3"}
    async with signed_in(app, plant.person) as browser:
        refused = await browser.post(f"/points/{plant.flow.id}", data=typed)
        unread = await browser.post(f"/points/{plant.flow.id}", data={**typed, "range_high": "三"})
        taken = await browser.post(f"/points/{plant.flow.id}", data={**typed, "range_high": "30"})
        page = await browser.get(taken.headers["location"])
    assert refused.status_code == 422
    assert "量程上限应大于下限" in refused.text and 'value="9"' in refused.text
    assert "新名&lt;b&gt;" in refused.text and "新名<b>" not in refused.text
    assert "请填写数字" in unread.text and 'value="三"' in unread.text
    assert "已保存" in page.text and "新名&lt;b&gt;" in page.text


async def test_only_who_may_edit_assigns_an_owner(app: FastAPI, settle: Settle, database: Database) -> None:
    plant = await settle(Role.SAFETY_OFFICER)
    async with database.session() as session:
        other = await make_post(session, plant.site, name="巡检岗")
        worker = await make_person(session, plant.site)
        foreign = await make_post(session, await make_site(session))
    address = f"/equipment/{plant.pump.id}/owner"
    async with signed_in(app, worker) as browser:
        assert (await browser.post(address, data={"owner_post_id": str(other.id)})).status_code == 403
        assert "指定责任岗位" not in (await browser.get(f"/equipment/{plant.pump.id}")).text
    async with signed_in(app, plant.person) as browser:
        refused = await browser.post(address, data={"owner_post_id": str(foreign.id)})
        assert refused.status_code == 422 and "请选择责任岗位" in refused.text
        await browser.post(address, data={"owner_post_id": str(other.id)})
        assert "巡检岗" in (await browser.get(f"/equipment/{plant.pump.id}")).text


async def test_the_english_pages_have_no_chinese_of_ours(app: FastAPI, settle: Settle, database: Database) -> None:
    plant = await settle()
    async with database.session() as session:
        reader = await make_person(session, plant.site, Role.SAFETY_OFFICER, locale="en")
    async with signed_in(app, reader) as browser:
        for path in ("/", "/plant", f"/equipment/{plant.pump.id}", f"/points/{plant.flow.id}"):
            page = (await browser.get(path)).text
            words = page.replace(plant.site.name, "")
            assert not [sign for sign in words if "\u4e00" <= sign <= "\u9fff"], path


async def test_equipment_shows_what_is_wrong_and_leads_to_the_trace_and_its_area(
    app: FastAPI, settle: Settle, database: Database
) -> None:
    plant = await settle()
    async with database.session() as session:
        alarm = await make_alarm(session, plant.site, plant.flow, level="major", title="流量高高报")
    async with signed_in(app, plant.person) as browser:
        page = (await browser.get(f"/equipment/{plant.pump.id}")).text
        area = (await browser.get(f"/areas/{plant.pump.area_id}")).text
        healthy = (await browser.get(f"/equipment/{plant.tank.id}")).text
    assert "流量高高报" in page and f'href="/alarms/{alarm.id}/trace"' in page
    assert f'href="/areas/{plant.pump.area_id}"' in page
    assert "流量高高报" in area and "进料泵" in area and "储罐" in area and "重大" in area
    assert "流量高高报" not in healthy and "溯源" not in healthy
