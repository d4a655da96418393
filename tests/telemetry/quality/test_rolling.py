"""Days of sources: whatever comes, late, twice or corrected, they are what counting every reading gives."""

import asyncio
from datetime import timedelta
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from backend.core.clock import holding
from backend.core.database import Database
from backend.telemetry.quality.models import QUALITY_JOB
from backend.telemetry.quality.rolling import SETTLED, decide_values, plan_quality, roll_quality, take_back
from tests.telemetry.quality.stream import BEGINS, EVERY_S, Gateway, Step, histories, make_gateway, plainly, send, take

_DAYS = text(
    "SELECT family, code, day, until, expected, got, stored, on_time, checked, valid, received, single, clock, "
    "out_of_range, stuck, backfill, excluded, rejected, points, points_short, worst_point_id, worst_lost, silent_from, "
    "silent_hours, score FROM source_day WHERE site_id = :site ORDER BY day, code"
)
_HOUR = timedelta(hours=1)
_NAMES = ("expected", "got", "stored", "on_time", "checked", "valid", "received", "single")


async def days_of(database: Database, gateway: Gateway) -> list[dict[str, Any]]:
    async with database.session() as session:
        return [dict(row) for row in (await session.execute(_DAYS, {"site": gateway.site.id})).mappings()]


async def roll(database: Database, gateway: Gateway, **how: Any) -> int:
    async with database.session() as session:
        return await roll_quality(session, gateway.site.id, **how)


async def _begin(database: Database, zone: str = "Asia/Shanghai") -> Gateway:
    """Both points have sent a value."""
    gateway = await make_gateway(database, zone)
    with holding(BEGINS):
        rows = [{"point": point.code, "v": 1.5, "at": BEGINS.isoformat()} for point in gateway.points]
        await send(database, gateway, BEGINS, rows)
    return gateway


async def _lived(url: str, zone: str, history: list[Step]) -> None:
    database = Database(url)
    try:
        gateway = await _begin(database, zone)
        at = BEGINS
        for number, step in enumerate(history):
            at += step.pause
            with holding(at):
                await take(database, gateway, step, at, number)
                if step.roll:
                    await roll(database, gateway)
        with holding(at + _HOUR):
            await roll(database, gateway)
            for _ in range(3):
                await roll(database, gateway)
            kept = await days_of(database, gateway)
            await roll(database, gateway, everything=True)
        assert kept == await days_of(database, gateway)
        counted = await plainly(database, gateway, [(one["day"], one["until"]) for one in kept])
        assert [{name: one[name] for name in _NAMES} for one in kept] == counted
    finally:
        await database.close()


@settings(max_examples=25, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(history=histories(), zone=st.sampled_from(["Asia/Shanghai", "Asia/Kolkata"]))
def test_counted_step_by_step_is_what_counting_every_reading_gives(
    database_url: str, history: list[Step], zone: str
) -> None:
    asyncio.run(_lived(database_url, zone, history))


async def _hours_of(database: Database, gateway: Gateway, *per_hour: int) -> None:
    """From 23:00 in Shanghai so many values each hour of the first point, in time."""
    code = gateway.points[0].code
    for hour, values in enumerate(per_hour):
        for n in range(values):
            at = BEGINS + timedelta(minutes=40) + hour * _HOUR + timedelta(seconds=EVERY_S * n + 5)
            with holding(at):
                await send(database, gateway, at, [{"point": code, "v": n + hour, "at": at.isoformat()}])


async def test_a_point_that_falls_silent_is_named_with_since_when(database: Database) -> None:
    gateway = await _begin(database)
    await _hours_of(database, gateway, 6, 6, 6, 2, 0, 0)
    with holding(BEGINS + timedelta(minutes=40) + 6 * _HOUR + SETTLED):
        await roll(database, gateway)
    *_, today = await days_of(database, gateway)
    # From midnight: 6 + 6 + 2 + 0 + 0 of 30.
    assert (today["got"], today["expected"], today["worst_lost"], today["points_short"]) == (14, 30, 16, 1)
    assert today["worst_point_id"] == gateway.points[0].id
    assert today["silent_hours"] == 2
    # Its last value came at 02:10:05 in Shanghai.
    assert today["silent_from"] == BEGINS + timedelta(minutes=40, seconds=605) + 3 * _HOUR


async def test_a_burst_does_not_make_a_silent_hour_complete(database: Database) -> None:
    gateway = await _begin(database)
    at = BEGINS + timedelta(minutes=105)
    code = gateway.points[0].code
    rows = [{"point": code, "v": n / 8, "at": (at - timedelta(seconds=n)).isoformat()} for n in range(20)]
    with holding(at):
        await send(database, gateway, at, rows)
    with holding(BEGINS + timedelta(minutes=40) + 3 * _HOUR + SETTLED):
        await roll(database, gateway)
    *_, today = await days_of(database, gateway)
    assert (today["stored"], today["got"], today["expected"]) == (20, 7, 12)


async def test_excluded_values_are_invalid_confirmed_ones_valid_until_it_is_taken_back(database: Database) -> None:
    gateway = await _begin(database)
    at = BEGINS + timedelta(minutes=110)
    point = gateway.points[0]
    with holding(at):
        values = [(500.0, 0), (20.0, 5), (30.0, 9)]
        rows = [{"point": point.code, "v": v, "at": (at - timedelta(seconds=s)).isoformat()} for v, s in values]
        await send(database, gateway, at, rows)
    later = BEGINS + 4 * _HOUR
    with holding(later):
        await roll(database, gateway)

        async def valid() -> tuple[int, int]:
            await roll(database, gateway)
            *_, today = await days_of(database, gateway)
            return today["valid"], today["checked"]

        assert await valid() == (2, 3)
        async with database.session() as session:
            right = await decide_values(session, point.site_id, point.id, at - _HOUR, later, genuine=True)
        assert await valid() == (3, 3)
        async with database.session() as session:
            wrong = await decide_values(
                session, point.site_id, point.id, at - timedelta(seconds=7), at - timedelta(seconds=3), genuine=False
            )
        assert await valid() == (2, 3)
        async with database.session() as session:
            await take_back(session, point.site_id, wrong.id)
            await take_back(session, point.site_id, right.id)
        assert await valid() == (2, 3)


async def test_a_round_that_dies_leaves_what_came_late_to_the_next(database: Database) -> None:
    gateway = await _begin(database)
    with holding(BEGINS + 3 * _HOUR):
        await roll(database, gateway)
        [yesterday, _] = await days_of(database, gateway)
        late = BEGINS + timedelta(minutes=30)
        row = {"point": gateway.points[0].code, "v": 3.0, "at": late.isoformat()}
        await send(database, gateway, BEGINS + 3 * _HOUR, [row])
        async with database.session() as session:
            await roll_quality(session, gateway.site.id)
            await session.rollback()
        await roll(database, gateway)
        [again, _] = await days_of(database, gateway)
    assert (yesterday["stored"], again["stored"]) == (2, 3)
    assert again["backfill"] == 1


async def test_a_site_is_due_once_an_hour_is_over_or_something_came_late(database: Database) -> None:
    gateway = await _begin(database)

    async def due() -> bool:
        async with database.session() as session:
            await plan_quality(session)
            found = await session.scalar(
                text("SELECT count(*) FROM job WHERE kind = :kind AND site_id = :site AND status = 'queued'"),
                {"kind": QUALITY_JOB, "site": gateway.site.id},
            )
            await session.execute(text("DELETE FROM job WHERE site_id = :site"), {"site": gateway.site.id})
            return bool(found)

    with holding(BEGINS + 2 * _HOUR):
        assert await due()
        await roll(database, gateway)
        assert not await due()
        late = BEGINS + timedelta(minutes=1)
        await send(
            database, gateway, BEGINS + 2 * _HOUR, [{"point": gateway.points[1].code, "v": 3.0, "at": late.isoformat()}]
        )
        assert await due()
    with holding(BEGINS + 3 * _HOUR):
        assert await due()
