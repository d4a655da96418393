"""What people do with courses: write and assign one, begin its quiz, hand it in. None of them commits."""

import secrets
from datetime import timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.errors import N_, Invalid, NotFound
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.training import queries, quiz
from backend.training.models import QuizAttempt, TrainingRecord


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
