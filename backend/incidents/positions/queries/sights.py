"""What says where people were during an incident: their phones, their check-ins, their scans at the assembly point."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.checkins.position import Position
from backend.identity.actor import Actor
from backend.incidents.positions.queries.rules import places_of
from backend.incidents.positions.whereabouts import LOOK_BACK, Place, Sight, Source

_SIGHTS = """
WITH seen AS (
    SELECT person_id, 'gps' AS source, at, CAST(NULL AS bigint) AS equipment_id, CAST(NULL AS bigint) AS area_id,
        lat, lon, accuracy_m, NOT on_site AS off_site, vague OR jumped AS doubtful
    FROM incident_position WHERE site_id = :site AND incident_id = :incident AND person_id = ANY(:people)
        AND at > :since AND at <= :until
    UNION ALL SELECT person_id, CASE proof WHEN 'label' THEN 'label' ELSE 'check_in' END, at, equipment_id, area_id,
        NULL, NULL, NULL, false, false
    FROM check_in WHERE site_id = :site AND person_id = ANY(:people) AND at > :since AND at <= :until
    UNION ALL SELECT m.person_id, 'roll', m.at, NULL, m.muster_area_id, NULL, NULL, NULL, false, false
    FROM incident_roll_mark m JOIN incident_evacuation v ON v.id = m.evacuation_id
    WHERE m.site_id = :site AND v.incident_id = :incident AND m.state = 'safe' AND m.muster_area_id IS NOT NULL
        AND m.person_id = ANY(:people) AND m.at > :since AND m.at <= :until
)
SELECT DISTINCT ON (person_id, source, doubtful, step) *, ceil(EXTRACT(epoch FROM at - :began) / :step_s) AS step
FROM seen ORDER BY person_id, source, doubtful, step, at DESC
"""
_EVER = timedelta(days=36_500)

_ASSIGNED = """
SELECT DISTINCT ON (person_id) person_id, equipment_id, area_id FROM (
    SELECT h.person_id, e.id AS equipment_id, CAST(NULL AS bigint) AS area_id, e.id = ANY(:equipment) AS touched
    FROM post_holder h JOIN equipment e ON e.owner_post_id = h.post_id AND e.site_id = h.site_id
    WHERE h.site_id = :site AND h.until IS NULL AND h.person_id = ANY(:people)
    UNION ALL SELECT p.id, NULL, a.id, a.id = ANY(:areas)
    FROM person p JOIN area a ON a.team_id = p.team_id AND a.site_id = p.site_id
    WHERE p.site_id = :site AND p.id = ANY(:people)
) s ORDER BY person_id, touched DESC, equipment_id NULLS LAST, area_id
"""


async def last_sights(
    session: AsyncSession, actor: Actor, incident_id: int, people: Collection[int], until: datetime
) -> dict[int, list[Sight]]:
    """By person the newest of each kind in the shift before ``until`` (UTC): older ones of a kind decide nothing."""
    return await _sights(session, actor, incident_id, people, until, until - _EVER, _EVER)


async def sights_by_step(
    session: AsyncSession,
    actor: Actor,
    incident_id: int,
    people: Collection[int],
    began: datetime,
    until: datetime,
    step: timedelta,
) -> dict[int, list[Sight]]:
    """The same as of each moment ``began + n · step``: by person, in order of time."""
    return await _sights(session, actor, incident_id, people, until, began, step)


async def assigned_places(
    session: AsyncSession, actor: Actor, people: Collection[int], equipment_ids: Sequence[int], area_ids: Sequence[int]
) -> dict[int, Place]:
    """Where people are by post or team, of several places one that the incident touches."""
    asked = {"site": actor.site_id, "people": sorted(people), "equipment": list(equipment_ids), "areas": list(area_ids)}
    rows = (await session.execute(text(_ASSIGNED), asked)).all()
    return {row.person_id: place for row, place in zip(rows, await _places(session, actor, rows), strict=True) if place}


async def _sights(
    session: AsyncSession,
    actor: Actor,
    incident_id: int,
    people: Collection[int],
    until: datetime,
    began: datetime,
    step: timedelta,
) -> dict[int, list[Sight]]:
    since = max(began, until - LOOK_BACK) if step == _EVER else began - LOOK_BACK
    asked = {"site": actor.site_id, "incident": incident_id, "people": sorted(people), "since": since, "until": until}
    rows = (await session.execute(text(_SIGHTS), asked | {"began": began, "step_s": step.total_seconds()})).all()
    found: dict[int, list[Sight]] = {}
    for row, place in zip(rows, await _places(session, actor, rows), strict=True):
        position = Position(row.lat, row.lon, row.accuracy_m or 0.0) if row.lat is not None else None
        sight = Sight(Source(row.source), row.at, place, position, row.off_site, row.doubtful)
        found.setdefault(row.person_id, []).append(sight)
    return {person: sorted(sights, key=lambda one: one.at) for person, sights in found.items()}


async def _places(session: AsyncSession, actor: Actor, rows: Sequence[Any]) -> list[Place | None]:
    equipment = sorted({row.equipment_id for row in rows if row.equipment_id})
    areas = sorted({row.area_id for row in rows if row.area_id})
    places = await places_of(session, actor, equipment, areas)
    return [places.get((row.equipment_id, None if row.equipment_id else row.area_id)) for row in rows]
