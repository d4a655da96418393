"""What can be said of the cases before and after a course: the rule, and its figures from a real database."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.clock import now
from backend.core.database import Database
from backend.hazards.models import Rectification
from backend.identity.models import Role
from backend.training import commands, queries
from backend.training.commands import RuleDraft
from backend.training.effect import Change, chance_of, effect, passing_day
from backend.training.models import QuizAttempt
from tests.factories import (
    actor_for,
    made,
    make_alarm,
    make_area,
    make_equipment,
    make_person,
    make_point,
    make_rule,
    make_site,
    make_team,
    unique,
)
from tests.training.test_causes import CONTENT

PASSED = datetime(2026, 6, 1, tzinfo=UTC)


def spread(before: int, after: int) -> list[datetime]:
    return [PASSED - timedelta(days=1)] * before + [PASSED + timedelta(days=1)] * after


@pytest.mark.parametrize(
    ("before", "after", "days", "change"),
    [
        (10, 0, 13, Change.TOO_EARLY),
        (5, 0, 60, Change.TOO_FEW),
        (6, 0, 60, Change.FEWER),
        (0, 6, 60, Change.MORE),
        (6, 4, 60, Change.UNCLEAR),
    ],
)
def test_few_or_early_cases_say_nothing(before: int, after: int, days: int, change: Change) -> None:
    found = effect(spread(before, after), PASSED, PASSED + timedelta(days=days))
    assert (found.before, found.after, found.days, found.change) == (before, after, days, change)


@given(st.integers(0, 60), st.integers(0, 60))
def test_the_chance_is_that_of_coins(before: int, after: int) -> None:
    total, extreme = before + after, abs(before - after)
    enumerated = sum(comb(total, k) for k in range(total + 1) if abs(2 * k - total) >= extreme) / 2**total
    assert chance_of(before, after) == pytest.approx(enumerated)


@given(st.lists(st.integers(1, 400), max_size=12))
def test_spans_are_equally_long_however_the_cases_lie(days_off: list[int]) -> None:
    cases = [PASSED + timedelta(days=days) for days in days_off] + [PASSED - timedelta(days=days) for days in days_off]
    found = effect(cases, PASSED, PASSED + timedelta(days=500))
    assert (found.days, found.before, found.after) == (
        180,
        sum(d <= 180 for d in days_off),
        sum(d < 180 for d in days_off),
    )


def test_half_of_the_people_make_the_day() -> None:
    days = [PASSED + timedelta(days=n) for n in (3, 1)]
    assert passing_day(days, 4) == days[0] and passing_day(days, 5) is None and passing_day([], 0) is None


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


async def test_a_team_is_compared_by_what_fits_the_rules_of_the_course(database: Database) -> None:
    ago = timedelta(days=30)
    async with database.session() as session:
        site = await make_site(session)
        team = await make_team(session, site)
        officer = await make_person(session, site, Role.SAFETY_OFFICER)
        people = [await make_person(session, site, Role.WORKER, team) for _ in range(2)]
        pump = await make_equipment(session, site, await make_area(session, site, team), equipment_class="pump")
        point = await make_point(session, site, pump)
        rule = await make_rule(session, site, point)
        actor = await actor_for(session, officer)
        course = await commands.save_course(session, actor, None, "泵", "Pumps", CONTENT)
        await commands.add_cause_rule(
            session, actor, course.id, RuleDraft(equipment_class="pump", target=f"team:{team.id}")
        )
        (version,) = [(await queries.course_now(session, actor, course.id))[1]]
        tried = {"site_id": site.id, "course_id": course.id, "version_id": version.id, "seed": 1}
        when = now() - ago
        await made(session, QuizAttempt(**tried, person_id=people[0].id, submitted_at=when, passed_at=when))
        for judgement in ("", "true", "false"):
            alarm = await make_alarm(
                session,
                site,
                point,
                rule,
                equipment_id=pump.id,
                judgement=judgement,
                raised_at=when - timedelta(days=2),
            )
        fixing = {"level": "general", "title": "漏", "measure": "换", "owner_id": people[0].id, "opened_by": officer.id}
        for of_alarm in (None, alarm.id):
            one = Rectification(
                site_id=site.id, number=unique("ZG-"), equipment_id=pump.id, alarm_id=of_alarm, deadline=now(), **fixing
            )
            await made(session, one)
        (found,) = await queries.recurrence(session, actor, course.id)
        assert (found.kind, found.people, found.passed) == ("team", 2, 1)
        assert found.effect and (found.effect.before, found.effect.after) == (2, 1)
        assert found.effect.change is Change.TOO_FEW
