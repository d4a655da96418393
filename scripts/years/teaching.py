"""Training: courses for every post, tries at their quiz each year, records of passing."""

import random
from datetime import datetime, timedelta
from typing import Any

from backend.training.models import CauseRule, Course, CourseVersion, QuizAttempt, TrainingAssignment, TrainingRecord
from scripts.years.effects import CAUSES
from scripts.years.ledger import Ledger
from scripts.years.people import Crew
from scripts.years.rhythm import Span

TITLES = ("三级安全教育", "受限空间作业", "动火作业", "高处作业", "危险化学品", "应急处置", "压力容器", "个体防护")
VALID_DAYS = 365
PASS_MARK = 80
_CONTENT = {
    "pages": [
        {"title": "要点", "title_en": "Essentials", "text": "先辨识，后作业。", "text_en": "Look before you act."}
    ],
    "questions": [
        {
            "kind": "true_false",
            "text": "作业前必须辨识风险。",
            "text_en": "Hazards are identified before work.",
            "options": [["对", "True"], ["错", "False"]],
            "right": [0],
            "why": "先辨识，后作业。",
            "why_en": "Look before you act.",
        }
    ],
    "pass_mark": PASS_MARK,
    "draw": 1,
    "valid_days": VALID_DAYS,
}


async def teach(ledger: Ledger, span: Span, crew: Crew) -> None:
    """Write courses, who must pass them, which cases ask for them, and what people did about it: most renew in time,
    some late, a few don't."""
    await ledger.open(Course, CourseVersion)
    dice = span.dice("training")
    courses = [(ledger.id(Course), ledger.id(CourseVersion), title) for title in TITLES]
    rows = [(course, f"K{n:02}", title, span.since) for n, (course, _, title) in enumerate(courses, 1)]
    await ledger.copy(Course, ("id", "code", "title", "created_at"), rows)
    versions = [(version, course, _CONTENT, span.since) for course, version, _ in courses]
    await ledger.copy(CourseVersion, ("id", "course_id", "content", "created_at"), versions)
    day = span.local(span.since).date() + timedelta(days=30)
    asked = [(course, team, day, crew.officers[0], span.since) for course, _, _ in courses for team in crew.teams]
    columns = ("course_id", "team_id", "due_on", "assigned_by", "created_at")
    await ledger.copy(TrainingAssignment, columns, asked)
    causes = [(courses[place][0], word, crew.officers[0], span.since) for word, place in CAUSES]
    await ledger.copy(CauseRule, ("course_id", "word", "made_by", "created_at"), causes)
    attempts: list[tuple[Any, ...]] = []
    records: list[tuple[Any, ...]] = []
    everybody = [person for team in crew.teams for person in (crew.leader[team], *crew.workers[team])]
    for person in everybody:
        for course in courses:
            _tries(span, dice, person, course, attempts, records)
    columns = ("course_id", "version_id", "person_id", "seed", "started_at", "submitted_at", "score")
    await ledger.copy(QuizAttempt, (*columns, "answers", "passed_at", "valid_until"), attempts)
    await ledger.copy(TrainingRecord, ("person_id", "course", "passed_on", "valid_until", "sample"), records)


def _tries(
    span: Span,
    dice: random.Random,
    person: int,
    course: tuple[int, int, str],
    attempts: list[tuple[Any, ...]],
    records: list[tuple[Any, ...]],
) -> None:
    id_, version, title = course
    at = span.since + timedelta(minutes=dice.randrange(30 * 1440))
    while at < span.until - timedelta(hours=1):
        passed = dice.random() < 0.88
        end = at + timedelta(minutes=dice.randrange(4, 25))
        until = span.local(end).date() + timedelta(days=VALID_DAYS)
        score, won = (100, end) if passed else (0, None)
        answers = {"0": [0 if passed else 1]}
        row = (id_, version, person, dice.randrange(2**31), at, end, score, answers, won, until if passed else None)
        attempts.append(row)
        if passed:
            records.append((person, title, span.local(end).date(), until, True))
        at = _next(dice, end, passed)


def _next(dice: random.Random, end: datetime, passed: bool) -> datetime:
    if not passed:
        return end + timedelta(hours=dice.randrange(3, 72))
    late = dice.random() < 0.12
    return end + timedelta(days=VALID_DAYS + (dice.randrange(5, 60) if late else -dice.randrange(1, 25)))
