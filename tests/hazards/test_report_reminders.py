"""Who is reminded of a report that nobody decides on, and when."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.alarms.models import Level
from backend.core.database import Database
from backend.hazards.reports import commands
from backend.hazards.reports.models import HazardReport
from backend.hazards.reports.patience import DECIDE_WITHIN, climbs, next_reminder
from backend.hazards.reports.reminders import remind_deciders
from tests.hazards.cast import Cast, make_cast
from tests.hazards.test_reports import do, events_of, sent

SENT = datetime(2026, 11, 26, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
async def database(database_url: str) -> AsyncIterator[Database]:
    one = Database(database_url)
    yield one
    await one.close()


@pytest.fixture
async def cast(database: Database) -> Cast:
    async with database.session() as session:
        return await make_cast(session)


@given(st.sampled_from(Level), st.timedeltas(timedelta(0), timedelta(days=60)))
def test_the_next_reminder_is_ahead_and_within_a_day_once_it_climbs(level: Level, waited: timedelta) -> None:
    at = SENT + waited
    following = next_reminder(level, SENT, at)
    assert following > at
    assert climbs(level, SENT, following)
    if climbs(level, SENT, at):
        assert following - at == timedelta(days=1)


def test_a_more_dangerous_one_waits_less() -> None:
    patience = [DECIDE_WITHIN[level] for level in (Level.MAJOR, Level.SIGNIFICANT, Level.GENERAL, Level.LOW)]
    assert patience == sorted(patience)
    assert set(DECIDE_WITHIN) == set(Level)


async def told_after(
    database: Database, report: HazardReport, waited: timedelta, patch: pytest.MonkeyPatch
) -> list[set[int]]:
    """Whom the reminders so far were told to, after the worker looked twice at that time."""
    at = report.created_at + waited
    patch.setattr("backend.hazards.reports.reminders.now", lambda: at)
    for _ in range(2):
        async with database.session() as session:
            await remind_deciders(session)
    return [set(e.data["told"]) for e in await events_of(database, report) if e.kind == "report.waiting"]


async def test_a_report_left_lying_reaches_its_leader_then_those_above_once_a_day(
    database: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = await sent(database, cast.wang, cast, details="法兰泄漏")
    leader = {cast.leader.person_id}
    everybody = leader | {cast.manager.person_id, cast.officer.person_id}
    hour, day = timedelta(hours=1), timedelta(days=1)
    assert await told_after(database, report, 0.9 * hour, monkeypatch) == []
    assert await told_after(database, report, 1.1 * hour, monkeypatch) == [leader]
    assert await told_after(database, report, 1.9 * hour, monkeypatch) == [leader]
    assert await told_after(database, report, 2.1 * hour, monkeypatch) == [leader, everybody]
    assert await told_after(database, report, 20 * hour, monkeypatch) == [leader, everybody]
    assert await told_after(database, report, 2.2 * hour + day, monkeypatch) == [leader, everybody, everybody]


async def test_what_was_decided_reminds_nobody(database: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    report = await sent(database, cast.wang, cast, details="法兰泄漏")
    other = await sent(database, cast.mate, cast, details="法兰泄漏", joins=report.id)
    await do(database, cast.leader, commands.refuse, report.id, "已经修好")
    assert await told_after(database, report, timedelta(days=9), monkeypatch) == []
    assert await told_after(database, other, timedelta(days=9), monkeypatch) == []


async def test_a_report_of_nobody_in_a_team_reaches_every_leader_and_the_officer(
    database: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = await sent(database, cast.manager, cast)
    everybody = {cast.leader.person_id, cast.rival.person_id, cast.officer.person_id}
    assert await told_after(database, report, timedelta(days=1, hours=1), monkeypatch) == [everybody]
