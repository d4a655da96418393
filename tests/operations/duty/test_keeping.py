"""What a month's records make of people: counted by who answered for it, frozen once, corrected by appeal."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from backend.alarms.models import Escalation
from backend.core.clock import holding, now
from backend.core.database import Database
from backend.core.errors import Conflict, Forbidden, Invalid
from backend.identity.audit import record_change
from backend.identity.models import Person, PostHolder
from backend.incidents.meeting.models import Attendee, Meeting
from backend.operations.duty.commands import (
    Complaint,
    add_absence,
    answer_appeal,
    appeal_point,
    decide_reward,
    remove_absence,
    set_rule,
)
from backend.operations.duty.keeping import freeze, remind
from backend.operations.duty.months import shifted
from backend.operations.duty.queries import of_month, of_person, to_answer
from backend.operations.duty.queries.answerers import answerers
from backend.operations.duty.rules import USUAL
from backend.operations.duty.scoring import Facts
from backend.training.models import Course, CourseVersion, QuizAttempt, TrainingAssignment
from tests.factories import made, make_alarm, unique
from tests.incidents.scene import tapped
from tests.operations.duty.month import (
    Month,
    do,
    followed,
    frozen,
    proposed,
    rectified,
    reported,
    rounds,
    score_of,
    sent_back,
    statements,
    told,
)


async def facts(database: Database, month: Month, person: str = "worker") -> Facts:
    [one] = await statements(database, month, month.scene.people[person])
    return Facts.of(one.facts)


async def test_rounds_count_for_who_held_the_post_then_and_are_shared(database: Database, plant: Month) -> None:
    async with database.session() as session:
        await rounds(session, plant, ["done", "missed", "made_up"], day=3)
        await rounds(session, plant, ["missed"], day=20)
        mate = PostHolder(site_id=plant.scene.site.id, post_id=plant.post.id, person_id=plant.scene.stranger.person_id)
        mate.since, mate.until = plant.at(15), plant.at(25)
        await made(session, mate)
    assert await frozen(database, plant)
    own, mates = await facts(database, plant), await facts(database, plant, "stranger")
    assert own.asked == {"visits": 4} and mates.asked == {"visits": 1}
    assert sorted((row.kind, row.sharing) for row in own.rows) == [
        ("visit_made_up", 1),
        ("visit_missed", 1),
        ("visit_missed", 2),
    ]
    assert [(row.kind, row.sharing) for row in mates.rows] == [("visit_missed", 2)]
    assert await score_of(database, plant, plant.worker) == 84, "2 + 1 + half of 2, of 25 that count for 100"


async def test_on_leave_nothing_is_asked_and_the_others_answer_alone(database: Database, plant: Month) -> None:
    async with database.session() as session:
        await rounds(session, plant, ["missed"], day=3)
        await rounds(session, plant, ["missed"], day=6)
    leave = (plant.worker.person_id, plant.at(3).date(), plant.at(4).date(), "年假")
    with pytest.raises(Invalid):
        await do(database, plant.scene.rival, add_absence, *leave)  # leads another team
    absence = await do(database, plant.scene.leader, add_absence, *leave)
    undone = await do(database, plant.scene.leader, add_absence, leave[0], plant.at(6).date(), plant.at(6).date(), "误")
    await do(database, plant.scene.leader, remove_absence, undone.id)
    await frozen(database, plant)
    assert (await facts(database, plant)).asked == {"visits": 1} and absence.removed_at is None


async def test_rectifications_are_judged_by_the_first_deadline_and_by_who_had_them(
    database: Database, plant: Month
) -> None:
    month = plant
    async with database.session() as session:
        await rectified(session, month)
        extended = await rectified(session, month, deadline=month.at(20), original_deadline=month.at(8))
        back = await rectified(session, month, title="退回的")
        await sent_back(session, month, back, month.scene.officer)
        taken_over = await rectified(session, month, owner_id=month.scene.stranger.person_id, submitted_at=month.at(25))
        change = {"owner_id": [month.worker.person_id, month.scene.stranger.person_id]}
        await record_change(
            session, month.scene.leader, "rectification.reassign", "rectification", taken_over.id, change
        )
        again = await rectified(session, month, recurs_id=back.id, deadline=month.at(28), submitted_at=month.at(27))
        again.created_at = month.at(26)
        await rectified(session, month, state="cancelled", submitted_at=None)
    await frozen(database, month)
    own = await facts(database, month)
    assert own.asked == {"rectifications": 5}
    late = {row.id for row in own.rows if row.kind == "rectification_late"}
    assert late == {extended.id, taken_over.id}, "in time by the later deadline alone, and late before it was handed on"
    returned = [row for row in own.rows if row.kind == "rectification_returned"]
    assert [row.by for row in returned] == [month.scene.officer.person_id]
    assert [row.id for row in own.rows if row.kind == "rectification_recurred"] == [again.id]
    assert "stranger" not in {r.kind for r in own.rows} and (await facts(database, month, "stranger")).asked == {}


async def test_warnings_courses_and_meetings_count_for_who_was_called(database: Database, plant: Month) -> None:
    month, site_id = plant, plant.scene.site.id
    leader = month.scene.leader.person_id
    incident = await tapped(database, month.scene.leader, month.scene)
    async with database.session() as session:
        for outcome in ("told", "cancelled"):
            alarm = await make_alarm(session, month.scene.site, raised_at=month.at(4), acknowledged_by=leader)
            alarm.acknowledged_at, alarm.closed_at = month.at(4), month.at(4 if outcome == "told" else 6)
            first = Escalation(site_id=site_id, alarm_id=alarm.id, step=0, due_at=month.at(4), done_at=month.at(4))
            first.outcome, first.told = "told", [leader, month.scene.manager.person_id]
            await made(session, first)
            await made(
                session,
                Escalation(
                    site_id=site_id, alarm_id=alarm.id, step=1, due_at=month.at(4), done_at=month.at(4), outcome=outcome
                ),
            )
        meeting = Meeting(site_id=site_id, incident_id=incident.id, number=1, at=month.at(7), place="室")
        meeting.led_by = month.scene.officer.person_id
        await made(session, meeting)
        for person, there in ((leader, False), (month.worker.person_id, True)):
            one = Attendee(site_id=site_id, meeting_id=meeting.id, person_id=person, present=there)
            one.marked_by = month.scene.officer.person_id
            await made(session, one)
        meeting.state, meeting.ended_at = "closed", month.at(8)
        course = await made(session, Course(site_id=site_id, code=unique("c"), title="受限空间"))
        version = await made(session, CourseVersion(site_id=site_id, course_id=course.id))
        due = month.at(9).date()
        await made(session, TrainingAssignment(site_id=site_id, course_id=course.id, post_id=month.post.id, due_on=due))
        tried: dict[str, Any] = {"site_id": site_id, "course_id": course.id, "version_id": version.id, "seed": 1}
        await made(
            session, QuizAttempt(**tried, person_id=month.worker.person_id, submitted_at=month.at(9), passed_at=None)
        )
        passed = QuizAttempt(**tried, person_id=month.worker.person_id, submitted_at=month.at(11))
        passed.passed_at = month.at(11)
        await made(session, passed)
    await frozen(database, month)
    led, own = await facts(database, month, "leader"), await facts(database, month)
    assert led.asked == {"alarms": 2, "disposals": 2, "meetings": 1}
    assert sorted((row.kind, row.sharing, row.hours) for row in led.rows) == [
        ("ack_late", 2, None),
        ("disposal_late", 1, 48.0),
        ("meeting_missed", 1, None),
    ]
    assert own.asked == {"meetings": 1, "courses": 1, "quizzes": 2}
    assert sorted(row.kind for row in own.rows) == ["course_late", "quiz_failed"]


async def test_a_month_is_frozen_once_after_its_grace_and_never_changed(database: Database, plant: Month) -> None:
    async with database.session() as session:
        await rounds(session, plant, ["done"] * 20)
        await reported(session, plant, "significant")
    with holding(plant.at(1)):
        assert not await frozen(database, plant), "it isn't over"
    assert await frozen(database, plant)
    assert not await frozen(database, plant)
    assert len(await statements(database, plant, plant.worker)) == 1
    assert [(one.kind, one.state) for one in await proposed(database, plant)] == [
        ("grave_hazard", "proposed"),
        ("perfect", "proposed"),
    ]
    assert await told(database, plant, "duty_score.frozen") == [{plant.worker.person_id}]
    with pytest.raises(DBAPIError):
        async with database.session() as session:
            await session.execute(
                text("UPDATE duty_statement SET score = 1 WHERE site_id = :site AND version = 1"),
                {"site": plant.scene.site.id},
            )


async def test_an_upheld_appeal_makes_a_second_version_and_a_refused_one_says_why(
    database: Database, plant: Month
) -> None:
    async with database.session() as session:
        one = await rectified(session, plant)
        back = await sent_back(session, plant, one, plant.scene.officer)
        [missed] = await rounds(session, plant, ["missed"])
    await frozen(database, plant)
    before = await score_of(database, plant, plant.worker)
    with pytest.raises(Invalid):
        await do(database, plant.worker, appeal_point, Complaint(plant.last, f"visit_missed:{missed}", " "))
    with pytest.raises(Conflict):
        await do(database, plant.worker, appeal_point, Complaint(plant.last, "visit_missed:0", "没有"))
    said = Complaint(plant.last, f"rectification_returned:{back.id}", "照片里已经改好")
    appeal = await do(database, plant.worker, appeal_point, said)
    assert (await do(database, plant.worker, appeal_point, said)).id == appeal.id, "sent twice it is one"
    assert await told(database, plant, "duty_score.appealed") == [{plant.scene.manager.person_id}]
    assert [one.appeal.id for one in await do(database, plant.scene.manager, to_answer)] == [appeal.id]
    assert not await do(database, plant.scene.officer, to_answer), "who sent it back doesn't judge it"
    with pytest.raises(Forbidden):
        await do(database, plant.scene.officer, answer_appeal, appeal.id, upheld=False, answer="不行")
    _, score = await do(database, plant.scene.manager, answer_appeal, appeal.id, upheld=True, answer="已核实")
    first, second = await statements(database, plant, plant.worker)
    assert before is not None and second.score == score and score is not None and score > before
    assert (first.version, second.version, second.why) == (1, 2, "已核实") and first.score == before
    assert await told(database, plant, "duty_score.answered") == [
        {plant.worker.person_id, plant.scene.officer.person_id}
    ]
    with pytest.raises(Conflict):
        await do(database, plant.scene.manager, answer_appeal, appeal.id, upheld=False, answer="晚了")
    other = await do(database, plant.worker, appeal_point, Complaint(plant.last, f"visit_missed:{missed}", "设备停用"))
    with pytest.raises(Invalid):
        await do(database, plant.scene.officer, answer_appeal, other.id, upheld=False, answer="")
    await do(database, plant.scene.officer, answer_appeal, other.id, upheld=False, answer="当天设备在运行")
    assert len(await statements(database, plant, plant.worker)) == 2


async def test_where_the_only_one_above_judged_it_an_administrator_answers(database: Database, plant: Month) -> None:
    async with database.session() as session:
        (await session.get_one(Person, plant.scene.manager.person_id)).active = False
        back = await sent_back(session, plant, await rectified(session, plant), plant.scene.officer)
        [missed] = await rounds(session, plant, ["missed"])
    await frozen(database, plant)
    said = Complaint(plant.last, f"rectification_returned:{back.id}", "照片里已经改好")
    appeal = await do(database, plant.worker, appeal_point, said)
    assert await told(database, plant, "duty_score.appealed") == [{plant.scene.admin.person_id}]
    with pytest.raises(Forbidden):
        await do(database, plant.scene.officer, answer_appeal, appeal.id, upheld=True, answer="")
    async with database.session() as session:
        (await session.get_one(Person, plant.scene.admin.person_id)).active = False
    assert await do(database, plant.worker, answerers, appeal) == set(), "nobody at all: the page says so"
    async with database.session() as session:
        (await session.get_one(Person, plant.scene.admin.person_id)).active = True
    done, _ = await do(database, plant.scene.admin, answer_appeal, appeal.id, upheld=True, answer="已核实")
    assert done.state == "upheld"
    await do(database, plant.worker, appeal_point, Complaint(plant.last, f"visit_missed:{missed}", "设备停用"))
    officer = {plant.scene.officer.person_id}
    assert (await told(database, plant, "duty_score.appealed"))[-1] == officer, "who didn't judge this one"


async def test_an_appeal_in_the_running_month_holds_when_it_is_scored_anew(database: Database, plant: Month) -> None:
    month = plant
    async with database.session() as session:
        [visit] = await rounds(session, month, ["missed"])
    with holding(month.at(20)):
        month.running = month.last
        await followed(database, month)
        appeal = await do(database, month.worker, appeal_point, Complaint(month.last, f"visit_missed:{visit}", "停产"))
        await do(database, month.scene.officer, answer_appeal, appeal.id, upheld=True, answer="")
        await followed(database, month)
        async with database.session(site_id=month.scene.site.id) as session:
            view = await of_person(session, month.worker, month.worker.person_id, month.last)
        assert view.statement is not None and view.statement.score == 100 and view.statement.version == 0
    await frozen(database, month)
    assert await score_of(database, month, month.worker) == 100


async def test_too_late_to_appeal(database: Database, plant: Month) -> None:
    async with database.session() as session:
        [visit] = await rounds(session, plant, ["missed"])
    await frozen(database, plant)
    with holding(now() + timedelta(days=8)), pytest.raises(Conflict):
        await do(database, plant.worker, appeal_point, Complaint(plant.last, f"visit_missed:{visit}", "迟了"))


async def test_a_new_rule_counts_from_its_month_and_the_past_keeps_its_own(database: Database, plant: Month) -> None:
    with pytest.raises(Invalid):
        await do(database, plant.scene.officer, set_rule, USUAL, plant.running, "本月就改")
    with pytest.raises(Forbidden):
        await do(database, plant.scene.leader, set_rule, USUAL, shifted(plant.running, 1), "班组长改")
    made_ = await do(database, plant.scene.officer, set_rule, USUAL, shifted(plant.running, 1), "年度调整", seen=0)
    assert made_.number == 1
    with pytest.raises(Conflict):
        await do(database, plant.scene.admin, set_rule, USUAL, shifted(plant.running, 1), "同时改", seen=0)
    await frozen(database, plant)
    assert (await statements(database, plant, plant.worker))[0].rule_number == 0


async def test_a_reward_is_granted_by_a_person_once_and_never_to_oneself(database: Database, plant: Month) -> None:
    async with database.session() as session:
        await reported(session, plant, "major")
        own = await reported(session, plant, "major")
        own.reporter_id = plant.scene.manager.person_id
    await frozen(database, plant)
    by_person = {one.person_id: one for one in await proposed(database, plant)}
    mine = by_person[plant.worker.person_id]
    granted = await do(database, plant.scene.manager, decide_reward, mine.id, granted=True)
    assert granted.state == "granted" and granted.decided_by == plant.scene.manager.person_id
    assert granted.yuan == Decimal(100)
    with pytest.raises(Conflict):
        await do(database, plant.scene.officer, decide_reward, mine.id, granted=False)
    with pytest.raises(Forbidden):
        own_one = by_person[plant.scene.manager.person_id]
        await do(database, plant.scene.manager, decide_reward, own_one.id, granted=True)


async def test_who_falls_behind_is_reminded_once_a_week(database: Database, plant: Month) -> None:
    month = plant
    month.running = month.last
    async with database.session() as session:
        await rounds(session, month, ["missed"] * 8)
    for day, hour, count in ((9, 12, 0), (12, 7, 0), (12, 12, 1), (13, 12, 1), (19, 12, 2)):
        with holding(month.at(day, hour)):
            await followed(database, month)
            async with database.session() as session:
                await remind(session, month.scene.site, month.last, now())
        found = await told(database, month, "duty_score.behind")
        assert found == [{month.worker.person_id}] * count, (day, hour)


async def test_nobody_sees_who_is_not_theirs(database: Database, plant: Month) -> None:
    await frozen(database, plant)
    async with database.session() as session:
        people = (await session.scalars(select(col(Person.id)).where(col(Person.site_id) == plant.scene.site.id))).all()
    seen = {
        name: len(await do(database, plant.scene.people[name], of_month, plant.last))
        for name in ("worker", "leader", "rival", "manager")
    }
    assert seen == {"worker": 1, "leader": 2, "rival": 2, "manager": len(people)}
    async with database.session() as session:
        assert not await freeze(session, plant.scene.site, plant.running), "the month still runs"
