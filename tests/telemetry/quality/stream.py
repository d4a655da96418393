"""A gateway's life as a list of steps, sent through the ingest's own assembly and storage; and the same counted plainly
from the stored readings."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.database import Database, driver_connection
from backend.identity.models import Site
from backend.plant.models import Point
from backend.telemetry.assembly import Assembly, open_message
from backend.telemetry.formats.moments import from_datetime
from backend.telemetry.partitions import ensure_partitions
from backend.telemetry.plant_map import PlantMap
from backend.telemetry.quality.measuring import hours
from backend.telemetry.quality.rolling import decide_values, take_back
from backend.telemetry.storage import NotFresh, store
from tests.factories import make_point, make_site
from tests.telemetry.test_assembly import message

BEGINS = datetime(2026, 11, 23, 14, 20, tzinfo=UTC)
"""22:20 in Shanghai; in Kolkata an hour of the day begins ten minutes later."""
EVERY_S = 600


@dataclass(frozen=True)
class Step:
    """``pause`` after the step before. ``send`` values measured ``back`` ago, EVERY_S apart; ``wild`` ones are out of
    range; ``again``: the message comes twice; ``decide``: of the last hours. ``roll``: the worker counts."""

    pause: timedelta
    what: str
    back: timedelta
    values: int
    which: int
    roll: bool


def histories() -> st.SearchStrategy[list[Step]]:
    """Lives of a day and a half or so."""
    step = st.builds(
        Step,
        st.integers(0, 12).map(lambda n: timedelta(minutes=20 * n)),
        st.sampled_from(["send", "send", "send", "wild", "again", "refused", "exclude", "confirm", "undo"]),
        st.sampled_from([0, 0, 1, 4, 15, 50, 70, 200, 900]).map(lambda n: timedelta(minutes=n)),
        st.integers(1, 8),
        st.integers(0, 1),
        st.booleans(),
    )
    return st.lists(step, min_size=3, max_size=14)


@dataclass
class Gateway:
    """A site with two points and an ingest that remembers."""

    site: Site
    points: Sequence[Point]
    known: PlantMap


async def make_gateway(database: Database, zone: str) -> Gateway:
    """One point that says how often it sends, one that doesn't."""
    async with database.session() as session:
        site = await make_site(session, time_zone=zone)
        made = {"range_low": 0.0, "range_high": 100.0, "created_at": BEGINS - timedelta(days=9)}
        points = [
            await make_point(session, site, expected_interval_s=EVERY_S, **made),
            await make_point(session, site, **made),
        ]
        await ensure_partitions(session, [(BEGINS + timedelta(days=n)).date() for n in range(-2, 4)])
    known = PlantMap()
    async with database.session() as session:
        await known.load(session)
    return Gateway(site, points, known)


async def send(database: Database, gateway: Gateway, at: datetime, rows: Sequence[dict[str, Any]]) -> None:
    """A message received at ``at``, through the ingest's assembly and storage."""
    assembly = Assembly(gateway.known)
    topic = f"ansu/{gateway.site.code}/gw-1/batch"
    one = message(list(rows), topic, received=from_datetime(at))
    assembly.add(open_message(one, gateway.known), set())
    for doubtful in (False, True):
        try:
            async with database.session() as session:
                await store(await driver_connection(session), assembly, all_doubtful=doubtful)
                return
        except NotFresh:
            continue


async def take(database: Database, gateway: Gateway, step: Step, at: datetime, number: int) -> None:
    """Let ``step`` happen at ``at``."""
    if step.what in {"exclude", "confirm", "undo"}:
        async with database.session() as session:
            await _decide(session, gateway, step, at)
        return
    point = gateway.points[step.which]
    rows: list[dict[str, Any]] = [
        {
            "point": point.code,
            "v": 500.0 if step.what == "wild" else number + n / 16,
            "at": (at - step.back - timedelta(seconds=EVERY_S * (step.values - 1 - n))).isoformat(),
        }
        for n in range(step.values)
    ]
    if step.what == "refused":
        rows = [{"point": point.code, "v": "broken"} for _ in rows]
    for _ in range(2 if step.what == "again" else 1):
        await send(database, gateway, at, rows)


async def _decide(session: AsyncSession, gateway: Gateway, step: Step, at: datetime) -> None:
    if step.what == "undo":
        last = await session.scalar(
            text("SELECT max(id) FROM value_verdict WHERE site_id = :site"), {"site": gateway.site.id}
        )
        await take_back(session, gateway.site.id, last or 0)
        return
    since = at - timedelta(minutes=40 * step.values)
    point = gateway.points[step.which]
    await decide_values(session, gateway.site.id, point.id, since, at, genuine=step.what == "confirm")


async def plainly(database: Database, gateway: Gateway, days: Sequence[tuple[Any, datetime]]) -> list[dict[str, int]]:
    """Each day up to its ``until``, counted in Python from readings, verdicts and accounts as they lie there."""
    async with database.session() as session:
        site = {"site": gateway.site.id}
        readings = (
            await session.execute(
                text("SELECT point_id, at, quality, received_at FROM reading WHERE site_id = :site"), site
            )
        ).all()
        verdicts = (
            await session.execute(
                text("SELECT point_id, since, until, genuine FROM value_verdict WHERE site_id = :site ORDER BY id"),
                site,
            )
        ).all()
        accounts = (
            await session.execute(
                text("SELECT at, received, duplicate, rejected FROM source_tally WHERE site_id = :site"), site
            )
        ).all()
        begins = await session.scalar(text("SELECT begins FROM quality_round WHERE site_id = :site"), site)
    found = []
    for day, until in days:
        cells = [(b, e) for b, e in hours(day, _zone(gateway)) if b >= begins and e <= until]
        found.append(_day(gateway, cells, readings, verdicts, accounts, until, day))
    return found


def _zone(gateway: Gateway) -> ZoneInfo:
    return ZoneInfo(gateway.site.time_zone)


def _day(gateway: Gateway, cells: Any, readings: Any, verdicts: Any, accounts: Any, until: datetime, day: Any) -> Any:
    start = next(hours(day, _zone(gateway)))[0]
    counted = dict.fromkeys(("expected", "got", "stored", "on_time", "checked", "valid", "received", "single"), 0)
    for point in gateway.points:
        in_hours = [[r for r in readings if r.point_id == point.id and b <= r.at < e] for b, e in cells]
        if not _sends(point, readings):
            continue
        for reading in (one for cell in in_hours for one in cell):
            said = [v.genuine for v in verdicts if v.point_id == point.id and v.since <= reading.at < v.until]
            good = said[-1] if said else reading.quality & 9 == 0
            counted["stored"] += 1
            counted["valid"] += good
            counted["on_time"] += reading.quality & 2 == 0 and reading.received_at - reading.at <= timedelta(seconds=60)
        if point.expected_interval_s:
            due = math.floor(sum((e - b).total_seconds() for b, e in cells) / EVERY_S)
            came = sum(min(len(cell), 7) for cell in in_hours)
            counted["expected"] += due
            counted["got"] += min(came, due)
    of_day = [one for one in accounts if start <= one.at < until]
    counted["received"] = sum(one.received for one in of_day)
    counted["single"] = counted["received"] - sum(one.duplicate for one in of_day)
    counted["checked"] = counted["stored"] + sum(one.rejected for one in of_day)
    return counted


def _sends(point: Point, readings: Any) -> bool:
    """A point is expected from its first value on; these tests let both send before anything is counted."""
    return any(one.point_id == point.id for one in readings)
