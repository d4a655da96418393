"""The weather that a site measures: which points do and which could, and the wind of the last minutes."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.incidents.tracking.models import SiteWeather
from backend.incidents.tracking.winds import SPAN, STALE, Wind, mean_bearing
from backend.plant.models import Point, PointStatus

SPEED_UNITS = {"m/s": 1.0, "米/秒": 1.0, "km/h": 1 / 3.6}
"""Metres a second of one."""
BEARING_UNITS = ("°", "deg", "度")
TEMPERATURE_UNITS = ("°C", "℃")
RAIN_UNITS = ("mm/h", "毫米/小时")
UNITS: dict[str, Sequence[str]] = {
    "speed_point_id": tuple(SPEED_UNITS),
    "direction_point_id": BEARING_UNITS,
    "temperature_point_id": TEMPERATURE_UNITS,
    "rain_point_id": RAIN_UNITS,
}
"""In which units a point may measure what, by the columns of ``SiteWeather``."""
MOST_READINGS = 5_000

_READ = """
WITH named AS (
    SELECT speed_point_id AS speed, direction_point_id AS bearing FROM site_weather
    WHERE site_id = :site ORDER BY id DESC LIMIT 1
)
SELECT p.id = n.speed AS is_speed, p.unit, r.at, r.value FROM named n
JOIN point p ON p.site_id = :site AND p.id IN (n.speed, n.bearing)
JOIN reading r ON r.site_id = :site AND r.point_id = p.id AND r.at > :since AND r.at <= :until
ORDER BY r.at DESC LIMIT :most
"""
_LAST = """
WITH named AS (
    SELECT speed_point_id AS speed, direction_point_id AS bearing FROM site_weather
    WHERE site_id = :site ORDER BY id DESC LIMIT 1
)
SELECT p.id = n.speed AS is_speed, p.unit, s.at, s.value FROM named n
JOIN point p ON p.site_id = :site AND p.id IN (n.speed, n.bearing)
JOIN point_state s ON s.site_id = :site AND s.point_id = p.id AND s.at > :since AND s.at <= :until
"""


async def measured_wind(session: AsyncSession, site_id: int, until: datetime) -> Wind | None:
    """The mean of the ten minutes until ``until`` (UTC); None where no points are named for it, or none has read of
    late. A point that only reports changes counts with its last value for a quarter of an hour."""
    asked = {"site": site_id, "until": until, "most": MOST_READINGS}
    rows = (await session.execute(text(_READ), {**asked, "since": until - SPAN})).all()
    if {row.is_speed for row in rows} != {True, False}:
        last = (await session.execute(text(_LAST), {"site": site_id, "until": until, "since": until - STALE})).all()
        kept = {row.is_speed for row in rows}
        rows = [*rows, *(row for row in last if row.is_speed not in kept)]
    return _wind(rows)


def _wind(rows: Sequence[Row[tuple[bool, str, datetime, float]]]) -> Wind | None:
    speeds = [row for row in rows if row.is_speed]
    bearings = [row for row in rows if not row.is_speed]
    bearing = mean_bearing([row.value for row in bearings])
    if not speeds or bearing is None:
        return None
    speed = sum(row.value * SPEED_UNITS.get(row.unit, 1.0) for row in speeds) / len(speeds)
    return Wind(max(speed, 0.0), bearing, min(max(row.at for row in found) for found in (speeds, bearings)))


async def named_weather(session: AsyncSession, actor: Actor) -> SiteWeather | None:
    """Which points measure the weather; None where nobody has ever said so."""
    found: SiteWeather | None = await session.scalar(
        select(SiteWeather).where(visible(actor, SiteWeather)).order_by(col(SiteWeather.id).desc()).limit(1)
    )
    return found


async def weather_candidates(session: AsyncSession, actor: Actor) -> dict[str, list[Point]]:
    """Points that could measure each part of the weather, by their unit; keys as the columns of ``SiteWeather``."""
    wanted = {unit: name for name, units in UNITS.items() for unit in units}
    points = await session.scalars(
        select(Point)
        .where(visible(actor, Point), col(Point.status) == PointStatus.ACTIVE, col(Point.unit).in_(list(wanted)))
        .order_by(col(Point.name), col(Point.id))
    )
    found: dict[str, list[Point]] = {name: [] for name in UNITS}
    for point in points:
        found[wanted[point.unit]].append(point)
    return found
