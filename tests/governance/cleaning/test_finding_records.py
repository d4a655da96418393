"""The worker finds records of people that repeat each other, came late, or hold a slip: each once."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from backend.core.clock import holding, now
from backend.core.database import Database
from backend.governance.cleaning import commands
from backend.governance.cleaning.models import CaseState
from tests.governance.cleaning.suspects import (
    LEAK,
    LEAK_AGAIN,
    RAIL,
    cases,
    checked_in,
    looked,
    records,
    rectified,
    reported,
)
from tests.incidents.scene import Scene


async def _decide(database: Database, scene: Scene, case_id: int, state: CaseState) -> None:
    async with database.session() as session:
        await commands.decide(session, scene.officer, case_id, state)


async def test_two_reports_of_one_leak_are_one_case_and_are_found_once(database: Database, scene: Scene) -> None:
    first, second = await reported(database, scene), await reported(database, scene, LEAK_AGAIN)
    assert await looked(database, scene) == 1
    (case,) = await cases(database, scene)
    assert (case.suspicion, case.subject, case.state, case.count, case.concerns) == (
        "duplicate", "reports", "open", 1, 1,
    )  # fmt: skip
    assert case.team_id == scene.leader.team_id
    assert await records(database, case.id) == {first: False, second: True}
    for _ in range(2):
        assert await looked(database, scene) == 0
    assert len(await cases(database, scene)) == 1


async def test_a_third_report_joins_the_open_case(database: Database, scene: Scene) -> None:
    first, second = await reported(database, scene), await reported(database, scene, LEAK_AGAIN)
    await looked(database, scene)
    third = await reported(database, scene, LEAK, created_at=now())
    assert await looked(database, scene) == 1
    (case,) = await cases(database, scene)
    assert (case.count, case.concerns) == (2, 2)
    assert await records(database, case.id) == {first: False, second: True, third: True}


@pytest.mark.parametrize("state", [CaseState.EXCLUDED, CaseState.KEPT])
async def test_what_was_decided_stays_as_it_is_when_it_goes_on(
    database: Database, scene: Scene, state: CaseState
) -> None:
    await reported(database, scene)
    await reported(database, scene, LEAK_AGAIN)
    await looked(database, scene)
    (before,) = await cases(database, scene)
    kept = await records(database, before.id)
    await _decide(database, scene, before.id, state)
    third = await reported(database, scene, LEAK, created_at=now())
    await looked(database, scene)
    decided, again = await cases(database, scene)
    assert (decided.state, decided.count, await records(database, decided.id)) == (state, 1, kept)
    assert again.state == CaseState.OPEN
    assert (await records(database, again.id))[third]


async def test_other_places_other_days_other_words_and_refused_ones_are_no_repetition(
    database: Database, scene: Scene
) -> None:
    await reported(database, scene)
    await reported(database, scene, LEAK_AGAIN, equipment_id=scene.reactor.id)
    await reported(database, scene, LEAK_AGAIN, created_at=now() + timedelta(hours=23, minutes=10))
    await reported(database, scene, RAIL)
    await reported(database, scene, LEAK, state="refused")
    assert await looked(database, scene) == 0


async def test_rectifications_of_the_same_words_are_suspect_parts_of_one_are_not(
    database: Database, scene: Scene
) -> None:
    first = await rectified(database, scene, "一号泵机封漏油")
    second = await rectified(database, scene, "一号泵机封漏油严重")
    await rectified(database, scene, "一号泵机封漏油", parent_id=first)
    await rectified(database, scene, "一号泵机封漏油", recurs_id=first, equipment_id=scene.reactor.id)
    assert await looked(database, scene) == 1
    (case,) = await cases(database, scene)
    assert (case.subject, await records(database, case.id)) == ("rectifications", {first: False, second: True})


async def test_one_person_twice_at_one_place_within_ten_minutes_is_suspect(database: Database, scene: Scene) -> None:
    at = now() - timedelta(minutes=50)
    first, again = await checked_in(database, scene, at), await checked_in(database, scene, at + timedelta(minutes=4))
    await checked_in(database, scene, at + timedelta(minutes=25))
    await checked_in(database, scene, at, person_id=scene.stranger.person_id)
    await checked_in(database, scene, at, equipment_id=scene.reactor.id)
    assert await looked(database, scene) == 1
    (case,) = await cases(database, scene)
    assert (case.subject, await records(database, case.id)) == ("checkins", {first: False, again: True})


async def test_check_ins_that_came_a_day_late_are_one_case_a_person_and_day(database: Database, scene: Scene) -> None:
    with holding(now().replace(hour=3, minute=30)):
        made_at = now() - timedelta(days=2)
        late = [
            await checked_in(database, scene, made_at + timedelta(minutes=20 * n), created_at=now()) for n in (0, 1)
        ]
        await checked_in(database, scene, now() - timedelta(minutes=20), created_at=now())
        other = await checked_in(database, scene, made_at, person_id=scene.stranger.person_id, created_at=now())
        assert await looked(database, scene) == 2
        found = {case.person_id: case for case in await cases(database, scene, suspicion="late")}
        own = found[scene.worker.person_id]
        assert (own.count, own.source, own.evidence["latest_s"]) == (2, "checkins", 2 * 24 * 3600)
        assert await records(database, own.id) == dict.fromkeys(late, True)
        assert await records(database, found[scene.stranger.person_id].id) == {other: True}
        assert await looked(database, scene) == 0


async def test_a_forgotten_point_in_a_number_is_a_slip(database: Database, scene: Scene) -> None:
    at = now() - timedelta(days=9)
    for n, answer in enumerate(["0.40", "0.45", "0.50", "0.50", "0.50", "0.55", "0.60", "0.60"]):
        one = {"created_at": at + timedelta(days=n, minutes=1)}
        await checked_in(database, scene, at + timedelta(days=n), answer, **one)
    await checked_in(database, scene, now() - timedelta(minutes=40), "0.62")
    slip = await checked_in(database, scene, now() - timedelta(minutes=20), "55")
    assert await looked(database, scene) == 1
    (case,) = await cases(database, scene, suspicion="invalid")
    assert await records(database, case.id) == {slip: True}
    assert (case.evidence["answer"], case.evidence["usual"]) == ("55", 0.5)


async def test_a_round_looks_at_nothing_that_it_has_seen(database: Database, scene: Scene) -> None:
    """What lies before the mark is not read again: of an older pair only a later look would say anything."""
    await looked(database, scene)
    with holding(now() + timedelta(hours=1)):
        await reported(database, scene, created_at=now() - timedelta(hours=3))
        await reported(database, scene, LEAK_AGAIN, created_at=now() - timedelta(hours=3))
        assert await looked(database, scene) == 0
        await reported(database, scene, LEAK_AGAIN, created_at=now() - timedelta(minutes=5))
        assert await looked(database, scene) == 1


async def test_a_site_that_another_worker_looks_through_is_left_alone(database: Database, scene: Scene) -> None:
    await reported(database, scene)
    await reported(database, scene, LEAK_AGAIN)
    await looked(database, scene)
    third = await reported(database, scene, LEAK, created_at=now())
    async with database.session() as other:
        await other.execute(text("SELECT 1 FROM cleaning_round WHERE site_id = :s FOR UPDATE"), {"s": scene.site.id})
        assert await looked(database, scene) == 0
    assert await looked(database, scene) == 1
    (case,) = await cases(database, scene)
    assert third in await records(database, case.id)
