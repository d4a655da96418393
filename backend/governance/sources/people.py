# ruff: noqa: S608 - statements are put together from our own pieces; values are parameters
"""Records of people as sources of data, as far as their tables say it. The worker counts their last 30 days each hour.

A record belongs to the day on which it was received (check-ins: made; maintenance: done). It is on time if it was
received within the norm's lateness after it was made by the phone; one without such a moment was sent at once.
Complete and valid mean what ``MEANINGS`` says; what a table can't say stays nought of nought.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.errors import N_
from backend.identity.permissions import system_query
from backend.telemetry.quality.days import Judged, day_row, in_force, keep_days, norms_of
from backend.telemetry.quality.measuring import Norm, hours
from backend.telemetry.quality.models import Family

DAYS = 30
NAMES = {
    "checkins": N_("巡检打卡"),
    "reports": N_("隐患上报"),
    "rectifications": N_("整改记录"),
    "maintenance": N_("保养记录"),
}
MEANINGS = {
    "checkins": N_("完整：当天该巡的都有打卡；有效：打卡位置与现场相符；不重复：同一次巡检只打一次"),
    "reports": N_("完整：写明地点和内容；有效：已处理的没有被退回；不重复：没有并入别的上报"),
    "rectifications": N_("完整：写了说明或拍了照片"),
    "maintenance": N_("准时：做完当天之后在期限内登记；完整：写明谁做的"),
}

_LATE = "CAST(:lateness AS int) * interval '1 second'"
_DAY = "({at} AT TIME ZONE :zone)::date"


def _within(at: str) -> str:
    """Rows whose moment lies on one of the days, by the index of that moment."""
    return f"{at} >= :since AND {at} < :until"


_CHECKINS = f"""
WITH made AS (
    SELECT {_DAY.format(at="x.at")} AS day, count(*) AS stored,
        count(*) FILTER (WHERE x.created_at - x.at <= {_LATE}) AS on_time, count(*) FILTER (WHERE NOT x.away) AS valid,
        count(x.visit_id) AS received, count(DISTINCT x.visit_id) AS single
    FROM check_in x WHERE x.site_id = :site AND {_within("x.at")} GROUP BY 1
), due AS (
    SELECT {_DAY.format(at="v.closes_at")} AS day, count(*) AS expected,
        count(*) FILTER (WHERE v.state IN ('done', 'made_up')) AS got
    FROM inspection_visit v WHERE v.site_id = :site AND v.closes_at <= :now AND {_within("v.closes_at")}
        AND v.state IN ('done', 'made_up', 'missed', 'due') GROUP BY 1
)
SELECT COALESCE(made.day, due.day) AS day, COALESCE(due.expected, 0) AS expected, COALESCE(due.got, 0) AS got,
    COALESCE(made.stored, 0) AS stored, COALESCE(made.on_time, 0) AS on_time, COALESCE(made.stored, 0) AS checked,
    COALESCE(made.valid, 0) AS valid, COALESCE(made.received, 0) AS received, COALESCE(made.single, 0) AS single
FROM made FULL JOIN due ON due.day = made.day
"""
_REPORTS = f"""
SELECT {_DAY.format(at="x.created_at")} AS day, count(*) AS expected, count(*) FILTER (
        WHERE (x.title <> '' OR x.details <> '' OR x.voice_path <> '')
        AND (x.equipment_id IS NOT NULL OR x.area_id IS NOT NULL)) AS got,
    count(*) AS stored,
    count(*) FILTER (WHERE x.created_at - COALESCE(x.captured_at, x.created_at) <= {_LATE}) AS on_time,
    count(*) FILTER (WHERE x.state <> 'waiting') AS checked,
    count(*) FILTER (WHERE x.state NOT IN ('waiting', 'refused')) AS valid,
    count(*) AS received, count(*) FILTER (WHERE x.state <> 'merged') AS single
FROM hazard_report x WHERE x.site_id = :site AND {_within("x.created_at")} GROUP BY 1
"""
_ENTRIES = f"""
SELECT {_DAY.format(at="x.created_at")} AS day, count(*) AS expected, count(*) FILTER (WHERE x.note <> '' OR EXISTS (
        SELECT FROM photo p WHERE p.entry_id = x.id AND p.site_id = :site)) AS got,
    count(*) AS stored,
    count(*) FILTER (WHERE x.created_at - COALESCE(x.captured_at, x.created_at) <= {_LATE}) AS on_time,
    0 AS checked, 0 AS valid, 0 AS received, 0 AS single
FROM rectification_entry x WHERE x.site_id = :site AND {_within("x.created_at")} AND x.kind IN ('progress', 'submit')
GROUP BY 1
"""
_MAINTENANCE = f"""
SELECT x.done_on AS day, count(*) AS expected, count(*) FILTER (WHERE x.done_by IS NOT NULL) AS got,
    count(x.recorded_at) AS stored, count(*) FILTER (
        WHERE x.recorded_at - ((x.done_on + 1)::timestamp AT TIME ZONE :zone) <= {_LATE}) AS on_time,
    0 AS checked, 0 AS valid, 0 AS received, 0 AS single
FROM maintenance_record x WHERE x.site_id = :site AND x.done_on >= CAST(:first AS date)
    AND x.done_on < CAST(:last AS date) GROUP BY 1
"""


@system_query("the worker counts the records of every site; pages ask for their own")
async def count_records(
    session: AsyncSession, site_id: int, zone: ZoneInfo, code: str, days: Sequence[date], lateness_s: int
) -> list[dict[str, Any]]:
    """What the records of ``code`` count on each of ``days`` (in order, without gaps) on which there are any."""
    since, until = next(hours(days[0], zone))[0], next(hours(days[-1] + timedelta(days=1), zone))[0]
    values = {
        "site": site_id,
        "zone": str(zone),
        "since": since,
        "until": until,
        "now": now(),
        "first": days[0],
        "last": days[-1] + timedelta(days=1),
        "lateness": lateness_s,
    }
    counts = {"checkins": _CHECKINS, "reports": _REPORTS, "rectifications": _ENTRIES, "maintenance": _MAINTENANCE}
    statement = text(counts[code])
    used = {name: value for name, value in values.items() if name in statement._bindparams}
    return [dict(row) for row in (await session.execute(statement, used)).mappings()]


@system_query("the worker counts the records of every site")
async def keep_people_days(session: AsyncSession, site_id: int, zone: ZoneInfo) -> int:
    """Count the last 30 days of every kind of record anew, today included; gives how many days were written."""
    today = now().astimezone(zone).date()
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    norms = await norms_of(session, site_id, Family.PEOPLE)
    written = 0
    for code in NAMES:
        by_day = {day: in_force(norms, Family.PEOPLE, code, day) for day in days}
        rows: list[dict[str, Any]] = []
        for lateness in sorted({norm.lateness_s for norm in by_day.values()}):
            found = await count_records(session, site_id, zone, code, days, lateness)
            rows += [
                people_row(site_id, zone, code, counted, by_day[counted["day"]])
                for counted in found
                if by_day[counted["day"]].lateness_s == lateness
            ]
        await keep_days(session, rows)
        written += len(rows)
    return written


def people_row(site_id: int, zone: ZoneInfo, code: str, counted: dict[str, Any], norm: Norm) -> dict[str, Any]:
    """A row of ``source_day`` of records; on quiet days nothing is expected."""
    if norm.quiet(counted["day"]):
        counted = {**counted, "expected": 0, "got": 0}
    span = list(hours(counted["day"], zone))
    judged = Judged(code, counted["day"], span[0][0], min(span[-1][1], now()), norm)
    flags = dict.fromkeys(("clock", "out_of_range", "stuck", "backfill", "excluded", "rejected", "points"), 0)
    rest = {"code": code, "points_short": 0, "worst_point_id": None, "worst_lost": 0}
    silence = {"silent_from": None, "silent_hours": 0}
    return day_row(site_id, Family.PEOPLE, judged, {**flags, **rest, **silence, **counted})


@system_query("the worker counts the records of every site")
async def keep_people(session: AsyncSession) -> int:
    """Count the records of every site; gives how many source-days were written."""
    sites = (await session.execute(text("SELECT id, time_zone FROM site ORDER BY id"))).all()
    return sum([await keep_people_days(session, site_id, ZoneInfo(zone)) for site_id, zone in sites])
