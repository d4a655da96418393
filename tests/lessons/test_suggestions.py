"""Suggestions: they follow from patterns and rules, are decided once, and land as real changes with a link back."""

from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlmodel import col

from backend.alarms.models import AlarmRule
from backend.checkins.checklists import Question
from backend.checkins.commands.planning import PlanWish, make_plan
from backend.checkins.judging import ItemKind
from backend.checkins.models import Checklist, InspectionPlan
from backend.core.clock import now
from backend.core.database import Database
from backend.hazards.models import Rectification
from backend.identity.models import AuditEntry
from backend.lessons.gathering import History
from backend.lessons.models import LessonPattern, Suggestion
from backend.lessons.proposing import longer_delay
from backend.lessons.suggesting import suggest
from backend.training.models import Course, CourseVersion, TrainingAssignment
from tests.factories import made, make_alarm, make_post, make_rule
from tests.incidents.scene import Scene
from tests.incidents.test_pages import browsing
from tests.lessons.past import looked, troubled_past

PUMPS = ("class", "pump", "泵", "Pump")
FIRES = ("kind", "incident.fire", "火情", "Fire")
LAPSED = ("training", "lapsed", "责任岗位培训过期", "Training of the responsible post lapsed")
OVERDUE = ("maintenance", "overdue", "维护超期", "Maintenance overdue")
VALID = ("training", "valid", "责任岗位培训有效", "Training of the responsible post valid")


async def suggested(database: Database, scene: Scene, *values: tuple[str, str, str, str]) -> Suggestion | None:
    """What a pattern of these values makes the worker suggest."""
    key = "|".join(f"{attribute}={value}" for attribute, value, _, _ in values)
    async with database.session() as session:
        pattern = LessonPattern(site_id=scene.site.id, key=key, times=30, of=300, expected=6.0, p=1e-9, q=1e-6)
        names = ("attribute", "value", "name", "name_en")
        pattern.items = [dict(zip(names, value, strict=True)) for value in values]
        await made(session, pattern)
        await suggest(session, scene.site.id, History())
        await suggest(session, scene.site.id, History())
        found = await session.scalars(select(Suggestion).where(col(Suggestion.pattern_id) == pattern.id))
        return found.one_or_none()


async def again(database: Database, one: Suggestion) -> Suggestion:
    async with database.session() as session:
        return await session.get_one(Suggestion, one.id)


async def sent(app: FastAPI, scene: Scene, one: Suggestion, verb: str = "adopt", **form: Any) -> tuple[int, str]:
    """The officer decides; status and page."""
    async with browsing(app, scene.officer) as browser:
        answer = await browser.post(f"/lessons/suggestions/{one.id}/{verb}", data=form)
        return answer.status_code, answer.text


async def seen(app: FastAPI, scene: Scene, url: str) -> str:
    async with browsing(app, scene.officer) as browser:
        answer = await browser.get(url)
        assert answer.status_code == 200
        return answer.text


async def test_a_check_item_lands_in_the_next_checklist_with_a_link_back(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    async with database.session() as session:
        post = await make_post(session, scene.site)
        question = Question(ItemKind.YES_NO, "没有泄漏")
        wish = PlanWish("每班巡检", post.id, "shift", (question,), equipment_ids=(scene.pump.id,))
        plan = await make_plan(session, scene.officer, wish)
    one = await suggested(database, scene, PUMPS, FIRES)
    assert one and one.kind == "check_item" and one.words == "重点查看：泵、火情"
    assert one.words in await seen(app, scene, "/lessons")
    assert "每班巡检" in await seen(app, scene, f"/lessons/suggestions/{one.id}")
    status, _ = await sent(app, scene, one, words=one.words, words_en=one.words_en, plan_id=plan.id)
    assert status == 303
    async with database.session() as session:
        now_ = await session.get_one(InspectionPlan, plan.id)
        checklist = await session.get_one(Checklist, now_.checklist_id)
        audited = select(col(AuditEntry.action)).where(col(AuditEntry.site_id) == scene.site.id)
        actions = set((await session.scalars(audited)).all())
    assert [item["title"] for item in checklist.items] == ["没有泄漏", one.words]
    assert {"plan.edit", "suggestion.adopted"} <= actions
    assert f"/lessons/suggestions/{one.id}" in await seen(app, scene, f"/plans/{plan.id}/lessons")
    assert f"/plans/{plan.id}/lessons" in await seen(app, scene, f"/plans/{plan.id}")
    assert f"/plans/{plan.id}" in await seen(app, scene, f"/lessons/suggestions/{one.id}")


async def test_lapsed_training_asks_for_a_course_that_is_assigned(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    async with database.session() as session:
        course = await made(session, Course(site_id=scene.site.id, code="leak", title="防泄漏"))
        words = {"text": "闻到要撤", "text_en": "Leave"}
        options = {"options": [["对", "Yes"], ["错", "No"]], "right": [0], "why": "", "why_en": ""}
        content = {
            "pages": [{"title": "气味", "title_en": "Smell", **words}],
            "questions": [{"kind": "single", **words, **options}],
            "pass_mark": 100,
            "draw": 1,
        }
        await made(session, CourseVersion(site_id=scene.site.id, course_id=course.id, content=content))
    one = await suggested(database, scene, LAPSED, FIRES)
    assert one and one.kind == "course"
    due = (now() + timedelta(days=7)).date().isoformat()
    target = f"person:{scene.worker.person_id}"
    status, _ = await sent(app, scene, one, course_id=course.id, target=target, due_on=due)
    assert status == 303
    async with database.session() as session:
        wanted = select(TrainingAssignment).where(col(TrainingAssignment.course_id) == course.id)
        [assigned] = (await session.scalars(wanted)).all()
    assert assigned.person_id == scene.worker.person_id
    async with browsing(app, scene.worker) as browser:
        assert "防泄漏" in (await browser.get("/training")).text
    assert f"/lessons/suggestions/{one.id}" in await seen(app, scene, f"/courses/{course.id}/lessons")


async def test_overdue_maintenance_asks_for_a_measure_that_becomes_a_rectification(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    await troubled_past(database, scene)
    await looked(database, scene)
    async with database.session() as session:
        of_site = select(Suggestion).where(col(Suggestion.site_id) == scene.site.id, col(Suggestion.kind) == "measure")
        one = (await session.scalars(of_site)).first()
    assert one and "维护超期" in one.words and one.equipment_id == scene.pump.id and one.per_90_days > 1
    due = (now() + timedelta(days=3)).date().isoformat()
    form = {"words": "本周换泵密封", "owner_id": scene.leader.person_id, "due_on": due}
    status, _ = await sent(app, scene, one, **form)
    assert status == 303
    decided = await again(database, one)
    assert decided.state == "adapted", "it was worded otherwise"
    async with database.session() as session:
        opened = await session.get_one(Rectification, decided.landed_id)
    assert (opened.measure, opened.owner_id) == ("本周换泵密封", scene.leader.person_id)
    assert f"/lessons/suggestions/{one.id}" in await seen(app, scene, f"/rectifications/{opened.id}/lessons")


async def test_a_rule_that_cries_wolf_gets_a_longer_delay_as_its_next_version(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    async with database.session() as session:
        point = scene.points["pressure"]
        rule = await make_rule(session, scene.site, point, name="压力高报", updated_at=now() - timedelta(days=90))
        for n in range(12):
            raised_at = now() - timedelta(days=n + 1)
            lasted = timedelta(seconds=10 + n if n < 9 else 600)
            times = {"raised_at": raised_at, "returned_at": raised_at + lasted}
            alarm = await make_alarm(session, scene.site, point, rule_id=rule.id, state="closed", **times)
            alarm.judgement = "false" if n < 9 else "true"
            await made(session, alarm)
    await looked(database, scene)
    async with database.session() as session:
        [one] = (await session.scalars(select(Suggestion).where(col(Suggestion.rule_id) == rule.id))).all()
    assert one.proposal == {"on_delay_s": rule.on_delay_s + 18.0, "spares": 8, "false": 9}
    page = await seen(app, scene, f"/lessons/suggestions/{one.id}")
    assert "9 次误报中 8 次不会再报" in page
    status, _ = await sent(app, scene, one, on_delay_s="18")
    assert status == 303
    async with database.session() as session:
        changed = await session.get_one(AlarmRule, rule.id)
    assert (changed.on_delay_s, changed.version) == (18.0, rule.version + 1)


async def test_what_is_well_asks_for_nothing(database: Database, scene: Scene) -> None:
    assert await suggested(database, scene, VALID, FIRES) is None
    one = await suggested(database, scene, OVERDUE, FIRES)
    assert one and one.kind == "measure"


async def test_declining_needs_a_reason_that_is_kept_and_nothing_is_decided_twice(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    one = await suggested(database, scene, PUMPS, FIRES)
    assert one
    status, page = await sent(app, scene, one, "decline")
    assert status == 422 and "请写明不采纳的原因" in page
    assert (await again(database, one)).state == "open"
    status, _ = await sent(app, scene, one, "decline", reason="上月已换泵")
    assert status == 303 and "上月已换泵" in await seen(app, scene, f"/lessons/suggestions/{one.id}")
    status, page = await sent(app, scene, one, words="再看看", plan_id=1)
    assert status == 409 and "已有决定" in page


async def test_a_refused_adoption_changes_nothing_and_keeps_what_was_typed(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    one = await suggested(database, scene, PUMPS, FIRES)
    assert one
    status, page = await sent(app, scene, one, words="看密封有没有渗油", reason="听老王的")
    assert status == 422 and "请选择巡检计划" in page
    assert "看密封有没有渗油" in page and "听老王的" in page
    async with browsing(app, scene.leader) as browser:
        assert (await browser.post(f"/lessons/suggestions/{one.id}/adopt", data={"words": "x"})).status_code == 403
        assert "/adopt" not in (await browser.get(f"/lessons/suggestions/{one.id}")).text
    assert (await again(database, one)).state == "open"


_lasted = st.lists(st.integers(0, 1500), max_size=14)


@given(st.sampled_from((0.0, 30.0)), _lasted, _lasted)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_a_longer_delay_would_have_kept_every_true_alarm(on_delay_s: float, false: list[int], true: list[int]) -> None:
    found = longer_delay(on_delay_s, false, true)
    if found:
        further = found["on_delay_s"] - on_delay_s
        assert all(lasted == 0 or lasted > further for lasted in true)
        assert found["spares"] == sum(lasted < further for lasted in false) >= 0.3 * len(false)
