"""Begin a course's quiz, take it along on a phone, hand it in."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.errors import N_, Invalid, NotFound
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.training import queries, quiz
from backend.training.duties import Duty
from backend.training.models import QuizAttempt, TrainingRecord

MOST_ALONG = 30
"""So many pages of courses a phone takes along: ten courses of three minutes, at a few kilobytes each."""


async def begin_quiz(session: AsyncSession, actor: Actor, course_id: int) -> QuizAttempt:
    """A new try at the course's present version, or the one that is open. Raises NotFound."""
    attempt = await _open_try(session, actor, course_id, ahead=False)
    attempt.ahead = False
    return attempt


async def take_along(session: AsyncSession, actor: Actor) -> list[str]:
    """Draw the quizzes of the courses that the actor has to learn, and give the addresses of all their pages.

    With these a phone can show and answer them without a network; at most ``MOST_ALONG``, what is due first first.
    """
    addresses: list[str] = []
    for one in await queries.mine(session, actor):
        if one.duty not in {Duty.DUE, Duty.OVERDUE}:
            continue
        _, _, content = await queries.course_now(session, actor, one.course.id)
        own = f"/training/{one.course.id}"
        later = [f"{own}?page={number}" for number in range(2, len(content.pages) + 1)]
        if len(addresses) + len(later) + 2 > MOST_ALONG:
            break
        await _open_try(session, actor, one.course.id, ahead=True)
        addresses += [own, *later, f"{own}/quiz"]
    return addresses


async def _open_try(session: AsyncSession, actor: Actor, course_id: int, *, ahead: bool) -> QuizAttempt:
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
        ahead=ahead,
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
    session: AsyncSession,
    actor: Actor,
    attempt_id: int,
    answers: quiz.Answers,
    *,
    course_id: int | None = None,
    captured_at: datetime | None = None,
) -> QuizAttempt:
    """Grade the try; passing it leaves a training record. Handed in again it keeps its first result.

    ``captured_at`` is when it was answered on a phone that could send it only later: it was passed then, and what has
    no answer is wrong, since nobody looks at the form any more.
    Raises NotFound (also for another's, or another course's than ``course_id``), Invalid while one has no answer.
    """
    found = await queries.own_attempt(session, actor, attempt_id=attempt_id)
    if found is None or course_id not in {None, found[1].id}:
        raise NotFound()
    attempt, course, content = found
    if attempt.submitted_at is not None:
        return attempt
    asked = quiz.drawn(content, attempt.seed)
    if captured_at is None and any(not answers.get(one.index) for one in asked):
        raise Invalid(N_("还有题目没有作答"))
    graded = quiz.grade(content, attempt.seed, answers)
    attempt.submitted_at = now()
    attempt.answers = {str(one.index): sorted(set(answers.get(one.index, ()))) for one in asked}
    attempt.score = graded.score
    attempt.captured_at = captured_at if captured_at and captured_at >= attempt.started_at else None
    if graded.passed:
        attempt.passed_at = attempt.captured_at or attempt.submitted_at
        today = attempt.passed_at.astimezone(actor.zone).date()
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
