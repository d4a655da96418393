"""What a review asks for lands as a real change at once: the next checklist, the next version of a rule, the plan."""

from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from sqlalchemy import select, text
from sqlmodel import col

from backend.alarms.models import AlarmRule
from backend.checkins.checklists import Question
from backend.checkins.commands.planning import PlanWish, make_plan
from backend.checkins.judging import ItemKind
from backend.core.clock import now
from backend.core.database import Database
from backend.identity.models import PostHolder
from backend.incidents.response.models import IncidentPlan, PlanTick
from backend.lessons.models import Suggestion
from backend.tracing.models import Trace
from tests.factories import made, make_post
from tests.incidents.scene import Scene, log_of, tapped
from tests.incidents.test_pages import browsing, text_of
from tests.incidents.test_review_duties import ended
from tests.lessons.closed import SINCE, closed_incident, crept_up, limit_rule, suggested_from, suggestions_of


async def asked_for(database: Database, scene: Scene, kind: str) -> Suggestion:
    """What the review of a closed incident asks for, of this kind."""
    await suggested_from(database, await closed_incident(database, scene, await limit_rule(database, scene)))
    return next(one for one in (await suggestions_of(database, scene)).values() if one.kind == kind)


async def sent(app: FastAPI, scene: Scene, one: Suggestion, **form: Any) -> tuple[int, str]:
    async with browsing(app, scene.officer) as browser:
        answer = await browser.post(f"/lessons/suggestions/{one.id}/adopt", data=form)
        return answer.status_code, answer.text


async def seen(app: FastAPI, scene: Scene, url: str) -> str:
    async with browsing(app, scene.officer) as browser:
        answer = await browser.get(url)
        assert answer.status_code == 200
        return answer.text


async def test_an_adopted_check_item_stands_in_the_worker_s_next_checklist_at_once(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    async with database.session() as session:
        post = await make_post(session, scene.site)
        await made(session, PostHolder(site_id=scene.site.id, post_id=post.id, person_id=scene.worker.person_id))
        stops = PlanWish("别处巡检", post.id, "shift", (Question(ItemKind.YES_NO, "正常"),), (scene.reactor.id,))
        await make_plan(session, scene.officer, stops)
        wish = PlanWish("泵房巡检", post.id, "shift", (Question(ItemKind.YES_NO, "没有泄漏"),), (scene.pump.id,))
        plan = await make_plan(session, scene.officer, wish)
        visit_of = text("SELECT id FROM inspection_visit WHERE plan_id = :plan ORDER BY opens_at LIMIT 1")
        visit_id = (await session.execute(visit_of, {"plan": plan.id})).scalar_one()
    one = await asked_for(database, scene, "check_item")
    page = await seen(app, scene, f"/lessons/suggestions/{one.id}")
    assert f'value="{plan.id}" selected' in page, "the plan that stops at the root already"
    async with browsing(app, scene.worker) as worker:
        assert one.words not in (await worker.get(f"/checkins/{visit_id}")).text
        status, _ = await sent(app, scene, one, words=one.words, words_en=one.words_en, plan_id=plan.id)
        assert status == 303
        assert one.words in (await worker.get(f"/checkins/{visit_id}")).text, "of the visit that is due now already"


async def test_an_earlier_limit_is_the_rule_s_next_version_with_a_link_back(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    one = await asked_for(database, scene, "rule_limit")
    page = text_of(await seen(app, scene, f"/lessons/suggestions/{one.id}"))
    assert "这次能早" in page and "现在的限值报 0 次" in page and "现在是 8" in page
    status, page = await sent(app, scene, one, limit_value="很低")
    assert status == 422 and "请填写数字" in page
    status, _ = await sent(app, scene, one, limit_value=f"{one.proposal['value']:g}", reason="漏氨太险")
    assert status == 303
    async with database.session() as session:
        rule = await session.get_one(AlarmRule, one.rule_id)
        assert (await session.get_one(Suggestion, one.id)).state == "adopted"
    assert rule.version == 2 and rule.parameters["limits"]["H"]["value"] == one.proposal["value"]
    back = await seen(app, scene, f"/rules/{rule.id}/lessons")
    assert f"/lessons/suggestions/{one.id}" in back and "事件 SJ-" in back


async def test_a_limit_that_the_rule_would_not_bear_is_refused_in_its_words(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    one = await asked_for(database, scene, "rule_limit")
    async with database.session() as session:
        rule = await session.get_one(AlarmRule, one.rule_id)
        rule.parameters = {"limits": {"L": {"value": 4.0}, "H": {"value": 8.0}}}
        session.add(rule)
    status, page = await sent(app, scene, one, limit_value="3")
    assert status == 422 and "限值应从低低到高高依次增大" in page


async def test_a_root_that_no_rule_watches_gets_one_that_warns(app: FastAPI, database: Database, scene: Scene) -> None:
    incident = await closed_incident(database, scene)
    await crept_up(database, scene.points["flow"], now() - SINCE)
    async with database.session() as session:
        trace = (await session.scalars(select(Trace).where(col(Trace.group_id) == incident.group_id))).one()
        causes = [{**cause, "deviation": 4.0} for cause in trace.result["causes"]]
        trace.result = {**trace.result, "causes": causes}
        session.add(trace)
    await suggested_from(database, incident)
    one = (await suggestions_of(database, scene))[f"rule_limit:point={scene.points['flow'].id}|H"]
    page = await seen(app, scene, f"/lessons/suggestions/{one.id}")
    assert "这里最先有变化，却没有规则看着" in page and "现在没有这个限值" in page
    status, _ = await sent(app, scene, one, limit_value=f"{one.proposal['value']:g}")
    assert status == 303
    async with database.session() as session:
        decided = await session.get_one(Suggestion, one.id)
        rule = await session.get_one(AlarmRule, decided.landed_id)
    assert decided.state == "adopted" and rule.warning and rule.point_id == scene.points["flow"].id
    assert rule.parameters["limits"]["H"]["value"] == one.proposal["value"]
    await suggested_from(database, incident)
    assert (await suggestions_of(database, scene))[one.key].state == "adopted"


async def test_what_worked_stands_in_the_next_plan_of_its_kind_with_its_source_and_its_use_is_counted(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    one = await asked_for(database, scene, "plan_step")
    kind = one.proposal["kind"]
    status, page = await sent(app, scene, one, words=one.words, who="nobody")
    assert status == 422 and "请选择由谁做" in page
    status, _ = await sent(app, scene, one, words="先开放空阀泄压", words_en="Open the vent first", who="operator")
    assert status == 303
    async with database.session() as session:
        decided = await session.get_one(Suggestion, one.id)
        plan = await session.get_one(IncidentPlan, decided.landed_id)
    assert decided.state == "adapted" and plan.kind == kind and plan.version == 1
    assert plan.steps[-1]["text"] == "先开放空阀泄压" and plan.steps[-1]["basis"].startswith("SJ-")
    assert f"/lessons/suggestions/{one.id}" in await seen(app, scene, f"/lessons/emergency-plan?kind={kind}")
    assert f"/lessons/emergency-plan?kind={kind}" in await seen(app, scene, f"/incidents/plans?kind={kind}")
    assert "采纳后还没有发生过同类事件" in await seen(app, scene, f"/lessons/suggestions/{one.id}")
    for ticks in (True, False):
        incident = await tapped(database, scene.worker, scene, kind=kind, apart=True)
        if ticks:
            line = (await log_of(database, incident.id))[0]
            async with database.session() as session:
                about = {"incident_id": incident.id, "disposal_id": line.id, "step_key": plan.steps[-1]["key"]}
                done = PlanTick(site_id=scene.site.id, **about, text="x", text_en="", state="done", plan_version=1)
                await made(session, done)
        await ended(database, scene, incident)
    page = await seen(app, scene, f"/lessons/suggestions/{one.id}")
    assert "采纳后同类事件 2 起，其中 1 起做了这一步" in page


async def test_programs_list_read_decide_and_follow_suggestions(app: FastAPI, database: Database, scene: Scene) -> None:
    incident = await closed_incident(database, scene, await limit_rule(database, scene))
    await suggested_from(database, incident)
    root = "/api/v1/lessons/suggestions"
    async with browsing(app, scene.officer) as browser:
        listed = (await browser.get(root, params={"state": "open", "incident": incident.id})).json()
        assert {one["kind"] for one in listed["suggestions"]} == {"check_item", "rule_limit", "plan_step"}
        assert listed["following"] is None and listed["suggestions"][0]["incidents"] == [incident.id]
        older = (await browser.get(root, params={"before": listed["suggestions"][0]["id"]})).json()["suggestions"]
        assert [one["id"] for one in older] == [one["id"] for one in listed["suggestions"][1:]]
        by_kind = {one["kind"]: one["id"] for one in listed["suggestions"]}
        value = {"limit_value": "7.5"}
        adopted = (await browser.post(f"{root}/{by_kind['rule_limit']}/adopt", data=value)).json()
        assert (adopted["state"], adopted["landed_kind"]) == ("adapted", "rule")
        effect = (await browser.get(f"{root}/{by_kind['rule_limit']}/effect")).json()["effect"]
        known = (now() + timedelta(days=30)).astimezone(scene.officer.zone).date().isoformat()
        assert effect["done"] == [] and effect["known_on"][0] == known
        bare = await browser.post(f"{root}/{by_kind['plan_step']}/decline", data={"reason": " "})
        assert bare.status_code == 422
        left = await browser.post(f"{root}/{by_kind['plan_step']}/decline", data={"reason": "已在预案里"})
        assert left.json()["state"] == "declined"
        assert (await browser.get(f"{root}/{by_kind['plan_step']}/effect")).json()["effect"] is None
        [left] = (await browser.get(root, params={"state": "declined"})).json()["suggestions"]
        assert left["reason"] == "已在预案里"
    async with browsing(app, scene.leader) as browser:
        one = by_kind["check_item"]
        assert (await browser.get(f"{root}/{one}")).json()["state"] == "open"
        assert (await browser.post(f"{root}/{one}/decline", data={"reason": "x"})).status_code == 403
