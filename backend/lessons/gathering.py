"""What went wrong at a site, as records to look for patterns in. The worker calls it.

One event is one record, though it may be in several tables: what belongs to an incident counts as the incident, an
alarm or report that led to a rectification as that; alarms of one flood count once at each place. What was judged a
false alarm, called off, refused or cancelled isn't counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.checkins.calendar import USUAL_SHIFTS
from backend.identity.permissions import system_query
from backend.lessons.attributes import age_of, shift_of
from backend.lessons.chains import Trouble
from backend.lessons.weather import weather_of
from backend.plant.age import years_in_service

MOST_RECORDS = 5000
HOPS = 2
"""Trouble is followed so many links down the plant graph."""

_RECORDS = """
WITH every_event AS (
SELECT 'incident:' || i.id AS ref, i.began_at AS at, i.equipment_id, i.area_id, 'incident.' || i.kind AS kind, i.level,
    i.phase, t.confirmed_node AS cause, NULL AS again
FROM incident i LEFT JOIN trace t ON t.site_id = i.site_id AND t.group_id = i.group_id
WHERE i.site_id = :site AND i.state <> 'called_off'
UNION ALL
SELECT 'rectification:' || r.id, COALESCE(a.raised_at, r.created_at), COALESCE(r.equipment_id, a.equipment_id),
    COALESCE(r.area_id, a.area_id),
    COALESCE('report.' || h.factor, 'alarm.' || p.kind, 'rectification'), r.level, NULL,
    CASE WHEN length(btrim(r.cause)) BETWEEN 1 AND 40 THEN btrim(r.cause) END,
    CASE WHEN r.recurrence > 0 THEN 'yes' ELSE 'no' END
FROM rectification r LEFT JOIN alarm a ON a.id = r.alarm_id LEFT JOIN point p ON p.id = a.point_id
LEFT JOIN LATERAL (SELECT id, factor FROM hazard_report h WHERE h.site_id = r.site_id AND h.rectification_id = r.id
    ORDER BY h.id LIMIT 1) h ON true
WHERE r.site_id = :site AND r.state <> 'cancelled' AND r.parent_id IS NULL
AND NOT EXISTS (SELECT FROM incident_source s WHERE s.site_id = r.site_id AND ((s.kind = 'alarm' AND s.source_id = a.id)
    OR (s.kind = 'group' AND s.source_id = a.group_id) OR (s.kind = 'report' AND s.source_id = h.id)))
UNION ALL
SELECT 'report:' || h.id, COALESCE(h.captured_at, h.created_at), h.equipment_id, h.area_id, 'report.' || h.factor,
    h.level, NULL, NULL, NULL
FROM hazard_report h
WHERE h.site_id = :site AND h.state IN ('waiting', 'accepted') AND h.rectification_id IS NULL
AND NOT EXISTS (SELECT FROM incident_source s WHERE s.site_id = h.site_id AND s.kind = 'report' AND s.source_id = h.id)
UNION ALL
SELECT ref, at, equipment_id, area_id, kind, level, NULL, cause, NULL FROM (
    SELECT DISTINCT ON (COALESCE(a.group_id, -a.id), a.equipment_id, a.area_id) 'alarm:' || a.id AS ref,
        a.raised_at AS at, a.equipment_id, a.area_id, 'alarm.' || COALESCE(p.kind, 'deviation') AS kind, a.level,
        t.confirmed_node AS cause
    FROM alarm a LEFT JOIN point p ON p.id = a.point_id
    LEFT JOIN trace t ON t.site_id = a.site_id AND t.group_id = a.group_id
    WHERE a.site_id = :site AND a.kind <> 'system' AND a.judgement <> 'false'
    AND NOT EXISTS (SELECT FROM rectification r WHERE r.site_id = a.site_id AND r.alarm_id = a.id)
    AND NOT EXISTS (SELECT FROM incident_source s WHERE s.site_id = a.site_id
        AND ((s.kind = 'alarm' AND s.source_id = a.id) OR (s.kind = 'group' AND s.source_id = a.group_id)))
    ORDER BY COALESCE(a.group_id, -a.id), a.equipment_id, a.area_id, a.raised_at, a.id
) one_of_each_flood
)
SELECT v.ref, v.at, v.kind, v.level, v.phase, v.cause, v.again, v.equipment_id, d.day, e.equipment_class,
    e.commissioned_on, r.id AS area_id, r.team_id,
    CASE WHEN e.owner_post_id IS NULL THEN NULL ELSE EXISTS (
        SELECT FROM post_holder h JOIN training_record t ON t.site_id = h.site_id AND t.person_id = h.person_id
        WHERE h.site_id = :site AND h.post_id = e.owner_post_id AND h.since <= v.at
        AND (h.until IS NULL OR h.until > v.at) AND t.passed_on <= d.day GROUP BY h.person_id, t.course
        HAVING bool_and(t.valid_until IS NOT NULL AND t.valid_until < d.day)) END AS lapsed,
    (SELECT bool_or(m.due_on < d.day AND COALESCE(m.done_on, m.dropped_on, 'infinity') > d.day)
        FROM maintenance_record m WHERE m.site_id = :site AND m.equipment_id = e.id AND m.due_on IS NOT NULL)
        AS overdue, w.wind_m_s, w.temperature_c, w.rain_mm_h
FROM (SELECT * FROM every_event ORDER BY at DESC LIMIT :most) v
CROSS JOIN LATERAL (SELECT (v.at AT TIME ZONE :zone)::date AS day) d
LEFT JOIN equipment e ON e.id = v.equipment_id AND e.site_id = :site
LEFT JOIN area r ON r.id = COALESCE(v.area_id, e.area_id) AND r.site_id = :site
LEFT JOIN weather_hour w ON w.site_id = :site AND w.hour = date_trunc('hour', v.at)
ORDER BY v.at DESC, v.ref
"""

_TROUBLES = """
SELECT equipment_id, extract(epoch FROM at)::float8 AS at_s, ref FROM (
    SELECT equipment_id, raised_at AS at, 'alarm:' || id AS ref FROM alarm
    WHERE site_id = :site AND equipment_id IS NOT NULL AND kind <> 'system' AND judgement <> 'false'
    UNION ALL
    SELECT i.equipment_id, i.began_at, 'incident:' || i.id FROM incident i
    WHERE i.site_id = :site AND i.equipment_id IS NOT NULL AND i.state <> 'called_off'
) either ORDER BY at DESC LIMIT :most
"""

_LINKS = """
SELECT DISTINCT COALESCE(l.source_equipment_id, s.equipment_id) AS source,
    COALESCE(l.target_equipment_id, t.equipment_id) AS target
FROM link l LEFT JOIN point s ON s.id = l.source_point_id LEFT JOIN point t ON t.id = l.target_point_id
WHERE l.site_id = :site
"""


_JUDGED = """
SELECT r.id, r.name, r.name_en, r.on_delay_s,
    COALESCE(array_agg(l.s) FILTER (WHERE a.judgement = 'false'), '{}'),
    COALESCE(array_agg(l.s) FILTER (WHERE a.judgement = 'true'), '{}'),
    COALESCE(array_agg('alarm:' || a.id ORDER BY a.id DESC) FILTER (WHERE a.judgement = 'false'), '{}')
FROM alarm a CROSS JOIN LATERAL (SELECT extract(epoch FROM a.returned_at - a.raised_at)::float8 AS s) l
JOIN alarm_rule r ON r.id = a.rule_id AND r.site_id = a.site_id
WHERE a.site_id = :site AND a.judgement <> '' AND a.returned_at IS NOT NULL AND r.enabled AND a.level <> 'major'
AND a.raised_at > r.updated_at AND a.raised_at > now() - interval '182 days' GROUP BY r.id
"""


@dataclass(frozen=True)
class Judged:
    """A rule with how long its alarms lasted, in seconds, by what people said of them since it was last changed."""

    rule_id: int
    name: str
    name_en: str
    on_delay_s: float
    false: list[float]
    true: list[float]
    refs: list[str]


@dataclass(frozen=True)
class Record:
    """One event. ``items``: attribute to value, only what is known."""

    ref: str
    at: datetime
    items: Mapping[str, str]
    equipment_id: int | None = None


@dataclass(frozen=True)
class History:
    """All that patterns are looked for in: records and troubles, the newest first, and where trouble can get from each
    equipment."""

    records: list[Record] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    downstream: Mapping[int, frozenset[int]] = field(default_factory=dict)
    judged: list[Judged] = field(default_factory=list)

    @property
    def span_s(self) -> float:
        """From the first trouble to the last."""
        moments = [one.at_s for one in self.troubles]
        return max(moments) - min(moments) if moments else 0.0


@system_query("the worker looks for patterns at every site")
async def gather(session: AsyncSession, site_id: int) -> History:
    """The history of one site, at most ``MOST_RECORDS`` of each, the newest."""
    about = await session.execute(
        text(
            "SELECT s.time_zone, c.shifts FROM site s LEFT JOIN site_calendar c ON c.site_id = s.id WHERE s.id = :site"
        ),
        {"site": site_id},
    )
    zone, shifts = about.one()
    values = {"site": site_id, "zone": zone, "most": MOST_RECORDS}
    rows = (await session.execute(text(_RECORDS), values)).mappings()
    records = [_record(dict(row), ZoneInfo(zone), list(shifts or USUAL_SHIFTS)) for row in rows]
    troubles = [Trouble(*row) for row in await session.execute(text(_TROUBLES), values)]
    links = [(source, target) for source, target in await session.execute(text(_LINKS), {"site": site_id})]
    judged = [Judged(*row) for row in await session.execute(text(_JUDGED), {"site": site_id})]
    return History(records, troubles, downstream(links), judged)


def _record(row: Mapping[str, Any], zone: ZoneInfo, shifts: list[str]) -> Record:
    local = row["at"].astimezone(zone)
    since = row["commissioned_on"]
    known: dict[str, Any] = {
        "class": row["equipment_class"],
        "area": row["area_id"],
        "team": row["team_id"],
        "shift": shift_of(f"{local:%H:%M}", shifts),
        "weekday": local.weekday(),
        "weather": weather_of(row["wind_m_s"], row["temperature_c"], row["rain_mm_h"]),
        "kind": row["kind"],
        "level": row["level"],
        "cause": _cause(row["cause"] or ""),
        "phase": row["phase"],
        "training": None if row["lapsed"] is None else ("lapsed" if row["lapsed"] else "valid"),
        "maintenance": None if row["overdue"] is None else ("overdue" if row["overdue"] else "kept"),
        "age": age_of(years_in_service(since, row["day"])) if since and since <= row["day"] else None,
        "again": row["again"],
    }
    items = {key: str(value) for key, value in known.items() if value not in {None, ""}}
    return Record(row["ref"], row["at"], items, row["equipment_id"])


def _cause(confirmed: str) -> str:
    """A cause of the library without its place, or words; a bare place of the graph says where, not why."""
    place, _, library_key = confirmed.partition("/")
    if library_key and place.startswith("equipment:"):
        return library_key
    return "" if confirmed == "other" or place.startswith(("point:", "equipment:")) else confirmed


def downstream(links: list[tuple[int | None, int | None]]) -> dict[int, frozenset[int]]:
    """Where ``HOPS`` links lead from each equipment."""
    ahead: dict[int, set[int]] = {}
    for source, target in links:
        if source is not None and target is not None and source != target:
            ahead.setdefault(source, set()).add(target)
    reached = {}
    for start in ahead:
        seen = border = {start}
        for _ in range(HOPS):
            border = set().union(*(ahead.get(node, set()) for node in border)) - seen
            seen = seen | border
        reached[start] = frozenset(seen - {start})
    return reached
