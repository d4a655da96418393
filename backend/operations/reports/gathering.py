"""What a period gave, as a safety report keeps it: the indicators, counts beside the period before, incidents, what is
late, what was decided and what waits; what somebody excluded counts nowhere. The worker calls it, for the whole site or
one stage.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.exclusions.queries import not_excluded
from backend.identity.actor import Actor
from backend.identity.permissions import system_query
from backend.operations.indicators.overview import Card, cards
from backend.operations.indicators.queries.reading import WHOLE, Scope
from backend.operations.indicators.windows import Window
from backend.operations.reports.money import money_of

MOST = 20
"""So many incidents, late rectifications and decisions are named; how many there were is always said."""
COURSE = timedelta(weeks=12)
"""So far back indicators are drawn, to the end of the period: days of one month alone are too few records each."""

_COUNTS = f"""
SELECT
    (SELECT jsonb_object_agg(level, n) FROM (SELECT level, count(*) AS n FROM alarm a LEFT JOIN equipment e
        ON e.id = a.equipment_id WHERE a.site_id = :site AND a.kind <> 'system' AND a.raised_at >= :since
        AND a.raised_at < :until AND (:stage = 0 OR e.stage_id = :stage) AND {not_excluded("'alarm'", "a.id")}
        GROUP BY level) x) AS alarms,
    (SELECT jsonb_object_agg(level, n) FROM (SELECT r.level, count(*) AS n FROM rectification r LEFT JOIN equipment e
        ON e.id = r.equipment_id WHERE r.site_id = :site AND r.parent_id IS NULL AND r.created_at >= :since
        AND r.created_at < :until AND (:stage = 0 OR e.stage_id = :stage) AND {not_excluded("'rectification'", "r.id")}
        GROUP BY r.level) x) AS hazards,
    (SELECT jsonb_object_agg(level, n) FROM (SELECT i.level, count(*) AS n FROM incident i LEFT JOIN equipment e
        ON e.id = i.equipment_id WHERE i.site_id = :site AND i.state <> 'called_off' AND i.began_at >= :since
        AND i.began_at < :until AND (:stage = 0 OR e.stage_id = :stage) GROUP BY i.level) x) AS incidents,
    (SELECT count(*) FROM check_in c LEFT JOIN equipment e ON e.id = c.equipment_id WHERE c.site_id = :site
        AND c.at >= :since AND c.at < :until AND (:stage = 0 OR e.stage_id = :stage)
        AND {not_excluded("'checkin'", "c.id")}) AS checkins,
    (SELECT count(*) FROM rectification r LEFT JOIN equipment e ON e.id = r.equipment_id WHERE r.site_id = :site
        AND r.verified_at >= :since AND r.verified_at < :until AND (:stage = 0 OR e.stage_id = :stage)
        AND {not_excluded("'rectification'", "r.id")}) AS verified
"""  # noqa: S608 - conditions of our own
_INCIDENTS = """
SELECT i.id, i.number, i.title AS zh, COALESCE(NULLIF(i.title_en, ''), i.title) AS en, i.level, i.kind, i.state,
    i.began_at AS at, count(*) OVER () AS of
FROM incident i LEFT JOIN equipment e ON e.id = i.equipment_id
WHERE i.site_id = :site AND i.state <> 'called_off' AND i.began_at >= :since AND i.began_at < :until
    AND (:stage = 0 OR e.stage_id = :stage)
ORDER BY i.began_at DESC LIMIT :most
"""
_LATE = f"""
SELECT r.id, r.number, r.title AS zh, r.level, r.deadline AS at, p.name AS owner, count(*) OVER () AS of
FROM rectification r LEFT JOIN equipment e ON e.id = r.equipment_id LEFT JOIN person p ON p.id = r.owner_id
WHERE r.site_id = :site AND r.state NOT IN ('verified', 'cancelled') AND r.deadline < :until
    AND (:stage = 0 OR e.stage_id = :stage) AND {not_excluded("'rectification'", "r.id")}
ORDER BY r.deadline LIMIT :most
"""  # noqa: S608 - conditions of our own
_DECIDED = """
SELECT s.id, s.words AS zh, COALESCE(NULLIF(s.words_en, ''), s.words) AS en, s.state, s.decided_at AS at,
    count(*) OVER () AS of
FROM lesson_suggestion s WHERE s.site_id = :site AND s.decided_at >= :since AND s.decided_at < :until
ORDER BY s.decided_at DESC LIMIT :most
"""
_WAITING = """
SELECT s.id, s.words AS zh, COALESCE(NULLIF(s.words_en, ''), s.words) AS en, s.made_at AS at, count(*) OVER () AS of
FROM lesson_suggestion s WHERE s.site_id = :site AND s.state = 'open' ORDER BY s.per_90_days DESC, s.id LIMIT :most
"""
_PLACES = f"""
SELECT a.id, a.name AS zh, COALESCE(NULLIF(a.name_en, ''), a.name) AS en, count(*) AS n FROM (
    SELECT COALESCE(r.area_id, e.area_id) AS area_id, e.stage_id FROM rectification r
        LEFT JOIN equipment e ON e.id = r.equipment_id
        WHERE r.site_id = :site AND r.parent_id IS NULL AND r.created_at >= :since AND r.created_at < :until
            AND {not_excluded("'rectification'", "r.id")}
    UNION ALL
    SELECT COALESCE(i.area_id, e.area_id), e.stage_id FROM incident i LEFT JOIN equipment e ON e.id = i.equipment_id
        WHERE i.site_id = :site AND i.state <> 'called_off' AND i.began_at >= :since AND i.began_at < :until
) happened JOIN area a ON a.id = happened.area_id AND a.site_id = :site
WHERE :stage = 0 OR happened.stage_id = :stage GROUP BY a.id ORDER BY n DESC, a.id LIMIT 5
"""  # noqa: S608 - conditions of our own


_DAYS = f"""
SELECT (at AT TIME ZONE :zone)::date AS day, what, count(*) AS n FROM (
    SELECT a.raised_at AS at, 'alarms' AS what FROM alarm a LEFT JOIN equipment e ON e.id = a.equipment_id
        WHERE a.site_id = :site AND a.kind <> 'system' AND a.raised_at >= :since AND a.raised_at < :until
        AND (:stage = 0 OR e.stage_id = :stage) AND {not_excluded("'alarm'", "a.id")}
    UNION ALL
    SELECT r.created_at, 'hazards' FROM rectification r LEFT JOIN equipment e ON e.id = r.equipment_id
        WHERE r.site_id = :site AND r.parent_id IS NULL AND r.created_at >= :since AND r.created_at < :until
        AND (:stage = 0 OR e.stage_id = :stage) AND {not_excluded("'rectification'", "r.id")}
    UNION ALL
    SELECT i.began_at, 'incidents' FROM incident i LEFT JOIN equipment e ON e.id = i.equipment_id
        WHERE i.site_id = :site AND i.state <> 'called_off' AND i.began_at >= :since AND i.began_at < :until
        AND (:stage = 0 OR e.stage_id = :stage)
) happened GROUP BY 1, 2
"""  # noqa: S608 - conditions of our own


@system_query("the worker writes the reports of every site")
async def gathered(session: AsyncSession, reader: Actor, window: Window, past: Window, stage_id: int) -> dict[str, Any]:
    """The content of a report, as JSON. ``reader`` sees the whole site; ``past`` is the period before."""
    since, until = window.bounds(reader.zone)
    values = {"site": reader.site_id, "stage": stage_id, "most": MOST, "since": since, "until": until}
    scope = Scope("stage", stage_id) if stage_id else WHOLE
    figures = await cards(session, reader, scope, window)
    courses = await cards(session, reader, scope, Window(window.until - COURSE, window.until))
    at = now()
    return {
        "so_far": at.isoformat() if at < until else None,
        "indicators": [
            {**_indicator(card), "trend": _trend(course)} for card, course in zip(figures, courses, strict=True)
        ],
        "counts": await _counts(session, values),
        "days": await _days(session, {**values, "zone": reader.time_zone}, window, at.astimezone(reader.zone).date()),
        "before": await _counts(
            session, {**values, **dict(zip(("since", "until"), past.bounds(reader.zone), strict=True))}
        ),
        "incidents": await _rows(session, _INCIDENTS, values),
        "late": await _rows(session, _LATE, {**values, "until": min(until, now())}),
        "places": await _rows(session, _PLACES, values),
        "decided": [] if stage_id else await _rows(session, _DECIDED, values),
        "money": [] if stage_id else await money_of(session, values),
        "waiting": [] if stage_id else await _rows(session, _WAITING, values),
    }


def _indicator(card: Card) -> dict[str, Any]:
    return {
        "code": card.indicator.code,
        "value": card.now.value,
        "n": card.now.n,
        "few": card.now.guard,
        "low": card.now.low,
        "high": card.now.high,
        "before": card.before.value,
        "target": card.target.value,
        "weak": card.weak,
    }


def _trend(card: Card) -> list[list[Any]]:
    return [[step.window.first.isoformat(), step.figure.value] for step in card.trend]


@system_query("the worker writes the reports of every site")
async def _days(session: AsyncSession, values: Mapping[str, Any], window: Window, today: date) -> list[list[Any]]:
    """Of each day of the window that has begun, of the site: its date, alarms, hazards, incidents."""
    rows = (await session.execute(text(_DAYS), dict(values))).all()
    found = {(day, what): n for day, what, n in rows}
    days = [window.first + timedelta(days=place) for place in range((window.until - window.first).days)]
    begun = [day for day in days if day <= today]
    return [
        [day.isoformat(), *(found.get((day, what), 0) for what in ("alarms", "hazards", "incidents"))] for day in begun
    ]


@system_query("the worker writes the reports of every site")
async def _counts(session: AsyncSession, values: Mapping[str, Any]) -> dict[str, Any]:
    row = (await session.execute(text(_COUNTS), dict(values))).mappings().one()
    return {name: row[name] if isinstance(row[name], int) else row[name] or {} for name in row}


@system_query("the worker writes the reports of every site")
async def _rows(session: AsyncSession, statement: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = (await session.execute(text(statement), dict(values))).mappings()
    return [
        {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
        for row in rows
    ]
