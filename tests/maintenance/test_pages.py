"""Pages and API of maintenance as people and programs see them."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import httpx
from fastapi import FastAPI

from backend.core.database import Database
from backend.maintenance.commands import Origin, Work, change_plan, do_maintenance
from backend.maintenance.queries import board, upcoming
from backend.maintenance.queries.board import PAGE
from backend.maintenance.schedule import Standing
from tests.hazards.browsing import browsing, chinese, hidden
from tests.hazards.pictures import photo
from tests.incidents.test_pages import text_of
from tests.maintenance.upkeep import Upkeep, do, open_one, records


def shown(answer: httpx.Response) -> str:
    assert answer.status_code == 200
    return answer.text


async def test_a_leader_makes_a_plan_and_a_refused_one_keeps_what_was_typed(
    app: FastAPI, database: Database, plant: Upkeep
) -> None:
    pump = plant.scene.pump
    async with browsing(app, plant.scene.leader) as browser:
        form = shown(await browser.get(f"/maintenance/new?equipment={pump.id}"))
        assert f'<option value="{pump.id}" selected>' in form
        assert f'<option value="{plant.post.id}" selected>' in form, "its owner post is chosen"
        typed: dict[str, Any] = {"equipment_id": pump.id, "name": "换滤芯", "kind": "renewal", "post_id": plant.post.id}
        refused = await browser.post("/maintenance", data={**typed, "interval_days": "三十", "why": "厂家手册"})
        assert refused.status_code == 422 and "间隔请填写 1 到 3660 天" in refused.text
        assert "换滤芯" in refused.text and "厂家手册" in refused.text
        made = await browser.post("/maintenance", data={**typed, "interval_days": "30", "why": "厂家手册"})
        assert made.status_code == 303
        page = text_of(shown(await browser.get(made.headers["location"])))
        assert "每 30 天" in page and "还有 30 天" in page and "厂家手册" in page
        once = {**typed, "rhythm": "once", "due_on": (plant.today + timedelta(days=9)).isoformat()}
        made = await browser.post("/maintenance", data=once)
        page = text_of(shown(await browser.get(made.headers["location"])))
        assert "只做一次" in page and "还有 9 天" in page
    async with browsing(app, plant.keeper) as browser:
        assert (await browser.get("/maintenance/new")).status_code == 403
        board = shown(await browser.get("/maintenance"))
        assert board.count("换滤芯") == 2 and "/maintenance/new" not in board


async def test_due_soon_is_on_home_tasks_and_equipment_and_done_in_one_form(
    app: FastAPI, database: Database, plant: Upkeep
) -> None:
    plan = await plant.plan(database, since=plant.today - timedelta(days=31), asks_photo=True)
    form_url, pump = f"/maintenance/{plan.id}/done", plant.scene.pump
    async with browsing(app, plant.keeper) as browser:
        assert "待保养" in shown(await browser.get("/"))
        assert f'href="{form_url}"' in shown(await browser.get("/tasks"))
        assert form_url in (await browser.get("/offline/ahead.json")).json(), "it is at hand without a network"
        assert f"/equipment/{pump.id}/maintenance" in shown(await browser.get(f"/equipment/{pump.id}"))
        here = await browser.get(f"/equipment/{pump.id}/maintenance", headers={"HX-Request": "true"})
        assert "逾期 1 天" in here.text and "<html" not in here.text and f"/maintenance/{plan.id}" in here.text
        assert "<html" in shown(await browser.get(f"/equipment/{pump.id}/maintenance")), "without a script it is a page"
        form = shown(await browser.get(form_url))
        sent = {"record": hidden(form, "record"), "idempotency_key": hidden(form, "idempotency_key"), "note": "已加油"}
        refused = await browser.post(form_url, data=sent)
        assert refused.status_code == 422 and "这个计划要求拍照" in refused.text and "已加油" in refused.text
        files = {"photos": ("a.jpg", photo(), "image/jpeg")}
        sent["idempotency_key"] = hidden(refused.text, "idempotency_key")
        answers = [await browser.post(form_url, data=sent, files=files) for _ in range(2)]
        assert {one.headers["location"] for one in answers} == {answers[0].headers["location"]}
        page = shown(await browser.get(answers[0].headers["location"]))
        done, following = await records(database, plan)
        assert f'data-number="{done.number}"' in page and "已加油" in page
        assert f"应于 {done.due_on}" in page and "保养照片" in page and "晚" not in page, "it was asked for only today"
        assert f"还有 30 天 {following.due_on}" in text_of(page)
        assert form_url not in shown(await browser.get("/tasks"))


async def test_each_change_says_who_why_and_where_it_came_from(app: FastAPI, database: Database, plant: Upkeep) -> None:
    plan = await plant.plan(database)
    origin = Origin("泵常在保养前发热", "The pump runs hot before service", "/lessons/suggestions/7")
    terms = plant.terms(interval_days=15)
    await do(database, plant.scene.leader, change_plan, plan.id, terms, why="夏天更热", origin=origin)
    async with browsing(app, plant.scene.leader) as browser:
        page = shown(await browser.get(f"/maintenance/{plan.id}"))
        assert "30 → 15" in text_of(page)
        assert 'href="/lessons/suggestions/7"' in page and "夏天更热" in page
        stale = {"version": "1", "equipment_id": plan.equipment_id, "name": "x", "interval_days": "9"}
        refused = await browser.post(f"/maintenance/{plan.id}/edit", data={**stale, "post_id": plant.post.id})
        assert refused.status_code == 409 and "刚才有人更新了这个计划" in refused.text
        refused = await browser.post(f"/maintenance/{plan.id}/pause", data={"why": " "})
        assert refused.status_code == 422 and "请写明原因" in refused.text
        assert (await browser.post(f"/maintenance/{plan.id}/pause", data={"why": "停产"})).status_code == 303
        assert "停产" in shown(await browser.get(f"/maintenance/{plan.id}"))
        assert "不再到期" in shown(await browser.get(f"/equipment/{plan.equipment_id}/maintenance"))
        assert (await browser.post(f"/maintenance/{plan.id}/resume", data={"why": "复产"})).status_code == 303
    assert (await open_one(database, plan)).due_on == plant.today + timedelta(days=5)


async def test_every_page_is_in_english_too(app: FastAPI, database: Database, plant: Upkeep) -> None:
    plan = await plant.plan(database, since=plant.today - timedelta(days=31))
    await do(database, plant.keeper, do_maintenance, plan.id, Work())
    mine = (plant.scene.site.name, plant.post.name, plant.keeper.name)
    async with browsing(app, plant.scene.leader, locale="en") as browser:
        for url in ("", "/new", f"/{plan.id}", f"/{plan.id}/edit", f"/{plan.id}/done"):
            page = shown(await browser.get(f"/maintenance{url}?show=all"))
            for name in mine:
                page = page.replace(name, "")
            assert chinese(page) - {"轴承加油"} == set(), url


async def test_programs_read_what_is_due_and_record_what_was_done(
    app: FastAPI, database: Database, plant: Upkeep
) -> None:
    plan = await plant.plan(database)
    base = "/api/v1/maintenance"
    async with browsing(app, plant.keeper) as browser:
        browser.headers["Accept"] = "application/json"
        [due] = (await browser.get(base, params={"mine": True})).json()
        assert (due["plan_id"], due["days"], due["standing"]) == (plan.id, 20, "later")
        team = plant.keeper.team_id
        assert [one["plan_id"] for one in (await browser.get(base, params={"team_id": team})).json()] == [plan.id]
        headers = {"Idempotency-Key": "program-1"}
        sent = [await browser.post(f"{base}/{plan.id}/done", data={"note": "完成"}, headers=headers) for _ in range(2)]
        assert [one.status_code for one in sent] == [201, 201] and sent[0].json() == sent[1].json()
        assert sent[0].json()["next_due_on"] == (plant.today + timedelta(days=30)).isoformat()
        whole = (await browser.get(f"{base}/{plan.id}")).json()
        assert [one["note"] for one in whole["done"]] == ["完成"] and whole["versions"][0]["number"] == 1
        refused = await browser.post(f"{base}/{plan.id}/done", data={"done_on": "2999-01-01"})
        assert refused.status_code == 422


async def test_what_was_done_decides_from_when_it_is_counted_and_once_stays_once(
    app: FastAPI, database: Database, plant: Upkeep
) -> None:
    plan = await plant.plan(database)
    url = f"/maintenance/{plan.id}/edit"
    async with browsing(app, plant.scene.leader) as browser:
        assert "上次完成的日期" in shown(await browser.get(url))
        await do(database, plant.keeper, do_maintenance, plan.id, Work())
        assert "上次完成的日期" not in shown(await browser.get(url)), "it would change nothing"
        form = {"equipment_id": plan.equipment_id, "name": "加油", "post_id": plant.post.id, "rhythm": "once"}
        refused = await browser.post(url, data={**form, "due_on": (plant.today + timedelta(days=5)).isoformat()})
        assert refused.status_code == 422 and "已经做过的计划不能改成只做一次" in refused.text
        once = await plant.plan(database, interval_days=None, since=plant.today + timedelta(days=40))
        changed = {**form, "rhythm": "interval", "interval_days": "10", "kind": "service"}
        assert (await browser.post(f"/maintenance/{once.id}/edit", data=changed)).status_code == 303
    assert (await open_one(database, once)).due_on == plant.today + timedelta(days=10)


async def test_the_board_shows_the_first_of_each_standing_and_leads_to_the_rest(
    app: FastAPI, database: Database, plant: Upkeep
) -> None:
    for days in (31, 30, 23, 22):  # due yesterday, today, at the edge of its notice, and a day beyond it
        await plant.plan(database, name=f"做过{days}", since=plant.today - timedelta(days=days))
    many = [await plant.plan(database, since=plant.today) for _ in range(PAGE + 2)]
    async with browsing(app, plant.keeper) as browser:
        page = shown(await browser.get("/maintenance"))
        assert page.index("做过31") < page.index("做过30") < page.index("做过23") < page.index("做过22")
        assert page.count(f'href="/maintenance/{many[PAGE - 2].id}"') == 1, "the 30th of those that come later"
        assert f'href="/maintenance/{many[PAGE - 1].id}"' not in page
        url = re.search(r'hx-get="(/maintenance\?show=mine&amp;standing=later[^"]+)"', page)
        assert url is not None
        further = await browser.get(unescape(url[1]), headers={"HX-Target": "maintenance-further"})
        rows = further.text
        assert [rows.count(f'href="/maintenance/{one.id}"') for one in many[PAGE - 2 :]] == [0, 1, 1, 1]
        assert "<h2" not in rows and "maintenance-further" not in rows
        whole = shown(await browser.get(unescape(url[1])))
        assert f'href="/maintenance/{many[-1].id}"' in whole and '<details class="sheet" open>' in whole
        assert "做过22" in shown(await browser.get("/maintenance?standing=later&after=nonsense"))


async def test_the_board_stands_as_the_schedule_says(database: Database, plant: Upkeep) -> None:
    for ago, notice in ((31, 0), (30, 0), (29, 0), (23, 7), (22, 7), (24, 7)):
        await plant.plan(database, since=plant.today - timedelta(days=ago), notice_days=notice)
    async with database.session() as session:
        shown_so = {one.record_id: part.standing for part in await board(session, plant.keeper) for one in part.lines}
        said = {one.record.id: one.standing for one in await upcoming(session, plant.keeper)}
    assert shown_so == said and set(said.values()) == set(Standing)
