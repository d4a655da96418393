"""The trace as people see it: its page, its short form on the alarm's page, its waiting, its confirmation."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text, update
from sqlmodel import col

from backend.alarms.commands import raise_system_alarm
from backend.alarms.models import Level
from backend.core.database import Database
from backend.core.jobs import Job
from backend.identity.models import Person, Role
from backend.plant.models import Equipment, FloorPlan
from backend.tracing.exposure import exposure
from backend.tracing.making import make_trace
from backend.tracing.models import TRACE_JOB, Trace
from backend.tracing.steps import reached_equipment
from backend.tracing.telling import FORMS
from tests.incidents.test_pages import text_of
from tests.tracing.conftest import Troubled, made_trace, trouble
from tests.webclient import running_app, signed_in

FRAGMENT = {"HX-Request": "true"}


@pytest.fixture(scope="module")
async def app(database_url: str, redis_url: str) -> AsyncIterator[FastAPI]:
    async with running_app(database_url, redis_url) as app:
        yield app


@pytest.fixture(scope="module")
async def traced(database_url: str) -> tuple[Troubled, Trace]:
    database = Database(database_url)
    found = await trouble(database)
    trace = await made_trace(database, found)
    await database.close()
    return found, trace


@pytest.fixture
async def leader(app: FastAPI, traced: tuple[Troubled, Trace]) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(app, traced[0].people[Role.LEADER]) as browser:
        yield browser


async def test_the_page_names_symptom_causes_evidence_records_scope_posts_and_advice(
    leader: httpx.AsyncClient, traced: tuple[Troubled, Trace]
) -> None:
    found, trace = traced
    page = (await leader.get(f"/traces/{trace.id}")).text
    first = trace.result["causes"][0]
    code = next(c for c, p in found.points.items() if f"point:{p.id}" == first["node"])
    assert found.points[code].name in page and found.points["XMEAS_7"].name in page
    for words in ("可能的根源", "支持", "反对", "传播路径", "影响范围", "原料岗", "王建国", "核对放空阀"):
        assert words in page
    assert re.search(r"\d+%", page) and "%(" not in page


async def test_the_path_is_a_numbered_list_with_charts_and_is_drawn_on_the_plan(
    leader: httpx.AsyncClient, traced: tuple[Troubled, Trace]
) -> None:
    _, trace = traced
    page = (await leader.get(f"/traces/{trace.id}")).text
    steps = re.findall(r'id="step-(\d+)"', page)
    assert steps == [str(n) for n in range(1, len(trace.result["causes"][0]["path"]) + 1)]
    assert page.count("trend-mark-words") >= 1 and page.count('class="trend"') >= 2
    assert 'class="plan-step"' in page and "is-scope" in page
    assert "读数表" in page and "图上 1 号" in page


async def test_the_page_says_each_cause_in_a_sentence_with_the_charts_that_convince(
    leader: httpx.AsyncClient, traced: tuple[Troubled, Trace]
) -> None:
    _, trace = traced
    page = (await leader.get(f"/traces/{trace.id}")).text
    assert page.count('class="cause-told"') == len(trace.result["causes"])
    assert re.search(r"先于 反应器压力 \d+ 秒开始(上升|下降)", page)
    assert page.count('class="lane"') in {2, 3}, "only the cause whose path is shown has its charts here"


async def test_the_plan_has_a_moment_for_each_equipment_reached_and_the_scope_counts_places_and_people(
    leader: httpx.AsyncClient, traced: tuple[Troubled, Trace], database: Database
) -> None:
    found, trace = traced
    page = (await leader.get(f"/traces/{trace.id}")).text
    reached = reached_equipment(trace.result)
    assert page.count('class="time-moment') >= len(reached)
    assert re.findall(r'class="time-moment is-(\w+)', page)[0] == "root"
    actor = found.actors[Role.LEADER]
    async with database.session() as session:
        exposed = await exposure(session, actor, [item.equipment_id for item in reached])
        expected = await session.scalar(
            text(
                "SELECT count(DISTINCT p.id) FROM person p WHERE p.active AND (p.team_id IN (SELECT a.team_id "
                "FROM area a JOIN equipment q ON q.area_id = a.id WHERE q.id = ANY(:ids)) OR p.id IN "
                "(SELECT h.person_id FROM post_holder h JOIN equipment q ON q.owner_post_id = h.post_id "
                "WHERE h.until IS NULL AND q.id = ANY(:ids)))"
            ),
            {"ids": [item.equipment_id for item in reached]},
        )
        nobody = await exposure(session, actor, [])
    assert exposed.people == expected > 0 and exposed.areas and exposed.stages
    assert sum(len(spot.equipment_ids) for spot in exposed.areas) == len(reached)
    assert (nobody.people, nobody.areas) == (0, ())
    assert f'<dd class="figure">{exposed.people}</dd>' in page


async def test_another_cause_s_scope_can_be_looked_at(
    leader: httpx.AsyncClient, traced: tuple[Troubled, Trace]
) -> None:
    _, trace = traced
    causes = trace.result["causes"]
    assert trace.result["forward"].keys() == {cause["node"] for cause in causes[1:]}
    page = (await leader.get(f"/traces/{trace.id}?cause=1")).text
    assert f'href="/traces/{trace.id}?cause=0#scope"' in page
    assert re.search(rf'href="/traces/{trace.id}\?cause=1#scope" aria-current="true"', page)


async def test_another_cause_s_path_can_be_looked_at(leader: httpx.AsyncClient, traced: tuple[Troubled, Trace]) -> None:
    _, trace = traced
    assert f"/traces/{trace.id}?cause=1#path" in (await leader.get(f"/traces/{trace.id}")).text
    other = await leader.get(f"/traces/{trace.id}?cause=1")
    assert f"/traces/{trace.id}?cause=0#path" in other.text
    assert (await leader.get(f"/traces/{trace.id}?cause=19")).status_code == 200


async def test_page_short_form_and_api_tell_form_and_next_limit_until_the_process_is_over(
    app: FastAPI, database: Database
) -> None:
    found = await trouble(database)
    rising = (
        "UPDATE reading SET value = 2828 + (0.8 + 0.1 * sin(37 * extract(epoch FROM at))) * extract(epoch FROM at - "
        "(SELECT max(at) FROM reading WHERE point_id = :p)) WHERE point_id = :p"
    )
    async with database.session() as session:
        await session.execute(text(rising), {"p": found.points["XMEAS_7"].id})
    trace = await made_trace(database, found)
    async with signed_in(app, found.people[Role.LEADER]) as browser:
        page = (await browser.get(f"/traces/{trace.id}")).text
        brief = (await browser.get(f"/alarms/{found.alarm_id}/trace", headers=FRAGMENT)).text
        read = (await browser.get(f"/api/v1/traces/{trace.id}")).json()
        browser.cookies.set("locale", "en")
        english = (await browser.get(f"/traces/{trace.id}")).text
        async with database.session() as session:
            over = await make_trace(session, found.group_id, review=True)
        # By another address: what was drawn two seconds ago is still shown, unless there are news.
        after = (await browser.get(f"/traces/{trace.id}?cause=0")).text
    (ahead,) = read["limits_ahead"]
    assert (ahead["point"]["key"], ahead["limit_name"], ahead["value"]) == (found.point_key("XMEAS_7"), "H", 2895.0)
    for shown in (page, brief):
        assert re.search(r"约 \d+ 秒到高限（\d+–\d+ 秒）", shown) and "表现为" in shown
    assert re.search(r"about \d+ s to the high limit \(\d+–\d+ s\)", english) and "this is a" in english
    assert read["movers"][0]["form"] and read["causes"][0]["form"] in FORMS
    assert over.result["limits_ahead"] == [] and over.result["movers"] and 'id="ahead"' not in after


async def test_the_page_is_complete_in_english(app: FastAPI, traced: tuple[Troubled, Trace]) -> None:
    found, trace = traced
    async with signed_in(app, found.people[Role.MANAGER]) as browser:
        browser.cookies.set("locale", "en")
        page = (await browser.get(f"/traces/{trace.id}")).text
    main = page[page.index("<main") : page.index("</main>")]
    assert re.findall(r"[\u4e00-\u9fff]+", main) == []
    assert "Likely root causes" in main and "Wang Jianguo" in main


async def test_the_alarm_s_page_gets_the_short_form_and_a_person_the_whole_page(
    leader: httpx.AsyncClient, traced: tuple[Troubled, Trace]
) -> None:
    found, trace = traced
    brief = await leader.get(f"/alarms/{found.alarm_id}/trace", headers=FRAGMENT)
    assert "<html" not in brief.text and f'href="/traces/{trace.id}"' in brief.text
    whole = await leader.get(f"/alarms/{found.alarm_id}/trace")
    assert "<html" in whole.text and "传播路径" in whole.text


async def test_only_a_newer_revision_is_announced(
    leader: httpx.AsyncClient, database: Database, traced: tuple[Troubled, Trace]
) -> None:
    _, trace = traced
    same = await leader.get(f"/traces/{trace.id}?seen={trace.revision}", headers=FRAGMENT)
    assert "溯源有更新" not in same.text and "<html" not in same.text
    async with database.session() as session:
        await session.execute(text("UPDATE trace SET revision = revision + 1 WHERE id = :id"), {"id": trace.id})
    newer = await leader.get(f"/traces/{trace.id}?seen={trace.revision}", headers=FRAGMENT)
    assert "溯源有更新" in newer.text


async def test_while_there_is_no_trace_the_page_says_how_far_it_is_and_asks_again_by_itself(
    app: FastAPI, database: Database
) -> None:
    found = await trouble(database)
    async with signed_in(app, found.people[Role.WORKER]) as browser:
        waiting = await browser.get(f"/alarms/{found.alarm_id}/trace", headers=FRAGMENT)
        assert "正在溯源" in waiting.text and 'hx-trigger="every 2s, refresh"' in waiting.text
        assert "<html" in (await browser.get(f"/alarms/{found.alarm_id}/trace")).text
        await made_trace(database, found)
        assert "可能的根源" in (await browser.get(f"/alarms/{found.alarm_id}/trace", headers=FRAGMENT)).text


async def test_a_trace_that_failed_for_good_says_whom_to_tell_and_stops_asking(
    app: FastAPI, database: Database
) -> None:
    found = await trouble(database)
    async with database.session() as session:
        mine = (col(Job.kind) == TRACE_JOB) & (col(Job.site_id) == found.site.id)
        await session.execute(update(Job).where(mine).values(status="dead", attempts=6))
    async with signed_in(app, found.people[Role.WORKER]) as browser:
        page = (await browser.get(f"/alarms/{found.alarm_id}/trace", headers=FRAGMENT)).text
    assert "请通知管理员" in page and "every 2s" not in page


async def test_an_alarm_of_the_system_itself_needs_no_trace(app: FastAPI, database: Database) -> None:
    found = await trouble(database)
    async with database.session() as session:
        alarm_id = await raise_system_alarm(session, found.site.id, "jobs", "后台", "jobs", Level.GENERAL)
    async with signed_in(app, found.people[Role.WORKER]) as browser:
        assert "不需要溯源" in (await browser.get(f"/alarms/{alarm_id}/trace", headers=FRAGMENT)).text


async def test_a_trace_without_readings_says_so(app: FastAPI, database: Database) -> None:
    found = await trouble(database)
    async with database.session() as session:
        await session.execute(text("DELETE FROM reading WHERE site_id = :site"), {"site": found.site.id})
    trace = await made_trace(database, found)
    async with signed_in(app, found.people[Role.LEADER]) as browser:
        page = (await browser.get(f"/traces/{trace.id}")).text
    assert "没有足够的读数" in page and "传播路径" not in page


async def test_a_leader_confirms_by_the_form_and_sees_it(app: FastAPI, database: Database) -> None:
    found = await trouble(database)
    trace = await made_trace(database, found)
    async with signed_in(app, found.people[Role.LEADER]) as browser:
        node = trace.result["causes"][0]["node"]
        answer = await browser.post(f"/traces/{trace.id}/confirm", data={"node": node, "note": "现场看到阀门关着"})
        assert (answer.status_code, answer.headers["location"]) == (303, f"/traces/{trace.id}?done=confirmed")
        page = (await browser.get(answer.headers["location"])).text
    leader: Person = found.people[Role.LEADER]
    assert "已确认根源" in page and "现场看到阀门关着" in page and leader.name in page and "更正根源" in page


async def test_a_refused_confirmation_keeps_what_was_typed_and_says_why_beside_the_field(
    leader: httpx.AsyncClient, traced: tuple[Troubled, Trace]
) -> None:
    _, trace = traced
    refused = await leader.post(f"/traces/{trace.id}/confirm", data={"note": "<b>水压低</b>"})
    assert refused.status_code == 422
    assert "请选择一个根源" in refused.text and "&lt;b&gt;水压低&lt;/b&gt;" in refused.text


async def test_a_worker_sees_the_trace_but_no_form(app: FastAPI, traced: tuple[Troubled, Trace]) -> None:
    found, trace = traced
    async with signed_in(app, found.people[Role.WORKER]) as browser:
        page = (await browser.get(f"/traces/{trace.id}")).text
        refused = await browser.post(f"/traces/{trace.id}/confirm", data={"node": trace.result["causes"][0]["node"]})
    assert "可能的根源" in page and 'name="node"' not in page
    assert refused.status_code == 403


async def test_programs_get_the_trace_its_waiting_and_its_confirmation(app: FastAPI, database: Database) -> None:
    found = await trouble(database)
    async with signed_in(app, found.people[Role.LEADER]) as program:
        program.headers["Accept"] = "application/json"
        assert (await program.get(f"/api/v1/alarms/{found.alarm_id}/trace")).json() is None
        trace = await made_trace(database, found)
        told = (await program.get(f"/api/v1/alarms/{found.alarm_id}/trace")).json()
        assert told == (await program.get(f"/api/v1/traces/{trace.id}")).json()
        node = told["causes"][0]["node"]["key"]
        kept = await program.post(f"/api/v1/traces/{trace.id}/confirm", json={"node": node})
        refused = await program.post(f"/api/v1/traces/{trace.id}/confirm", json={"node": "other"})
    assert told["symptom"]["key"] == found.point_key("XMEAS_7") and told["confirmation"] is None
    assert told["causes"][0]["path"][0]["after_s"] == 0
    assert told["scope"] and told["posts"][0]["holders"]
    assert kept.json()["confirmation"]["node"] == node
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["note"])


async def test_a_path_that_crosses_floors_opens_at_its_root_and_leads_to_the_others(
    app: FastAPI, database: Database
) -> None:
    found = await trouble(database)
    trace = await made_trace(database, found)
    async with signed_in(app, found.people[Role.LEADER]) as browser:
        page = (await browser.get(f"/traces/{trace.id}")).text
        assert "plan-chips" not in page and "路径不止在一张图上" not in page
        path = [int(one) for one in re.findall(r'class="card step"[^>]*data-equipment="(\d+)"', page)]
        root, last = path[0], path[-1]
        assert root != last
        async with database.session() as session:
            upper = FloorPlan(site_id=found.site.id, name="二层", name_en="Upper", width=1000, height=600, position=9)
            session.add(upper)
            await session.flush()
            moved = await session.get_one(Equipment, last)
            moved.floor_plan_id, moved.x, moved.y = upper.id, 500.0, 300.0
        page = (await browser.get(f"/traces/{trace.id}?shown=0")).text
        assert f'class="plan-mark is-path" href="/equipment/{root}"' in page
        assert f'class="plan-mark is-path" href="/equipment/{last}"' not in page
        crossing = re.search(r'<p class="plan-crossing">(.*?)</p>', page, re.S)
        assert crossing and text_of(crossing[1]).replace(" ", "").endswith("→二层")
        assert re.search(rf'href="/traces/{trace.id}\?plan={upper.id}#path"', page)
        above = (await browser.get(f"/traces/{trace.id}?plan={upper.id}")).text
        assert f'class="plan-mark is-path" href="/equipment/{last}"' in above
        assert f'href="/traces/{trace.id}?plan={upper.id}#path" aria-current="true"' in above
        assert (await browser.get(f"/traces/{trace.id}?plan={2**40}")).status_code == 404
