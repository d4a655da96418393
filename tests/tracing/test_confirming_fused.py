"""A cause of the fused list is confirmed or ruled out, and the page reads as one answer."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlmodel import col

from backend.core.database import Database
from backend.core.errors import Invalid
from backend.core.events import Event
from backend.identity.models import Role
from backend.tracing.commands import confirm_cause, dismiss_cause
from backend.tracing.models import Trace
from backend.tracing.naming import verdicts
from backend.tracing.versions.active import active_model
from backend.tracing.versions.models import TraceCase
from tests.tracing.conftest import Troubled, made_trace, neglected_and_traced, trouble
from tests.webclient import running_app, signed_in


@pytest.fixture(scope="module")
async def app(database_url: str, redis_url: str) -> AsyncIterator[FastAPI]:
    async with running_app(database_url, redis_url) as app:
        yield app


@pytest.fixture
async def traced(database: Database) -> tuple[Troubled, Trace]:
    return await neglected_and_traced(database)


def causes(trace: Trace) -> list[dict[str, Any]]:
    """The fused causes that aren't factors, likeliest first."""
    return [one for one in trace.result["fused"] if not one["contributes"] and one["key"] != "rest"]


def title(found: Troubled, cause: dict[str, Any]) -> str:
    place = next(one for one in found.equipment.values() if one.id == cause["equipment_id"])
    return f"{place.name}：{cause['title']}"


async def test_a_confirmed_cause_is_called_by_its_title_on_page_list_event_and_api_and_is_learned(
    app: FastAPI, database: Database, traced: tuple[Troubled, Trace]
) -> None:
    found, trace = traced
    chosen = causes(trace)[1]
    name = title(found, chosen)
    async with signed_in(app, found.people[Role.LEADER]) as browser:
        form = re.findall(r'action="/traces/\d+/confirm">.*?name="node" value="([^"]+)"', await page(browser, trace))
        assert chosen["key"] in form
        sent = await browser.post(f"/traces/{trace.id}/confirm", data={"node": chosen["key"]})
        assert sent.headers["location"] == f"/traces/{trace.id}?done=confirmed"
        head = (await page(browser, trace)).split('id="fused"')[0]
        assert re.search(rf"已确认根源</dt><dd><strong>{re.escape(name)}</strong>", head)
        brief = await browser.get(f"/alarms/{found.alarm_id}/trace", headers={"HX-Request": "true"})
        assert f"已确认根源：{name}" in brief.text
        rows = (await browser.get("/traces")).text
        assert name in rows and "已确认" in rows
        read = (await browser.get(f"/api/v1/traces/{trace.id}")).json()["confirmation"]
        assert (read["node"], read["name"]) == (chosen["key"], name)
        (listed,) = (await browser.get("/api/v1/traces", params={"search": name.partition("：")[0]})).json()
        assert (listed["root"]["name"], listed["confirmed"]) == (name, True)
    async with database.session() as session:
        told = (await session.scalars(of_trace("trace.confirmed", trace))).one()
        case = (await session.scalars(select(TraceCase).where(col(TraceCase.trace_id) == trace.id))).one()
        model = await active_model(session, found.site.id)
    assert told.data["title_zh"] == f"根源已确认：{name}" and told.data["node"] == chosen["key"]
    ranked = [one.key for one in verdicts(trace.result)]
    assert (case.node, case.library_key) == (f"equipment:{chosen['equipment_id']}", chosen["library_key"])
    assert case.rank == ranked.index(chosen["key"]) + 1
    assert model.causes[chosen["library_key"]] > 0 > model.causes[causes(trace)[0]["library_key"]]


async def test_programs_confirm_any_cause_that_the_library_knows_at_the_equipment_and_no_other(
    app: FastAPI, database: Database, traced: tuple[Troubled, Trace]
) -> None:
    found, trace = traced
    place = found.equipment_key("FEED_D")
    beyond = f"{place}/valve.external_leak"
    async with signed_in(app, found.people[Role.LEADER]) as program:
        kept = await program.post(f"/api/v1/traces/{trace.id}/confirm", json={"node": beyond})
        assert kept.json()["confirmation"]["name"] == f"{found.equipment['FEED_D'].name}：外漏"
        assert kept.json()["confirmation"]["name_en"].startswith(found.equipment["FEED_D"].name_en + ": ")
    stranger = await trouble(database)
    wrong = [
        f"{place}/valve.no_mode",
        f"{place}/condenser.x",
        f"{stranger.equipment_key('FEED_D')}/valve.external_leak",
    ]
    for key in [*wrong, "rest", "point:1/valve.external_leak", "equipment:x/valve.external_leak"]:
        with pytest.raises(Invalid):
            async with database.session(site_id=found.site.id) as session:
                await confirm_cause(session, found.actors[Role.LEADER], trace.id, node=key)
    with pytest.raises(Invalid):
        async with database.session(site_id=found.site.id) as session:
            await dismiss_cause(session, found.actors[Role.LEADER], trace.id, node=beyond)


async def test_what_is_ruled_out_gives_way_at_once_stays_so_when_made_again_and_can_be_taken_back(
    app: FastAPI, database: Database, traced: tuple[Troubled, Trace]
) -> None:
    found, trace = traced
    first, factor = causes(trace)[0], next(one for one in trace.result["fused"] if one["contributes"])
    async with signed_in(app, found.people[Role.LEADER]) as browser:
        before = await shares(browser, trace)
        for key in (first["key"], factor["key"]):
            await browser.post(f"/traces/{trace.id}/dismiss", data={"node": key})
        after = await shares(browser, trace)
        assert after.get(first["key"], 0.0) < before[first["key"]] / 5 and factor["key"] not in after
        assert next(iter(after)) != first["key"]
        shown = (await page(browser, trace)).split('id="fused"')[1].split('id="causes"')[0]
        assert "已排除 2 个" in shown and title(found, first) in shown
        again = await made_trace(database, found)
        newer = await browser.get(f"/traces/{trace.id}?seen={trace.revision}", headers={"HX-Request": "true"})
        assert "<html" not in newer.text and 'id="fused-1"' in newer.text, "the answer changes with its places"
        assert 'id="trace-bar" hx-swap-oob="true"' in newer.text, "and the bar with it"
        assert {one["key"]: one["probability"] for one in again.result["fused"]}.get(first["key"], 0.0) < 0.1
        for key in (first["key"], factor["key"]):
            await browser.post(f"/api/v1/traces/{trace.id}/take-back", json={"node": key})
        assert next(iter(await shares(browser, trace))) == first["key"]


async def test_the_page_is_one_answer_that_says_nothing_twice(app: FastAPI, traced: tuple[Troubled, Trace]) -> None:
    found, trace = traced
    async with signed_in(app, found.people[Role.LEADER]) as browser:
        shown = await page(browser, trace)
        worker_sees = await signed_page(app, found, trace)
    marks = ['id="fused"', 'id="fused-1"', 'id="fused-2"', 'id="questions"', "最先出问题的地方", 'id="cause-0"']
    places = [shown.index(mark) for mark in marks]
    assert places == sorted(places)
    rest = shown[places[-1] :]
    assert places[-1] < shown.index('id="cause-1"') and rest.index("其余") < rest.index('id="cause-1"')
    assert shown.count("可能的根源") == 1 and "进料阀填料渗漏" in shown[: places[-2]]
    assert "进料阀填料渗漏" not in rest, "a record that a cause cites"
    assert re.search(r'id="question-[\w-]+" data-question="[^"]+" hx-preserve', shown)
    bar = shown.split('id="trace-bar"')[1]
    assert title(found, causes(trace)[0]) in bar and f'value="{causes(trace)[0]["key"]}"' in bar
    assert 'href="#questions"' in bar and 'id="trace-bar"' not in worker_sees
    assert f'value="{causes(trace)[0]["key"]}"' not in worker_sees and 'id="fused-1"' in worker_sees


async def signed_page(app: FastAPI, found: Troubled, trace: Trace) -> str:
    """As a worker sees it."""
    async with signed_in(app, found.people[Role.WORKER]) as browser:
        return await page(browser, trace)


async def page(browser: Any, trace: Trace) -> str:
    whole: str = (await browser.get(f"/traces/{trace.id}")).text
    return whole


async def shares(browser: Any, trace: Trace) -> dict[str, float]:
    read = (await browser.get(f"/api/v1/traces/{trace.id}/causes")).json()["causes"]
    return {one["key"]: one["probability"] for one in read}


def of_trace(kind: str, trace: Trace) -> Any:
    return select(Event).where(col(Event.kind) == kind, col(Event.subject_id) == trace.id)
