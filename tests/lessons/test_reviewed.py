"""Suggestions from one incident: they rest on its review, are made once, gain evidence, and when declined come back
only with further incidents."""

import pytest
from fastapi import FastAPI
from sqlalchemy import select, text
from sqlmodel import col

from backend.core.clock import now
from backend.core.database import Database
from backend.core.jobs import Job, run_job
from backend.incidents.models import Incident
from backend.incidents.review.making import review_incident
from backend.lessons.commands import decline
from backend.lessons.models import SUGGEST_JOB, Suggestion, SuggestionKind, SuggestionSource
from backend.lessons.reviewed.working import watch_reports
from backend.tracing.models import Trace
from backend.training.models import TrainingRecord
from tests.factories import made
from tests.incidents.scene import Scene, tapped
from tests.incidents.test_pages import browsing, text_of
from tests.incidents.test_review_duties import ended, lapses, neglect
from tests.lessons.closed import CAUSE, closed_incident, limit_rule, suggested_from, suggestions_of
from workers.handlers import HANDLERS


async def waiting_jobs(database: Database, incident: Incident) -> list[int]:
    async with database.session() as session:
        while await watch_reports(session):
            pass
        of_site = (col(Job.kind) == SUGGEST_JOB, col(Job.site_id) == incident.site_id, col(Job.status) == "queued")
        jobs = (await session.scalars(select(Job).where(*of_site))).all()
    return [job.id for job in jobs if job.payload == {"incident_id": incident.id}]


async def declined(database: Database, scene: Scene, one: Suggestion) -> None:
    async with database.session(site_id=scene.site.id) as session:
        await decline(session, scene.officer, one.id, "上月已换密封")


async def test_the_report_of_a_closed_incident_is_followed_by_its_suggestions_once_whatever_dies(
    database: Database, scene: Scene
) -> None:
    incident = await closed_incident(database, scene, await limit_rule(database, scene))
    [job_id] = await waiting_jobs(database, incident)
    assert await run_job(database, HANDLERS, job_id)
    found = await suggestions_of(database, scene)
    assert {one.kind for one in found.values()} == {"check_item", "rule_limit", "plan_step"}
    assert all(one.state == "open" and f"incident:{incident.id}" in one.refs for one in found.values())
    async with database.session() as session:
        await session.execute(text("UPDATE job SET status = 'queued' WHERE id = :id"), {"id": job_id})
    assert await run_job(database, HANDLERS, job_id), "its worker had died before the end was noted"
    assert await waiting_jobs(database, incident) == []
    again = await suggestions_of(database, scene)
    assert {key: one.refs for key, one in again.items()} == {key: one.refs for key, one in found.items()}


async def test_the_confirmed_cause_becomes_a_check_item_in_the_words_of_the_library(
    database: Database, scene: Scene
) -> None:
    incident = await closed_incident(database, scene)
    await suggested_from(database, incident)
    one = (await suggestions_of(database, scene))[f"check_item:equipment={scene.pump.id}|cause={CAUSE}"]
    assert one.words.startswith(f"{scene.pump.name}有没有“机械密封泄漏") and "any sign of" in one.words_en
    assert one.equipment_id == scene.pump.id and one.watch["equipment"] == str(scene.pump.id)


async def test_an_alarm_without_a_warning_before_it_asks_for_an_earlier_limit_replayed_on_past_readings(
    database: Database, scene: Scene
) -> None:
    rule = await limit_rule(database, scene)
    await suggested_from(database, await closed_incident(database, scene, rule))
    one = (await suggestions_of(database, scene))[f"rule_limit:{rule.id}|H"]
    assert one.rule_id == rule.id and one.proposal["before"] == 8.0
    assert 5.2 < one.proposal["value"] < 8.0, "beyond what is usual, before the limit in force"
    assert one.proposal["sooner_s"] >= 600 and one.proposal["raises"] <= 2 and one.proposal["days"] > 1.9


async def test_what_turned_the_readings_back_becomes_a_step_of_the_plan(database: Database, scene: Scene) -> None:
    incident = await closed_incident(database, scene, await limit_rule(database, scene))
    await suggested_from(database, incident)
    [one] = [each for each in (await suggestions_of(database, scene)).values() if each.kind == "plan_step"]
    assert one.words == "降温泄压：已开放空阀" and one.proposal["kind"] == incident.kind
    assert one.proposal["before"] > 7.5 and one.proposal["after"] == pytest.approx(5.0)
    assert any(ref.startswith("disposal:") for ref in one.refs)


async def test_duties_not_done_ask_for_the_course_and_for_measures_with_their_records(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    await neglect(database, scene)
    incident = await tapped(database, scene.worker, scene)
    await ended(database, scene, incident)
    async with database.session() as session:
        await review_incident(session, incident.id)
    await suggested_from(database, incident)
    found = (await suggestions_of(database, scene)).values()
    courses = {one.words.partition("”")[0]: one for one in found if one.kind == SuggestionKind.COURSE}
    assert set(courses) == {"补上“受限空间", "补上“氨的危害"}
    ammonia = courses["补上“氨的危害"]
    assert ammonia.proposal["target"] == f"person:{scene.worker.person_id}" and ammonia.proposal["course_id"]
    [missed] = [one for one in found if "|plan=" in one.key]
    assert "反应器巡检" in missed.words
    known = {f"lapse:{one.id}" for one in await lapses(database, incident)}
    assert {ref for one in found for ref in one.refs if ref.startswith("lapse:")} <= known
    async with browsing(app, scene.officer) as browser:
        page = (await browser.get(f"/lessons/suggestions/{ammonia.id}")).text
        assert "该学的课没学：氨的危害" in page and f"/incidents/{incident.id}/duties" in page
        assert f'value="person:{scene.worker.person_id}" selected' in page


async def test_training_made_up_for_meanwhile_is_not_asked_for(database: Database, scene: Scene) -> None:
    await neglect(database, scene)
    incident = await tapped(database, scene.worker, scene)
    await ended(database, scene, incident)
    async with database.session() as session:
        await review_incident(session, incident.id)
        renewed = TrainingRecord(site_id=scene.site.id, person_id=scene.worker.person_id, course="受限空间")
        renewed.passed_on = now().date()
        await made(session, renewed)
    await suggested_from(database, incident)
    assert not [one for one in (await suggestions_of(database, scene)).values() if "受限空间" in one.words]


async def test_the_same_of_another_incident_adds_evidence_instead_of_repeating(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    first = await closed_incident(database, scene)
    await suggested_from(database, first)
    second = await closed_incident(database, scene)
    assert await suggested_from(database, second) == 0, "nothing new waits"
    [one] = (await suggestions_of(database, scene)).values()
    assert {f"incident:{first.id}", f"incident:{second.id}"} <= set(one.refs)
    assert one.per_90_days == pytest.approx(2 / 365 * 90)
    async with browsing(app, scene.leader) as browser:
        assert f"事件 {second.number} 等 2 起" in text_of((await browser.get("/lessons")).text)
        for incident in (first, second):
            assert one.words in (await browser.get(f"/incidents/{incident.id}/lessons")).text


async def test_what_was_declined_stays_so_until_two_further_incidents_speak_for_it(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    await suggested_from(database, await closed_incident(database, scene))
    [one] = (await suggestions_of(database, scene)).values()
    await declined(database, scene, one)
    assert await suggested_from(database, await closed_incident(database, scene)) == 0
    [one] = (await suggestions_of(database, scene)).values()
    assert one.state == "declined"
    assert await suggested_from(database, await closed_incident(database, scene)) == 1
    [one] = (await suggestions_of(database, scene)).values()
    assert one.state == "open" and one.asked_again_at
    async with browsing(app, scene.officer) as browser:
        page = text_of((await browser.get(f"/lessons/suggestions/{one.id}")).text)
    assert "之后又有 2 起事件指向它" in page and "上月已换密封" in page


async def test_another_cause_confirmed_later_withdraws_what_rested_on_the_first(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    incident = await closed_incident(database, scene)
    await suggested_from(database, incident)
    async with database.session() as session:
        trace = (await session.scalars(select(Trace).where(col(Trace.group_id) == incident.group_id))).one()
        trace.confirmed_node, trace.confirmation_note = f"equipment:{scene.reactor.id}", "看见裂口"
    async with database.session() as session:
        await review_incident(session, incident.id)
    [job_id] = (await waiting_jobs(database, incident))[:1]
    assert await run_job(database, HANDLERS, job_id)
    states = {one.equipment_id: one for one in (await suggestions_of(database, scene)).values()}
    assert states[scene.pump.id].state == "withdrawn" and states[scene.reactor.id].state == "open"
    async with browsing(app, scene.officer) as browser:
        assert states[scene.pump.id].words not in (await browser.get("/lessons")).text
        late = await browser.post(f"/lessons/suggestions/{states[scene.pump.id].id}/adopt", data={"plan_id": "1"})
        assert late.status_code == 409
    async with database.session() as session:
        left = select(SuggestionSource).where(col(SuggestionSource.incident_id) == incident.id)
        assert len((await session.scalars(left)).all()) == 1


async def test_the_review_s_page_loads_them_for_those_who_lead_alone(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    incident = await closed_incident(database, scene)
    await suggested_from(database, incident)
    here = f"/incidents/{incident.id}/lessons"
    async with browsing(app, scene.leader, locale="en") as leader:
        assert f'hx-get="{here}"' in (await leader.get(f"/incidents/{incident.id}/review")).text
        part = (await leader.get(here, headers={"HX-Request": "true", "HX-Target": "incident-lessons"})).text
        assert "any sign of" in part and "<html" not in part
        assert "<html" in (await leader.get(here)).text
    async with browsing(app, scene.worker) as worker:
        assert here not in (await worker.get(f"/incidents/{incident.id}/review")).text
        assert (await worker.get(here)).status_code == 403
