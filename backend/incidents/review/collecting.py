"""Reads all that the report of an incident rests on. System role: the worker writes it for every site."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.permissions import system_query
from backend.incidents.models import ACTIONS, Deed, Incident
from backend.incidents.review.effects import SPAN, Change, change
from backend.incidents.review.foresight import Alarmed, Forecast
from backend.incidents.review.likeness import Features
from backend.tracing.naming import first_cause

MOST_ALARMS = 200
MOST_LINES = 300
MOST_DEEDS = 20
MOST_POINTS = 6
"""So many points are drawn and compared: those that the minutes before show first."""
CELLS = 90
BEFORE = timedelta(minutes=15)
LONGEST = timedelta(hours=24)
MOST_PAST = 300

_ALARMS = """
SELECT a.id, a.title, a.title_en, a.level, a.warning, a.equipment_id, a.point_id,
    CASE WHEN :again THEN a.last_raised_at ELSE a.raised_at END AS raised_at
FROM alarm a WHERE a.site_id = :site AND a.kind <> 'system' AND a.judgement <> 'false' AND a.raised_at <= :until AND (
    (a.group_id = CAST(:group AS bigint) AND (NOT :again OR a.last_raised_at >= :began))
    OR a.id IN (SELECT s.source_id FROM incident_source s
        WHERE s.site_id = :site AND s.incident_id = :incident AND s.kind = 'alarm'))
ORDER BY raised_at, a.id LIMIT :most
"""
"""Of one that came again only what came again."""
_LINES = """
SELECT d.id, d.kind, d.at, d.words, d.person_id, p.name, p.name_en, p.role
FROM incident_disposal d LEFT JOIN person p ON p.id = d.person_id
WHERE d.site_id = :site AND d.incident_id = :incident ORDER BY d.at, d.id LIMIT :most
"""
_POINTS = """
SELECT t.point_id, p.name, p.name_en, p.unit, p.decimals FROM incident_trend t JOIN point p ON p.id = t.point_id
WHERE t.site_id = :site AND t.incident_id = :incident ORDER BY t.position LIMIT :most
"""
_EFFECTS = """
SELECT d.id AS deed, p.id AS point_id, b.mean AS before, b.spread, a.mean AS after
FROM unnest(CAST(:deeds AS bigint[]), CAST(:moments AS timestamptz[])) AS d(id, at)
CROSS JOIN unnest(CAST(:points AS bigint[])) WITH ORDINALITY AS p(id, place)
CROSS JOIN LATERAL (SELECT avg(value) AS mean, stddev_samp(value) AS spread FROM reading
    WHERE site_id = :site AND point_id = p.id AND at >= d.at - CAST(:span AS interval) AND at < d.at) b
CROSS JOIN LATERAL (SELECT avg(value) AS mean FROM reading
    WHERE site_id = :site AND point_id = p.id AND at >= d.at AND at < d.at + CAST(:span AS interval)) a
WHERE b.mean IS NOT NULL AND a.mean IS NOT NULL ORDER BY d.at, p.place
"""
_CELLS = """
SELECT point_id, extract(epoch FROM max(at)) AS at, avg(value) AS mean, min(value) AS low, max(value) AS high
FROM reading WHERE site_id = :site AND point_id = ANY(CAST(:points AS bigint[])) AND at >= :since AND at < :until
GROUP BY point_id, floor(extract(epoch FROM at - :since) / :cell_s) ORDER BY point_id, 2
"""
_FORECASTS = """
SELECT equipment_id, foretold_at, arrival_at, earliest, latest FROM incident_forecast
WHERE site_id = :site AND incident_id = :incident
"""
_TRACE = """
SELECT id, result, confirmed_node, confirmation_note, first_made_at FROM trace
WHERE site_id = :site AND group_id = CAST(:group AS bigint) AND revision > 0
"""
_PAST = """
SELECT i.id, i.number, i.title, i.title_en, i.kind, i.equipment_id, i.area_id, i.began_at,
    COALESCE(e.equipment_class, '') AS equipment_class, t.result, t.confirmed_node,
    ARRAY(SELECT DISTINCT a.point_id FROM alarm a WHERE a.site_id = i.site_id AND a.group_id = i.group_id
        AND a.point_id IS NOT NULL) AS points
FROM incident i LEFT JOIN equipment e ON e.id = i.equipment_id
LEFT JOIN trace t ON t.site_id = i.site_id AND t.group_id = i.group_id
WHERE i.site_id = :site AND (i.id = :incident OR (i.state = 'closed' AND i.began_at < :began))
ORDER BY i.began_at DESC LIMIT :most
"""
_NAMES = """
SELECT 'point:' || id AS key, name, name_en FROM point WHERE site_id = :site AND id = ANY(CAST(:points AS bigint[]))
UNION ALL
SELECT 'equipment:' || id, name, name_en FROM equipment WHERE site_id = :site AND id = ANY(CAST(:equipment AS bigint[]))
"""


@dataclass(frozen=True)
class Past:
    """Incidents of the site for likeness: their features, and what they are called by id."""

    features: Sequence[Features]
    rows: dict[int, RowMapping]


@system_query("the worker writes the reports of every site")
async def alarms_of(session: AsyncSession, incident: Incident) -> Sequence[RowMapping]:
    """Its alarms until it was closed, the first first, without what people judged to be none."""
    asked = {**_key(incident), "group": incident.group_id, "until": _end(incident), "most": MOST_ALARMS}
    asked |= {"again": incident.again_of is not None, "began": incident.began_at}
    return (await session.execute(text(_ALARMS), asked)).mappings().all()


def as_alarmed(rows: Iterable[RowMapping]) -> list[Alarmed]:
    """The same as foresight compares them."""
    return [Alarmed(row["id"], row["equipment_id"], row["raised_at"], row["warning"]) for row in rows]


@system_query("the worker writes the reports of every site")
async def lines_of(session: AsyncSession, incident: Incident) -> Sequence[RowMapping]:
    """Its log with who wrote each line, the first first."""
    return (await session.execute(text(_LINES), {**_key(incident), "most": MOST_LINES})).mappings().all()


@system_query("the worker writes the reports of every site")
async def points_of(session: AsyncSession, incident: Incident) -> Sequence[RowMapping]:
    """The points that the minutes before show first."""
    return (await session.execute(text(_POINTS), {**_key(incident), "most": MOST_POINTS})).mappings().all()


@system_query("the worker writes the reports of every site")
async def changes_after(
    session: AsyncSession, incident: Incident, lines: Iterable[RowMapping], point_ids: list[int]
) -> dict[int, list[Change]]:
    """By line of the log that tells of an act: how each point was before and after it."""
    acts = {*ACTIONS} - {Deed.NOTE, Deed.CALL}
    deeds = [line for line in lines if line["kind"] in acts][:MOST_DEEDS]
    asked = {
        "site": incident.site_id,
        "deeds": [line["id"] for line in deeds],
        "moments": [line["at"] for line in deeds],
        "points": point_ids,
        "span": SPAN,
    }
    found: dict[int, list[Change]] = {}
    for row in await session.execute(text(_EFFECTS), asked):
        found.setdefault(row.deed, []).append(change(row.point_id, row.before, row.spread, row.after))
    return found


@system_query("the worker writes the reports of every site")
async def courses_of(session: AsyncSession, incident: Incident, point_ids: list[int]) -> dict[str, Any]:
    """How the points went from before its first sign to its end: ``since``, ``until``, ``cell_s``, cells by point."""
    since = incident.began_at - BEFORE
    until = min(_end(incident), incident.began_at + LONGEST)
    cell_s = (until - since).total_seconds() / CELLS
    asked = {"site": incident.site_id, "points": point_ids, "since": since, "until": until, "cell_s": cell_s}
    cells: dict[int, dict[str, list[float]]] = {}
    for row in await session.execute(text(_CELLS), asked):
        kept = cells.setdefault(row.point_id, {"at": [], "mean": [], "low": [], "high": []})
        for name, values in kept.items():
            values.append(round(float(getattr(row, name)), 6))
    return {"since": since.isoformat(), "until": until.isoformat(), "cell_s": cell_s, "cells": cells}


@system_query("the worker writes the reports of every site")
async def forecasts_of(session: AsyncSession, incident: Incident) -> list[Forecast]:
    """What was foretold while it went on."""
    return [Forecast(**row) for row in (await session.execute(text(_FORECASTS), _key(incident))).mappings()]


@system_query("the worker writes the reports of every site")
async def trace_of(session: AsyncSession, incident: Incident) -> RowMapping | None:
    """The trace of its flood; None where it has none, or none is made yet."""
    asked = {"site": incident.site_id, "group": incident.group_id}
    return (await session.execute(text(_TRACE), asked)).mappings().one_or_none()


@system_query("the worker writes the reports of every site")
async def past_of(session: AsyncSession, incident: Incident) -> Past:
    """The incident itself and the closed ones before it."""
    asked = {**_key(incident), "began": incident.began_at, "most": MOST_PAST}
    rows = (await session.execute(text(_PAST), asked)).mappings().all()
    return Past([_features(row) for row in rows], {row["id"]: row for row in rows})


@system_query("the worker writes the reports of every site")
async def names_of(session: AsyncSession, site_id: int, keys: Iterable[str]) -> dict[str, tuple[str, str]]:
    """What points and equipment are called, by node key."""
    ids: dict[str, list[int]] = {"point": [], "equipment": []}
    for key in keys:
        kind, _, number = key.partition(":")
        if kind in ids and number.isdigit():
            ids[kind].append(int(number))
    asked = {"site": site_id, "points": ids["point"], "equipment": ids["equipment"]}
    return {row.key: (row.name, row.name_en) for row in await session.execute(text(_NAMES), asked)}


def _features(row: RowMapping) -> Features:
    first = first_cause(row["result"]) if row["result"] else None
    cause = row["confirmed_node"] or (first.key if first else "")
    return Features(
        row["id"],
        row["kind"],
        row["equipment_id"],
        row["area_id"],
        row["equipment_class"],
        "" if cause == "other" else cause,
        frozenset(row["points"]),
    )


def _key(incident: Incident) -> dict[str, Any]:
    return {"site": incident.site_id, "incident": incident.id}


def _end(incident: Incident) -> datetime:
    assert incident.closed_at is not None
    return incident.closed_at
