"""Pages and API of incidents as people and programs see them."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI

from backend.alarms.models import Level
from backend.core.database import Database
from backend.identity.actor import Actor
from backend.identity.models import Person
from tests.hazards.browsing import chinese, hidden
from tests.hazards.pictures import photo
from tests.incidents.scene import Scene, incidents, log_of, raised, read, sources, tapped, watched
from tests.webclient import signed_in


@asynccontextmanager
async def browsing(app: FastAPI, actor: Actor, *, locale: str = "zh_CN") -> AsyncIterator[httpx.AsyncClient]:
    database: Database = app.state.database
    async with database.session() as session:
        person = await session.get_one(Person, actor.person_id)
    async with signed_in(app, person) as browser:
        browser.cookies.set("locale", locale)
        yield browser


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


async def test_kind_place_sent_and_the_incident_is_shown_with_its_number(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    async with browsing(app, scene.worker) as browser:
        form = (await browser.get(f"/incidents/new?equipment={scene.reactor.id}")).text
        assert re.search(rf'value="equipment:{scene.reactor.id}" checked', form), "the place is filled in"
        sent = {
            "kind": "fire",
            "place": f"equipment:{scene.reactor.id}",
            "idempotency_key": hidden(form, "idempotency_key"),
        }
        answer = await browser.post("/incidents", data=sent)
        again = await browser.post("/incidents", data=sent)
        assert (answer.status_code, answer.headers["location"]) == (303, again.headers["location"])
        page = (await browser.get(answer.headers["location"])).text
    [one] = await incidents(database, scene)
    assert f'data-number="{one.number}"' in page and "已报告，负责人会收到通知" in page
    assert "火情" in page and "处置中" in page
    assert "确认已控制" not in page, "a worker leads none"


async def test_a_refused_report_keeps_what_was_tapped_and_typed(app: FastAPI, scene: Scene) -> None:
    async with browsing(app, scene.worker) as browser:
        answer = await browser.post("/incidents", data={"kind": "injury", "words": "有人晕倒"})
    assert answer.status_code == 422
    assert "请选择在哪里" in answer.text and "有人晕倒" in answer.text
    assert re.search(r'value="injury" checked', answer.text)


async def test_what_goes_on_at_the_place_is_offered_and_chosen_by_itself(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    one = await tapped(database, scene.worker, scene)
    async with browsing(app, scene.stranger) as browser:
        same = (await browser.get(f"/incidents/near?place=equipment:{scene.reactor.id}")).text
        other = (await browser.get(f"/incidents/near?place=area:1&exact=equipment:{scene.pump.id}")).text
        gone = (await browser.get("/incidents/near?place=area:999999")).text
    assert re.search(rf'value="{one.id}" checked', same) and re.search(r'value="apart" checked', other)
    assert one.number in other and one.number not in gone


async def test_a_report_from_an_alarm_carries_its_flood(app: FastAPI, database: Database, scene: Scene) -> None:
    alarm = await raised(database, scene)
    async with browsing(app, scene.leader) as browser:
        link = re.search(r'href="(/incidents/new\?alarm=[^"]+)"', (await browser.get(f"/alarms/{alarm}")).text)
        assert link
        form = (await browser.get(link[1].replace("&amp;", "&"))).text
        data = {
            "kind": "equipment_failure",
            "alarm_id": hidden(form, "alarm_id"),
            "place": f"equipment:{scene.reactor.id}",
        }
        answer = await browser.post("/incidents", data=data)
        part = (await browser.get(f"/incidents/of-alarm/{alarm}")).text
    [one] = await incidents(database, scene)
    assert answer.headers["location"].startswith(f"/incidents/{one.id}?") and one.number in part
    assert ("alarm", alarm) in await sources(database, one.id)


async def step(browser: httpx.AsyncClient, incident_id: int, name: str, **fields: Any) -> httpx.Response:
    """Send one of the page's forms as it stands there, with what a person fills in."""
    page = (await browser.get(f"/incidents/{incident_id}")).text
    form = re.search(rf'<form[^>]* id="{name}".*?</form>', page, re.DOTALL)
    assert form, name
    kept = {field: hidden(form[0], field) for field in ("idempotency_key",)}
    if 'name="version"' in form[0]:
        kept["version"] = hidden(form[0], "version")
    return await browser.post(f"/incidents/{incident_id}/{name}", data={**kept, **fields})


@pytest.mark.usefixtures("own_folder")
async def test_an_incident_is_handled_from_the_page_to_its_end(app: FastAPI, database: Database, scene: Scene) -> None:
    one = await tapped(database, scene.worker, scene)
    path = f"/incidents/{one.id}"
    async with browsing(app, scene.worker) as worker:
        files = {"photos": ("valve.jpg", photo(), "image/jpeg")}
        data = {"deed": "isolate", "words": "已关 3 号阀"}
        assert (await worker.post(f"{path}/disposals", data=data, files=files)).status_code == 303
        shown = (await worker.get(path)).text
        picture = re.search(r'src="(/incidents/photos/\d+/thumbnail)"', shown)
        assert picture and (await worker.get(picture[1])).headers["content-type"] == "image/webp"
        assert "切断隔离" in shown and "已关 3 号阀" in shown
    async with browsing(app, scene.leader) as leader:
        assert (await step(leader, one.id, "lead", lead_id=scene.leader.person_id)).status_code == 303
        assert (await step(leader, one.id, "facts", kind="gas_leak", phase="stop", level="major")).status_code == 303
        assert (await step(leader, one.id, "contain", words="已堵漏")).status_code == 303
        waits = (await leader.get(path)).text
        assert "重大事件由另一位负责人核实后关闭" in waits and 'id="close"' not in waits
    async with browsing(app, scene.manager) as manager:
        wrong = await step(manager, one.id, "close", injured="两个", loss_yuan="很多", losses="一只阀门")
        assert wrong.status_code == 422 and "请填写 0 到 10000 的整数" in wrong.text and "一只阀门" in wrong.text
        assert (
            await step(manager, one.id, "close", injured="0", loss_yuan="1200", losses="一只阀门")
        ).status_code == 303
        ended = (await manager.get(path)).text
    assert "已结束" in ended and "1200.00" in ended.replace(",", "") and "补记处置" in ended
    assert [line.kind for line in await log_of(database, one.id)] == [
        *("reported", "isolate", "led", "set", "contained", "closed")
    ]


async def test_a_stale_form_is_refused_with_what_was_typed(app: FastAPI, database: Database, scene: Scene) -> None:
    one = await tapped(database, scene.worker, scene)
    async with browsing(app, scene.leader) as leader:
        answer = await leader.post(
            f"/incidents/{one.id}/call-off", data={"words": "是演练", "version": one.version + 1}
        )
    assert answer.status_code == 409 and "刚才有人更新了这个事件" in answer.text and "是演练" in answer.text


async def test_calling_off_needs_a_reason_beside_its_field(app: FastAPI, database: Database, scene: Scene) -> None:
    one = await tapped(database, scene.worker, scene)
    async with browsing(app, scene.leader) as leader:
        answer = await step(leader, one.id, "call-off", words="")
        assert answer.status_code == 422 and 'id="call-off-words-error"' in answer.text
        assert (await step(leader, one.id, "call-off", words="是演练")).status_code == 303
        assert "误报" in (await leader.get("/incidents")).text


async def test_the_page_shows_why_how_it_was_before_and_leads_to_the_trace(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    await read(database, scene, "pressure", [100, 110, 130], every_s=30)
    alarm = await raised(database, scene, level=Level.MAJOR)
    await watched(database)
    [one] = await incidents(database, scene)
    async with browsing(app, scene.leader) as leader:
        page = (await leader.get(f"/incidents/{one.id}")).text
    assert f'href="/alarms/{alarm}"' in page and f'hx-get="/alarms/{alarm}/trace"' in page
    assert "事发前几分钟" in page and "竖线处是第一个迹象" in page and "<svg" in page
    assert "自动建立" in page


async def test_home_tasks_and_the_pages_of_the_place_show_it_while_it_goes_on(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    one = await tapped(database, scene.worker, scene)
    async with browsing(app, scene.leader) as leader:
        home, tasks = (await leader.get("/")).text, (await leader.get("/tasks")).text
        place = (await leader.get(f"/equipment/{scene.reactor.id}")).text
        part = (await leader.get(f"/equipment/{scene.reactor.id}/incidents")).text
        of_area = (await leader.get(f"/areas/{scene.area.id}/incidents")).text
        ahead = (await leader.get("/offline/ahead.json")).json()
        await step(leader, one.id, "lead", lead_id=scene.manager.person_id)
        later = (await leader.get("/tasks")).text
    assert all(one.number in page for page in (home, part, of_area))
    assert f'href="/incidents/{one.id}"' in tasks and f"/incidents/{one.id}" not in later
    assert f"/equipment/{scene.reactor.id}/incidents" in place and "/incidents/new?equipment=" in place
    assert {"/incidents/new", f"/incidents/{one.id}"} <= set(ahead)
    async with browsing(app, scene.manager) as manager:
        assert f'href="/incidents/{one.id}"' in (await manager.get("/tasks")).text


async def test_the_list_is_searched_and_goes_on(app: FastAPI, database: Database, scene: Scene) -> None:
    one = await tapped(database, scene.worker, scene)
    async with browsing(app, scene.worker) as browser:
        found = (await browser.get("/incidents", params={"search": one.number})).text
        none = (await browser.get("/incidents", params={"search": "没有这个"})).text
        rows = (await browser.get("/incidents", headers={"HX-Request": "true", "HX-Target": "incident-rows"})).text
    assert one.number in found and one.number not in none and "没有找到事件" in none
    assert "<html" not in rows


async def test_english_pages_are_english(app: FastAPI, database: Database, scene: Scene) -> None:
    await read(database, scene, "pressure", [100, 130], every_s=30)
    await raised(database, scene, level=Level.MAJOR)
    await watched(database)
    [one] = await incidents(database, scene)
    async with browsing(app, scene.officer, locale="en") as browser:
        for path in ("/incidents", "/incidents/new", f"/incidents/{one.id}", "/incidents/policy"):
            page = (await browser.get(path)).text
            assert chinese(text_of(page)) <= {"高报"}, path


async def test_the_sites_rules_are_read_and_changed_on_their_page(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    async with browsing(app, scene.officer) as officer:
        page = (await officer.get("/incidents/policy")).text
        assert re.search(r'value="major" checked', page)
        wrong = await officer.post("/incidents/policy", data={"flood_alarms": "1", "flood_minutes": "10"})
        data = {"alarm_level": "significant", "flood_alarms": "0", "flood_minutes": "5", "join_minutes": "60"}
        done = await officer.post("/incidents/policy", data=data)
        shown = (await officer.get(done.headers["location"])).text
    assert wrong.status_code == 422 and "请填写 2 到 100 的整数" in wrong.text
    assert "第 1 版" in text_of(shown) and re.search(r'value="significant" checked', shown)
    await raised(database, scene, level=Level.SIGNIFICANT)
    await watched(database)
    assert len(await incidents(database, scene)) == 1


async def test_the_rules_go_back_to_a_former_version_and_to_the_usual_ones(app: FastAPI, scene: Scene) -> None:
    rules = {"alarm_level": "significant", "flood_alarms": "0", "flood_minutes": "5", "join_minutes": "60"}
    async with browsing(app, scene.officer) as officer, browsing(app, scene.leader) as leader:
        await officer.post("/incidents/policy", data=rules)
        await officer.post("/incidents/policy", data={**rules, "join_minutes": "90"})
        assert (await leader.post("/incidents/policy/restore", data={"number": "1"})).status_code == 403
        for unknown in ("7", "x"):
            assert (await officer.post("/incidents/policy/restore", data={"number": unknown})).status_code == 404
        await officer.post("/incidents/policy/restore", data={"number": "1"})
        former = (await officer.get("/incidents/policy")).text
        await officer.post("/incidents/policy/restore", data={"number": "0"})
        usual = (await officer.get("/incidents/policy")).text
    assert re.search(r'name="join_minutes"[^>]* value="60"', former) and "第 3 版" in text_of(former)
    assert re.search(r'name="join_minutes"[^>]* value="30"', usual) and re.search(r'value="major" checked', usual)


async def test_programs_report_log_and_read_the_whole_story(app: FastAPI, database: Database, scene: Scene) -> None:
    at = "/api/v1/incidents"
    async with browsing(app, scene.leader) as program:
        program.headers["Accept"] = "application/json"
        data = {"kind": "gas_leak", "place": f"equipment:{scene.reactor.id}", "words": "闻到氨味"}
        made = [await program.post(at, data=data, headers={"Idempotency-Key": "p1"}) for _ in range(2)]
        assert [one.status_code for one in made] == [201, 201] and made[0].json() == made[1].json()
        id_ = made[0].json()["id"]
        assert (await program.post(f"{at}/{id_}/disposals", data={"deed": "ventilate"})).status_code == 201
        refused = await program.post(f"{at}/{id_}/close", data={})
        assert (refused.status_code, "请先确认已控制" in refused.json()["detail"]) == (409, True)
        assert (await program.post(f"{at}/{id_}/contain", data={})).json()["state"] == "contained"
        story = (await program.get(f"{at}/{id_}")).json()
        listed = (await program.get(at)).json()
    assert [line["kind"] for line in story["log"]] == ["contained", "ventilate", "reported"]
    assert story["log"][-1]["words"] == "闻到氨味" and listed["open"][0]["id"] == id_


async def test_where_a_page_leads_after_a_step_says_what_was_done(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    one = await tapped(database, scene.worker, scene)
    async with browsing(app, scene.leader) as leader:
        answer = await step(leader, one.id, "contain", words="")
        assert parse_qs(urlsplit(answer.headers["location"]).query) == {"done": ["contained"]}
        assert "已确认控制住" in (await leader.get(answer.headers["location"])).text
