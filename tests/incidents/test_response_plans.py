"""The emergency plan of an incident as a checklist: what ships, a site's own versions, ticks that stay."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from backend.core.clock import now
from backend.core.database import Database
from backend.core.errors import Conflict, Forbidden, Invalid, NotFound
from backend.identity.actor import Actor
from backend.incidents import commands as base
from backend.incidents.commands import Ending, Setting
from backend.incidents.models import IncidentKind
from backend.incidents.recording import Said
from backend.incidents.response.commands import StepDraft, set_plan, tick_step
from backend.incidents.response.content import Does, UsualPlan, usual_plan
from backend.incidents.response.queries.plans import IncidentChecklist, checklist
from tests.hazards.browsing import hidden
from tests.incidents.scene import Scene, log_of, set_scene, tapped
from tests.incidents.test_commands import actions, do
from tests.incidents.test_pages import browsing, text_of


async def seen(database: Database, actor: Actor, incident_id: int) -> IncidentChecklist:
    async with database.session(site_id=actor.site_id) as session:
        return await checklist(session, actor, incident_id)


@pytest.mark.parametrize("kind", IncidentKind)
def test_every_kind_has_a_plan_in_both_languages_whose_steps_name_who_and_their_source(kind: IncidentKind) -> None:
    plan: UsualPlan = usual_plan(kind)
    assert len(plan.steps) >= 5 and plan.advice
    for step in plan.steps:
        assert all((step.text, step.text_en, step.who, step.basis, step.basis_en)), step.key
    assert len({step.key for step in plan.steps}) == len(plan.steps)
    assert {one.does for one in plan.advice} <= set(Does) and all(one.basis for one in plan.advice)


def test_people_come_first_in_what_can_kill() -> None:
    for kind in (IncidentKind.GAS_LEAK, IncidentKind.FIRE):
        keys = [step.key for step in usual_plan(kind).steps]
        assert keys[:3] == ["retreat", "shout", "report"]
        assert keys.index("headcount") < keys.index("gear" if kind is IncidentKind.GAS_LEAK else "cool")
        assert {"call119", "call120"} <= set(keys)


async def test_a_ticked_step_stands_in_the_list_and_in_the_log_with_who_and_when(
    database: Database, scene: Scene
) -> None:
    one = await tapped(database, scene.worker, scene)
    earlier = now() - timedelta(minutes=20)
    said = Said("阀在 2 楼", captured_at=earlier, idempotency_key="t1")
    ticks = [await do(database, scene.worker, tick_step, one.id, "shut", "done", said) for _ in range(2)]
    assert ticks[0].id == ticks[1].id, "the phone sent it twice"
    found = await seen(database, scene.leader, one.id)
    ticked = dict((step.key, tick) for step, tick in found.items)["shut"]
    assert ticked and ticked.person and ticked.person.id == scene.worker.person_id
    assert ticked.line.at == earlier < ticked.line.received_at and found.settled == 1
    lines = await log_of(database, one.id)
    assert [line.kind for line in lines] == ["reported", "step_done"]
    assert lines[1].words == "阀在 2 楼" and lines[1].change["about"]["zh"].startswith("能在远处")
    assert await actions(database, scene) == ["incident.report", "incident.tick"]


async def test_the_latest_tick_by_the_phones_time_counts_and_all_stay_in_the_log(
    database: Database, scene: Scene
) -> None:
    one = await tapped(database, scene.worker, scene)
    await do(database, scene.leader, tick_step, one.id, "shut", "taken_back", Said())
    late = Said(captured_at=now() - timedelta(minutes=5))
    await do(database, scene.worker, tick_step, one.id, "shut", "done", late)
    assert (await seen(database, scene.leader, one.id)).settled == 0, "what arrives late was done before"
    await do(database, scene.worker, tick_step, one.id, "shut", "done", Said())
    assert (await seen(database, scene.leader, one.id)).settled == 1
    assert len(await log_of(database, one.id)) == 4


async def test_another_kind_brings_another_list_and_what_is_done_stays_done(database: Database, scene: Scene) -> None:
    one = await tapped(database, scene.worker, scene)
    await do(database, scene.worker, tick_step, one.id, "call119", "done", Said())
    await do(database, scene.worker, tick_step, one.id, "upwind", "done", Said())
    await do(database, scene.leader, base.set_facts, one.id, Setting("fire", "running", "major"), Said())
    found = await seen(database, scene.worker, one.id)
    assert found.plan.kind == IncidentKind.FIRE and found.settled == 1
    assert [ticked.tick.step_key for ticked in found.former] == ["upwind"]
    await do(database, scene.worker, tick_step, one.id, "ignition", "done", Said())  # was tapped before the correction
    assert len((await seen(database, scene.worker, one.id)).former) == 2


@pytest.mark.parametrize("how", ["UPDATE {} SET state = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
async def test_the_database_refuses_to_change_a_tick(database: Database, scene: Scene, how: str) -> None:
    one = await tapped(database, scene.worker, scene)
    await do(database, scene.worker, tick_step, one.id, "shut", "done", Said())
    with pytest.raises(DBAPIError, match="append-only"):
        async with database.session() as session:
            await session.execute(text(how.format("incident_plan_tick")))


@pytest.mark.parametrize(("step", "state", "field"), [("shut", "maybe", "state"), ("made-up", "done", "step")])
async def test_nonsense_ticks_are_refused(database: Database, scene: Scene, step: str, state: str, field: str) -> None:
    one = await tapped(database, scene.worker, scene)
    with pytest.raises(Invalid) as refused:
        await do(database, scene.worker, tick_step, one.id, step, state, Said())
    assert list(refused.value.fields) == [field]


async def test_a_site_makes_its_own_plan_in_versions_and_an_ended_incident_keeps_its_own(
    database: Database, scene: Scene
) -> None:
    one = await tapped(database, scene.worker, scene)
    kind = IncidentKind.GAS_LEAK
    drafts = [
        StepDraft("按本厂氨站预案撤离", "Leave by our plan", "anyone", "AQ-07", "retreat"),
        StepDraft("停氨压缩机"),
    ]
    assert await do(database, scene.officer, set_plan, kind, drafts, 0) == 1
    found = await seen(database, scene.worker, one.id)
    assert [step.text for step, _ in found.items] == ["按本厂氨站预案撤离", "停氨压缩机"]
    first, second = found.plan.steps
    assert first.key == "retreat" and not first.basis_en and second.key.startswith("own-")
    await do(database, scene.worker, tick_step, one.id, second.key, "done", Said())
    await do(database, scene.leader, base.contain, one.id, Said())
    await do(database, scene.manager, base.close, one.id, Ending(), Said())
    kept = [StepDraft(first.text, first.text_en, first.who, first.basis, first.key)]
    assert await do(database, scene.officer, set_plan, kind, kept, 1) == 2
    assert await do(database, scene.officer, set_plan, kind, kept, 2) == 2, "nothing changed"
    over = await seen(database, scene.worker, one.id)
    assert over.plan.version == 1 and over.settled == 1
    fresh = await tapped(database, scene.worker, scene)
    assert (await seen(database, scene.worker, fresh.id)).plan.version == 2
    assert "incident.plan" in await actions(database, scene)


async def test_two_who_change_a_plan_at_once_and_plans_that_say_nothing_are_refused(
    database: Database, scene: Scene
) -> None:
    kind, step = IncidentKind.FIRE, StepDraft("拉响警铃")
    await do(database, scene.officer, set_plan, kind, [step], 0)
    with pytest.raises(Conflict):
        await do(database, scene.admin, set_plan, kind, [step, step], 0)
    for drafts, field in (
        ([], "text-0"),
        ([StepDraft("x" * 301)], "text-0"),
        ([step, StepDraft("撤", who="nobody")], "who-1"),
        ([StepDraft(str(n)) for n in range(41)], "text-0"),
    ):
        with pytest.raises(Invalid) as refused:
            await do(database, scene.officer, set_plan, kind, drafts, 1)
        assert list(refused.value.fields) == [field]


async def test_only_who_configures_changes_plans_and_nobody_ticks_at_another_site(
    database: Database, scene: Scene
) -> None:
    one = await tapped(database, scene.worker, scene)
    for name in ("worker", "leader", "manager"):
        with pytest.raises(Forbidden):
            await do(database, scene.people[name], set_plan, IncidentKind.FIRE, [StepDraft("x")], 0)
    async with database.session() as session:
        other = await set_scene(session)
    await do(database, other.officer, set_plan, IncidentKind.GAS_LEAK, [StepDraft("他厂")], 0)
    assert (await seen(database, scene.worker, one.id)).plan.version == 0
    for command, arguments in ((tick_step, (one.id, "shut", "done", Said())), (checklist, (one.id,))):
        with pytest.raises(NotFound):
            await do(database, other.worker, command, *arguments)


async def test_a_worker_ticks_on_the_page_and_a_refused_tick_says_why(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    one = await tapped(database, scene.worker, scene)
    path = f"/incidents/{one.id}/plan"
    async with browsing(app, scene.worker) as browser:
        assert 'hx-get="' + path in (await browser.get(f"/incidents/{one.id}")).text
        page = (await browser.get(path)).text
        assert f'data-number="{one.number}"' in page and "气体泄漏" in page and "第十七条" in page
        part = (await browser.get(path, headers={"HX-Request": "true", "HX-Target": "incident-plan"})).text
        assert "<html" not in part and part.count("<li") == 3, "what comes next; all stand on the page of its own"
        whole = (await browser.get(path, headers={"HX-Request": "true", "HX-Target": "plan-list"})).text
        assert "<html" not in whole and whole.count('class="todo-place"') == len(
            usual_plan(IncidentKind.GAS_LEAK).steps
        )
        sent: dict[str, Any] = {"step": "shut", "state": "done", "idempotency_key": "p1"}
        for _ in range(2):
            assert (await browser.post(f"{path}/ticks", data=sent)).headers["location"] == path
        assert "已完成" in text_of((await browser.get(path)).text)
        refused = await browser.post(f"{path}/ticks", data={"step": "shut"})
        assert refused.status_code == 422 and "请选择这一步做了没有" in refused.text
        log = (await browser.get(f"/incidents/{one.id}")).text
        assert "完成了预案步骤" in log and "关断泄漏源" in log
    async with browsing(app, scene.worker, locale="en") as browser:
        english = (await browser.get(f"/incidents/{one.id}")).text
    assert "Not done" not in english and "shut the valves on both sides" in english


async def test_programs_read_and_tick(app: FastAPI, database: Database, scene: Scene) -> None:
    one = await tapped(database, scene.worker, scene)
    path = f"/api/v1/incidents/{one.id}/plan"
    async with browsing(app, scene.worker) as browser:
        assert (await browser.get(path)).json()["settled"] == 0
        answer = await browser.post(f"{path}/ticks", data={"step": "shut", "state": "not_needed"})
    assert answer.status_code == 201 and answer.json()["settled"] == 1


async def test_the_officer_edits_a_plan_in_the_browser_and_typed_words_survive_a_refusal(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    async with browsing(app, scene.worker) as browser:
        assert "自带的通用做法" in (await browser.get("/incidents/plans")).text
        assert 'id="plan-form"' not in (await browser.get("/incidents/plans?kind=fire")).text
    async with browsing(app, scene.officer) as browser:
        page = (await browser.get("/incidents/plans?kind=fire")).text
        assert hidden(page, "version") == "0"
        rows = {
            "key": ["", "", ""],
            "place": ["2", "1", "3"],
            "text": ["先断电", "拉警铃", ""],
            "text_en": ["", "Ring the bell", ""],
            "who": ["electrician", "finder", "anyone"],
            "basis": ["", "", ""],
        }
        form = {"kind": "fire", "version": "0", **rows}
        wrong = await browser.post("/incidents/plans", data={**form, "who": ["electrician", "x", "anyone"]})
        assert wrong.status_code == 422 and "拉警铃" in wrong.text and "请选择由谁做" in wrong.text
        answer = await browser.post("/incidents/plans", data=form)
        assert answer.headers["location"] == "/incidents/plans?kind=fire&done=1"
        shown = text_of((await browser.get(answer.headers["location"])).text)
    assert shown.index("拉警铃") < shown.index("先断电") and "本单位第 1 版" in shown


def test_what_is_stored_is_what_is_read() -> None:
    steps = usual_plan(IncidentKind.OTHER).steps
    assert msgspec.convert(msgspec.to_builtins(steps), list[type(steps[0])]) == steps
