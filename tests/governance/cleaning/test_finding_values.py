"""The worker finds values that stand still, lie out of range, drift or came late: each once, decided for good."""

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import col

from backend.core.clock import holding, now
from backend.core.database import Database
from backend.governance.cleaning import commands
from backend.governance.cleaning.models import CaseState, PointDayLevel
from backend.plant.models import Point
from backend.telemetry.quality.models import SourceDay
from tests.factories import made, make_alarm
from tests.governance.cleaning.suspects import GOOD, STUCK, WILD, ZONE, cases, counted, looked, sent
from tests.incidents.scene import Scene


def _hour(back: int) -> datetime:
    """The begin of a whole hour, so long ago."""
    return now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=back)


_STOOD = [(3.0, GOOD), *[(4.2, GOOD)] * 5, *[(4.2, STUCK)] * 80, (3.9, GOOD)]
"""A minute apart: it stands from the second value on and is flagged five later."""


async def test_a_point_that_stood_still_is_one_case_from_its_first_value(database: Database, scene: Scene) -> None:
    since = _hour(4)
    await sent(database, scene, since, _STOOD)
    async with database.session() as session:
        raised = since + timedelta(minutes=30)
        point = scene.points["pressure"]
        await make_alarm(session, scene.site, point, raised_at=raised, reading_at=raised)
        await make_alarm(session, scene.site, point, raised_at=since + timedelta(minutes=120))
    await counted(database, scene)
    assert await looked(database, scene) == 1
    (case,) = await cases(database, scene)
    assert (case.suspicion, case.subject, case.count, case.concerns) == ("stuck", "values", 80, 1)
    assert case.since == since + timedelta(minutes=1)
    assert case.until == since + timedelta(minutes=85, microseconds=1)
    assert (case.evidence["low"], case.team_id) == (4.2, scene.leader.team_id)
    assert await looked(database, scene) == 0


async def test_what_goes_on_in_the_next_hour_extends_it_until_it_is_decided(database: Database, scene: Scene) -> None:
    since = _hour(6)
    with holding(since + timedelta(hours=1, minutes=10)):
        await sent(database, scene, since, [(4.2, STUCK)] * 60)
        await counted(database, scene)
        await looked(database, scene)
    with holding(since + timedelta(hours=2, minutes=10)):
        await sent(database, scene, since + timedelta(hours=1), [(4.2, STUCK)] * 60)
        await counted(database, scene)
        assert await looked(database, scene) == 1
    (case,) = await cases(database, scene)
    assert (case.count, case.until) == (120, since + timedelta(minutes=119, microseconds=1))
    async with database.session() as session:
        await commands.decide(session, scene.officer, case.id, CaseState.EXCLUDED)
    with holding(since + timedelta(hours=3, minutes=10)):
        await sent(database, scene, since + timedelta(hours=2), [(4.2, STUCK)] * 60)
        await counted(database, scene)
        assert await looked(database, scene) == 1
    decided, rest = await cases(database, scene)
    assert (decided.state, decided.count) == (CaseState.EXCLUDED, 120)
    assert (rest.state, rest.count) == (CaseState.OPEN, 60)
    assert rest.since >= decided.until


async def test_a_point_that_sends_every_twenty_minutes_is_one_case_over_hours(database: Database, scene: Scene) -> None:
    since = _hour(8)
    for back in range(3):
        with holding(since + timedelta(hours=back + 1, minutes=10)):
            for third in range(3):
                await sent(database, scene, since + timedelta(hours=back, minutes=20 * third), [(4.2, STUCK)])
            await counted(database, scene)
            await looked(database, scene)
    (case,) = await cases(database, scene)
    assert (case.count, case.since) == (9, since)
    assert case.until == since + timedelta(minutes=160, microseconds=1)


async def test_values_out_of_range_within_the_hour_are_one_case(database: Database, scene: Scene) -> None:
    await sent(database, scene, _hour(4), [(500.0, WILD), (1.0, GOOD), (700.0, WILD), *[(1.0, GOOD)] * 90, (9e3, WILD)])
    await counted(database, scene)
    await looked(database, scene)
    first, later = await cases(database, scene)
    assert {one.suspicion for one in (first, later)} == {"invalid"}
    assert (first.count, first.evidence["low"], first.evidence["high"]) == (2, 500.0, 700.0)
    assert len(first.evidence["stretches"]) == 2
    assert later.count == 1


async def _stood(database: Database, scene: Scene, slopes: dict[str, float], nights: int) -> None:
    """Levels of the points on the last days, each going ``slope`` a day."""
    today = now().astimezone(ZONE).date()
    async with database.session() as session:
        await session.execute(
            update(Point).where(col(Point.site_id) == scene.site.id).values(range_low=0.0, range_high=100.0)
        )
        for name, slope in slopes.items():
            for n in range(nights):
                level = 50 + slope * n + (0.1 if n % 2 else 0.0)
                key = {"site_id": scene.site.id, "point_id": scene.points[name].id, "samples": 24}
                day = today - timedelta(days=nights - n)
                await session.merge(PointDayLevel(**key, day=day, level=level))


async def test_a_point_that_leaves_its_twin_is_found_at_night_once(database: Database, scene: Scene) -> None:
    with holding(now().replace(hour=19, minute=30)):
        await _stood(database, scene, {"pressure": 0.5, "flow": 0.0}, 10)
        async with database.session() as session:
            twin = await session.get_one(Point, scene.points["flow"].id)
            twin.equipment_id = scene.reactor.id
        assert await looked(database, scene) == 1
        (case,) = await cases(database, scene)
        assert (case.suspicion, case.point_id, case.evidence["peers"]) == ("drifted", scene.points["pressure"].id, 1)
        assert 0.04 < case.evidence["share"] < 0.05
        assert await looked(database, scene) == 0
    with holding(now().replace(hour=19, minute=40) + timedelta(days=1)):
        await _stood(database, scene, {"pressure": 0.5, "flow": 0.0}, 11)
        async with database.session() as session:
            await commands.decide(session, scene.officer, case.id, CaseState.KEPT)
        assert await looked(database, scene) == 0
        (still,) = await cases(database, scene)
        assert (still.state, still.count) == (CaseState.KEPT, 10)


async def test_equipment_that_runs_otherwise_as_a_whole_does_not_drift(database: Database, scene: Scene) -> None:
    with holding(now().replace(hour=19, minute=30)):
        await _stood(database, scene, {"pressure": 0.8, "temperature": -0.7}, 10)
        assert await looked(database, scene) == 0


async def test_levels_are_taken_from_good_values_of_the_days_that_are_over(database: Database, scene: Scene) -> None:
    with holding(now().replace(hour=19, minute=30)):
        await _stood(database, scene, {}, 0)
        begins = now().replace(hour=16, minute=5) - timedelta(days=2)
        values = [(40.0, GOOD) if n % 60 < 5 else (90.0, WILD) for n in range(20 * 60)]
        await sent(database, scene, begins, values)
        await looked(database, scene)
        async with database.session() as session:
            key = {"site_id": scene.site.id, "point_id": scene.points["pressure"].id}
            day = (begins + timedelta(hours=1)).astimezone(ZONE).date()
            kept = await session.get_one(PointDayLevel, {**key, "day": day})
            assert (kept.level, kept.samples) == (40.0, 20)


async def test_a_day_of_a_source_sent_later_is_one_case(database: Database, scene: Scene) -> None:
    with holding(now().replace(hour=19, minute=30)):
        today = now().astimezone(ZONE).date()
        async with database.session() as session:
            for back, late in ((1, 300), (2, 60), (3, 40)):
                row = {"family": "machine", "code": "gw-1", "until": now(), "stored": 1000, "backfill": late}
                day = today - timedelta(days=back)
                await made(session, SourceDay(site_id=scene.site.id, day=day, **row))
        assert await looked(database, scene) == 1
        (case,) = await cases(database, scene)
        assert (case.suspicion, case.subject, case.source, case.count) == ("late", "source", "gw-1", 300)
        assert await looked(database, scene) == 0
