"""Weekly use and answered feedback, against what was worked out by hand (docs/indicators.en.md, "Adoption")."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from backend.core.clock import holding
from backend.core.database import Database
from backend.feedback.models import Feedback
from backend.operations.duty.models import DutyAbsence
from backend.operations.indicators.figures import Figure
from backend.operations.indicators.overview import figure_of
from backend.operations.indicators.queries.reading import WHOLE, Scope
from backend.operations.indicators.queries.rows import Rows, rows
from backend.operations.indicators.rolling import roll_up
from backend.operations.indicators.windows import Window
from tests.factories import hold_post, made, make_person, make_post, unique
from tests.incidents.scene import Scene
from tests.operations.seen import SHANGHAI, joined, seen

FRIDAY = datetime(2026, 11, 27, 8, tzinfo=UTC)
WINDOW = Window(date(2026, 10, 1), date(2026, 11, 28))


@pytest.fixture(autouse=True)
def _today() -> Any:
    with holding(FRIDAY):
        yield


async def counted(database: Database, scene: Scene, measure: str, scope: Scope = WHOLE, who: str = "manager") -> Figure:
    async with database.session() as session:
        await roll_up(session, scene.site.id)
        return await figure_of(session, scene.people[who], scope, WINDOW, measure)


async def _three_weeks(database: Database, scene: Scene) -> None:
    """2 to 22 November: seven people; in the second week one is away and one comes, in the third one leaves."""
    await joined(database, scene, date(2026, 10, 1))
    await seen(
        database,
        scene,
        {
            "worker": [date(2026, 11, 2), date(2026, 11, 10), date(2026, 11, 17), date(2026, 11, 18)],
            "leader": [date(2026, 11, 4)],
            "admin": [date(2026, 11, 8)],
            "manager": [date(2026, 11, 24)],
        },
    )
    of, by = {"site_id": scene.site.id, "reason": "年休"}, {"made_by": scene.officer.person_id}
    week, four = (date(2026, 11, 9), date(2026, 11, 13)), (date(2026, 11, 16), date(2026, 11, 19))
    async with database.session() as session:
        for first, last in (week, four):
            away = DutyAbsence(**of, **by, person_id=scene.stranger.person_id, from_on=first, to_on=last)
            await made(session, away)
        left = "UPDATE person SET active = false, left_at = '2026-11-18 08:00+00' WHERE id = :id"
        await session.execute(text(left), {"id": scene.rival.person_id})
        came = "UPDATE person SET created_at = '2026-11-10 08:00+00' WHERE id = :id"
        await session.execute(text(came), {"id": scene.officer.person_id})


async def test_of_each_week_count_who_had_an_account_and_was_there_and_whoever_used_it_once(
    database: Database, scene: Scene
) -> None:
    await _three_weeks(database, scene)
    use = await counted(database, scene, "active")
    assert (use.counted, use.base) == (5, 17), "21 weeks, less one away, one left, two before the officer came"
    own = await counted(database, scene, "active", who="leader")
    assert (own.counted, own.base) == (4, 6), "the worker three times, the leader once; of their team alone"


async def test_a_week_that_goes_on_and_weeks_before_anybody_was_seen_are_left_out(
    database: Database, scene: Scene
) -> None:
    await joined(database, scene, date(2026, 1, 1))
    await seen(database, scene, {"worker": [date(2026, 11, 17), date(2026, 11, 24)]})
    none = await counted(database, scene, "active")
    assert none.value is None, "the week from the 16th had begun when the first was seen, that from the 23rd goes on"
    with holding(datetime(2026, 11, 29, 15, 59, tzinfo=UTC)):  # 23:59 in Shanghai
        async with database.session() as session:
            await roll_up(session, scene.site.id)
            window = Window(date(2026, 11, 1), date(2026, 11, 30))
            use = await figure_of(session, scene.manager, WHOLE, window, "active")
    assert (use.counted, use.base) == (1, 7)


async def test_its_rows_are_the_weeks_of_people_and_lead_to_them(database: Database, scene: Scene) -> None:
    await _three_weeks(database, scene)
    await counted(database, scene, "active")
    async with database.session() as session:
        listed = await rows(session, scene.leader, Rows("active", WINDOW, WHOLE, counted=False), FRIDAY)
    assert [(one.kind, one.url, one.reason) for one in listed] == 2 * [
        ("week", f"/people/{scene.leader.person_id}", "not_used")
    ], "of their own team: two weeks of the leader"
    assert listed[0].at.astimezone(SHANGHAI).isoformat() == "2026-11-22T23:59:00+08:00"


async def test_a_week_belongs_to_the_post_that_somebody_has_held_longest(database: Database, scene: Scene) -> None:
    await joined(database, scene, date(2026, 10, 1))
    await seen(database, scene, {"worker": [date(2026, 11, 2)]})
    async with database.session() as session:
        post = await make_post(session, scene.site)
        holder = await make_person(session, scene.site, created_at=FRIDAY - timedelta(days=90))
        await hold_post(session, post, holder)
    use = await counted(database, scene, "active", Scope("post", post.id))
    assert (use.counted, use.base) == (0, 3)


async def test_feedback_is_answered_in_time_by_its_first_date_and_praise_is_not_due(
    database: Database, scene: Scene
) -> None:
    def given(due_days: float | None, answered_days: float | None, **more: Any) -> Feedback:
        at = {"first_due_at": due_days, "answered_at": answered_days}
        moments = {name: None if days is None else FRIDAY - timedelta(days=days) for name, days in at.items()}
        who = {"person_id": scene.worker.person_id, "role": "worker", "team_id": scene.worker.team_id}
        words = {"number": unique("FK-"), "kind": "problem", "words": "慢"}
        return Feedback(site_id=scene.site.id, **who, **words, **moments, **more)

    async with database.session() as session:
        for one in (
            given(5, 6),
            given(5, 4),
            given(5, None),
            given(-1, 2),
            given(None, 2),
            given(8, 9, state="received", due_at=FRIDAY),
        ):
            await made(session, one)
    answered = await counted(database, scene, "answered")
    assert (answered.counted, answered.base) == (2, 4), "not the one still to come, nor praise"
    async with database.session() as session:
        found = await rows(session, scene.manager, Rows("answered", WINDOW), FRIDAY)
        assert {one.reason for one in found} == {"answered_in_time", "answered_late", "not_answered"}
        assert all(one.url.startswith("/feedback/") for one in found)
        seen_by_leader = await rows(session, scene.leader, Rows("answered", WINDOW), FRIDAY)
        assert len(seen_by_leader) == 4 and not any(one.url for one in seen_by_leader), "they don't read it"
