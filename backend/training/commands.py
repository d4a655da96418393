"""What people do with courses: write and assign one, begin its quiz, hand it in. None of them commits."""

import secrets
from datetime import date, timedelta

import msgspec
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.errors import N_, Invalid, NotFound
from backend.core.events import record_event
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require
from backend.training import queries, quiz
from backend.training.content import Content
from backend.training.models import Course, CourseVersion, QuizAttempt, TrainingAssignment, TrainingRecord


async def assign(session: AsyncSession, actor: Actor, course_id: int, target: str, due_on: date) -> TrainingAssignment:
    """Ask ``target`` (``team:3``, ``post:4`` or ``person:5``) to pass the course by ``due_on``.

    Raises Forbidden, NotFound (course), Invalid (target or day).
    """
    require(actor, "training.assign")
    course, _, _ = await queries.course_now(session, actor, course_id)
    kind, _, id_ = target.partition(":")
    teams, posts, people = await queries.targets(session, actor)
    ids = {"team": {t.id for t in teams}, "post": {p.id for p in posts}, "person": {p.id for p in people}}
    chosen = int(id_) if id_.isdecimal() and len(id_) < 19 and int(id_) in ids.get(kind, set()) else None
    if chosen is None:
        raise Invalid(fields={"target": N_("请选择学习对象")})
    if due_on < queries.today_of(actor):
        raise Invalid(fields={"due_on": N_("截止日期不能早于今天")})
    assignment = TrainingAssignment(
        site_id=actor.site_id,
        course_id=course_id,
        due_on=due_on,
        assigned_by=actor.person_id,
        person_id=chosen if kind == "person" else None,
        post_id=chosen if kind == "post" else None,
        team_id=chosen if kind == "team" else None,
    )
    session.add(assignment)
    await session.flush()
    change = {"target": [None, target], "due_on": [None, due_on.isoformat()]}
    await record_change(session, actor, "training.assign", "course", course_id, change)
    await record_event(
        session,
        site_id=actor.site_id,
        kind="training.assigned",
        subject="course",
        subject_id=course_id,
        actor_id=actor.person_id,
        data={"title_zh": f"安排学习：{course.title}", "title_en": f"Training assigned: {course.title_en}"},
    )
    return assignment


async def begin_quiz(session: AsyncSession, actor: Actor, course_id: int) -> QuizAttempt:
    """A new try at the course's present version, or the one that is open. Raises NotFound."""
    course, version, _ = await queries.course_now(session, actor, course_id)
    found = await queries.own_attempt(session, actor, course_id=course.id)
    if found:
        return found[0]
    attempt = QuizAttempt(
        site_id=actor.site_id,
        course_id=course.id,
        version_id=version.id,
        person_id=actor.person_id,
        seed=secrets.randbelow(2**31),
    )
    try:
        async with session.begin_nested():
            session.add(attempt)
    except IntegrityError:  # a double tap: the other one has begun it
        found = await queries.own_attempt(session, actor, course_id=course.id)
        if found is None:
            raise
        return found[0]
    return attempt


async def hand_in(
    session: AsyncSession, actor: Actor, attempt_id: int, answers: quiz.Answers, *, course_id: int | None = None
) -> QuizAttempt:
    """Grade the try; passing it leaves a training record. Handed in again it keeps its first result.

    Raises NotFound (also for another's, or another course's than ``course_id``), Invalid while one has no answer.
    """
    found = await queries.own_attempt(session, actor, attempt_id=attempt_id)
    if found is None or course_id not in {None, found[1].id}:
        raise NotFound()
    attempt, course, content = found
    if attempt.submitted_at is not None:
        return attempt
    asked = quiz.drawn(content, attempt.seed)
    if any(not answers.get(one.index) for one in asked):
        raise Invalid(N_("还有题目没有作答"))
    graded = quiz.grade(content, attempt.seed, answers)
    attempt.submitted_at = now()
    attempt.answers = {str(one.index): sorted(set(answers[one.index])) for one in asked}
    attempt.score = graded.score
    if graded.passed:
        today = queries.today_of(actor)
        attempt.passed_at = attempt.submitted_at
        attempt.valid_until = today + timedelta(days=content.valid_days) if content.valid_days else None
        session.add(
            TrainingRecord(
                site_id=actor.site_id,
                person_id=actor.person_id,
                course=course.title,
                course_en=course.title_en,
                passed_on=today,
                valid_until=attempt.valid_until,
            )
        )
    change = {"score": [None, graded.score], "passed": [None, graded.passed]}
    await record_change(session, actor, "training.hand_in", "quiz_attempt", attempt.id, change)
    return attempt


async def save_course(
    session: AsyncSession, actor: Actor, course_id: int | None, title: str, title_en: str, content: Content
) -> Course:
    """Make a course, or publish ``content`` as the next version of ``course_id``; open tries keep theirs.

    Raises Forbidden, NotFound, Invalid without a title.
    """
    require(actor, "training.assign")
    title = " ".join(title.split())
    if not title:
        raise Invalid(fields={"title": N_("请填写课程名称")})
    if course_id is None:
        course = Course(site_id=actor.site_id, code=secrets.token_hex(6), title=title, title_en=title_en.strip())
        session.add(course)
    else:
        course = await queries.locked_course(session, actor, course_id)
        course.version += 1
        course.title, course.title_en = title, title_en.strip()
    await session.flush()
    version = CourseVersion(
        site_id=actor.site_id, course_id=course.id, number=course.version, content=msgspec.to_builtins(content)
    )
    session.add(version)
    change = {"version": [course.version - 1 or None, course.version], "title": [None, title]}
    await record_change(session, actor, "training.publish", "course", course.id, change)
    await session.flush()
    return course
