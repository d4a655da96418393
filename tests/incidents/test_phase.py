"""What the plant was doing when something broke out: guessed from readings and work, with the reason, until told."""

from datetime import timedelta
from decimal import Decimal

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from backend.core.clock import now
from backend.core.database import Database
from backend.hazards.models import Rectification
from backend.incidents import commands as base
from backend.incidents.models import Incident, Phase
from backend.incidents.phase import Course, guess_phase
from backend.incidents.recording import Said
from backend.telemetry.models import Reading
from backend.telemetry.partitions import ensure_partitions
from tests.factories import made, make_point, unique
from tests.incidents.scene import Scene, incidents, tapped
from tests.incidents.test_commands import do
from tests.incidents.test_pages import browsing, text_of


def flows(*thirds: tuple[float, float, float], usual: float | None = 100.0) -> list[Course]:
    return [Course("m³/h", one, usual) for one in thirds]


FLAT, ZERO, UP, DOWN = (100.0, 101.0, 99.0), (1.0, 0.5, 0.0), (10.0, 50.0, 90.0), (90.0, 50.0, 10.0)


@pytest.mark.parametrize(
    ("courses", "phase"),
    [
        (flows(FLAT, FLAT, FLAT), Phase.RUNNING),
        (flows(ZERO, ZERO, ZERO, FLAT), Phase.STOP),
        (flows(UP, UP, UP, FLAT), Phase.STARTUP),
        (flows(DOWN, DOWN, DOWN, FLAT), Phase.STOP),
        (flows(UP, DOWN, FLAT, ZERO), Phase.RUNNING),
        (flows(UP, UP), Phase.RUNNING),
        (flows(UP, UP, UP, usual=None), Phase.RUNNING),
    ],
)
def test_most_points_must_agree_and_few_say_nothing(courses: list[Course], phase: Phase) -> None:
    assert guess_phase(courses).phase is phase


def test_the_level_of_a_vessel_that_stands_full_does_not_say_that_the_plant_runs() -> None:
    full = [Course("%", FLAT, 100.0)] * 9
    stopped = guess_phase([*full, *flows(ZERO, ZERO, ZERO)])
    assert stopped.phase is Phase.STOP and "3 个流量、功率等测点里 3 个接近 0" in stopped.zh


def test_a_guess_without_ground_gives_no_reason() -> None:
    assert guess_phase([]).basis == {} and guess_phase(flows(FLAT, FLAT, FLAT)).basis.keys() == {"zh", "en"}


def test_work_at_the_equipment_goes_before_what_readings_say() -> None:
    guess = guess_phase(flows(UP, UP, UP), "ZG-20261127-001")
    assert guess.phase is Phase.HANDLING and "ZG-20261127-001" in guess.zh and "ZG-20261127-001" in guess.en


_sizes = st.floats(0.0, 200.0)
_courses = st.lists(st.tuples(_sizes, _sizes, _sizes), min_size=3, max_size=12)


@given(_courses, st.floats(0.001, 1000.0))
def test_units_of_another_size_change_no_guess(thirds: list[tuple[float, float, float]], scale: float) -> None:
    big = [Course("kg/h", (a * scale, b * scale, c * scale), 100.0 * scale) for a, b, c in thirds]
    plain = [Course("kg/h", one, 100.0) for one in thirds]
    borderline = any(abs(abs(c - a) - 20.0) < 1e-6 or abs(c - 5.0) < 1e-6 for a, _, c in thirds)
    assert borderline or guess_phase(big) == guess_phase(plain)


@given(_courses)
def test_what_ran_backwards_is_no_start(thirds: list[tuple[float, float, float]]) -> None:
    if guess_phase(flows(*thirds)).phase is Phase.STARTUP:
        assert guess_phase(flows(*(one[::-1] for one in thirds))).phase is not Phase.STARTUP


async def _ran(database: Database, scene: Scene, thirds: tuple[float, float, float]) -> None:
    """Three flows that ran at 100 for days and went by ``thirds`` in the last quarter of an hour."""
    moment = now()
    async with database.session() as session:
        points = [await make_point(session, scene.site, scene.reactor, unit="m³/h") for _ in range(3)]
        past = [moment - timedelta(hours=hours, minutes=5) for hours in (1, 2, 4, 8, 16)]
        recent = [(moment - timedelta(minutes=14 - 5 * third), value) for third, value in enumerate(thirds)]
        told = [*((at, 100.0) for at in past), *recent]
        await ensure_partitions(session, [at.date() for at, _ in told])
        for point in points:
            for at, value in told:
                await made(session, Reading(site_id=scene.site.id, point_id=point.id, at=at, value=value))


async def test_a_plant_that_stands_is_seen_and_a_leader_s_word_is_final(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    await _ran(database, scene, (0.2, 0.1, 0.0))
    one = await tapped(database, scene.worker, scene)
    assert one.phase == Phase.STOP
    async with browsing(app, scene.leader) as leader:
        page = text_of((await leader.get(f"/incidents/{one.id}")).text)
    assert "按已知情况推断：3 个流量、功率等测点里 3 个接近 0" in page
    facts = base.Setting(one.kind, "stop", one.level)
    await do(database, scene.leader, base.set_facts, one.id, facts, Said())
    [said] = await incidents(database, scene)
    assert (said.phase, said.phase_basis) == ("stop", {})


async def test_a_start_up_is_seen_by_what_ramps(database: Database, scene: Scene) -> None:
    await _ran(database, scene, (5.0, 40.0, 90.0))
    assert (await tapped(database, scene.worker, scene)).phase == Phase.STARTUP


async def test_work_that_goes_on_at_the_equipment_is_handling(database: Database, scene: Scene) -> None:
    async with database.session() as session:
        people = {"owner_id": scene.worker.person_id, "opened_by": scene.leader.person_id}
        work = Rectification(
            site_id=scene.site.id, number=unique("ZG-"), equipment_id=scene.reactor.id, level="general", title="换密封",
            measure="换", deadline=now() + timedelta(days=1), state="in_progress", funds=Decimal(0), **people,
        )  # fmt: skip
        await made(session, work)
    one: Incident = await tapped(database, scene.worker, scene)
    assert one.phase == Phase.HANDLING and work.number in one.phase_basis["zh"]
