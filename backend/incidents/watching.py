"""Opens incidents by themselves: reads the event log for alarms and accepted hazards. Worker role, all sites.

The reader's place moves in the transaction that opens, so a worker that dies in between opens nothing twice and
forgets nothing; a source belongs to one incident besides.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.events import take_settled
from backend.identity.permissions import system_query
from backend.incidents.commands.opening import take_up
from backend.incidents.models import SourceKind
from backend.incidents.outbreaks import (
    AlarmFacts,
    Sign,
    alarm_opens,
    handled_as,
    hazard_opens,
    kind_by_factor,
    kind_by_point,
    sort_out,
)
from backend.incidents.policy import Policy
from backend.incidents.queries.standing import hold_site, live_incidents, policy_of_site

READER = "incidents"

_ALARMS = """
WITH told AS (
    SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:told AS timestamptz[])) AS t(id, at)
), known AS (
    SELECT DISTINCT ON (s.source_id) s.source_id AS id, s.incident_id, s.occurrence, i.closed_at
    FROM incident_source s JOIN incident i ON i.id = s.incident_id
    WHERE s.site_id = :site AND s.kind = 'alarm' AND s.source_id = ANY(CAST(:ids AS bigint[]))
    ORDER BY s.source_id, s.id DESC
)
SELECT a.id, a.level, a.kind, a.warning, a.judgement = 'false' AS judged_false, a.state = 'closed' AS closed,
    a.title, a.title_en, a.equipment_id, COALESCE(a.area_id, e.area_id) AS area_id, a.group_id, a.point_id,
    CASE WHEN k.id IS NULL THEN a.raised_at ELSE a.last_raised_at END AS at, a.times_raised AS occurrence,
    k.incident_id AS again_of, p.kind AS point_kind,
    (SELECT count(*) FROM alarm m WHERE m.group_id = a.group_id AND NOT m.warning AND m.judgement <> 'false'
        AND m.raised_at <= a.raised_at AND m.raised_at > a.raised_at - make_interval(mins => :minutes)) AS in_flood,
    EXISTS (SELECT FROM incident_source g WHERE g.site_id = a.site_id AND g.kind = 'group' AND g.source_id = a.group_id)
        AS flood_known
FROM told t JOIN alarm a ON a.id = t.id LEFT JOIN known k ON k.id = a.id
    LEFT JOIN equipment e ON e.id = a.equipment_id LEFT JOIN point p ON p.id = a.point_id
WHERE a.site_id = :site AND (k.id IS NULL OR (k.closed_at < t.at AND k.occurrence < a.times_raised))
"""
"""Alarms that belong to no incident, and those that came again, as the log tells, after theirs was over."""
_HAZARDS = """
SELECT r.id, r.number, r.level, r.factor, r.equipment_id, COALESCE(r.area_id, e.area_id) AS area_id, r.decided_at AS at,
    COALESCE(e.name, a.name, '') AS place, COALESCE(NULLIF(e.name_en, ''), e.name, NULLIF(a.name_en, ''), a.name, '')
        AS place_en
FROM hazard_report r LEFT JOIN equipment e ON e.id = r.equipment_id LEFT JOIN area a ON a.id = r.area_id
WHERE r.site_id = :site AND r.id = ANY(CAST(:ids AS bigint[])) AND r.state = 'accepted' AND NOT EXISTS
    (SELECT FROM incident_source s WHERE s.site_id = r.site_id AND s.kind = 'report' AND s.source_id = r.id)
"""
_SIGNS = {"alarm.raised": SourceKind.ALARM, "report.accepted": SourceKind.REPORT}
"""Events that may be an outbreak, and what they are then."""


async def watch_outbreaks(session: AsyncSession) -> int:
    """Open incidents for what has happened since the last look, or add it to those that are open; gives how many
    incidents were touched."""
    seen: dict[int, dict[SourceKind, dict[int, datetime]]] = defaultdict(lambda: defaultdict(dict))
    for event in await take_settled(session, READER):
        if event.kind in _SIGNS:
            seen[event.site_id][_SIGNS[event.kind]][event.subject_id] = event.at
    touched = [await consider(session, site_id, seen[site_id]) for site_id in sorted(seen)]
    return sum(touched)


async def consider(session: AsyncSession, site_id: int, seen: Mapping[SourceKind, Mapping[int, datetime]]) -> int:
    """Open incidents for these alarms and hazard reports of a site, each with when it was told of, or add them
    to open ones; gives how many incidents were touched."""
    await hold_site(session, site_id)
    policy = await policy_of_site(session, site_id)
    signs = [
        *await _alarm_signs(session, site_id, seen.get(SourceKind.ALARM, {}), policy),
        *await _hazard_signs(session, site_id, list(seen.get(SourceKind.REPORT, {})), policy),
    ]
    if not signs:
        return 0
    outbreaks = sort_out(signs, await live_incidents(session, site_id), policy)
    zone = await _zone(session, site_id)
    for outbreak in outbreaks:
        await take_up(session, outbreak, policy, zone)
    return len(outbreaks)


@system_query("the worker watches the alarms of every site")
async def _alarm_signs(session: AsyncSession, site_id: int, told: Mapping[int, datetime], policy: Policy) -> list[Sign]:
    """Of alarms by when the log told of them last."""
    if not told:
        return []
    asked = {"site": site_id, "ids": list(told), "told": list(told.values()), "minutes": policy.flood_minutes}
    return [_alarm_sign(site_id, row, policy) for row in (await session.execute(text(_ALARMS), asked)).mappings()]


def _alarm_sign(site_id: int, row: RowMapping, policy: Policy) -> Sign:
    facts = AlarmFacts(**{name: row[name] for name in AlarmFacts.__dataclass_fields__})
    many = 0 < policy.flood_alarms <= row["in_flood"] and row["again_of"] is None
    return Sign(
        site_id=site_id,
        source=SourceKind.ALARM,
        source_id=row["id"],
        at=row["at"],
        opens=alarm_opens(facts, policy),
        kind=kind_by_point(row["point_kind"]),
        level=handled_as([row["level"]]),
        title=f"{row['title']} 等 {row['in_flood']} 条预警" if many else row["title"],
        title_en=f"{row['title_en']} and {row['in_flood'] - 1} more" if many else row["title_en"],
        equipment_id=row["equipment_id"],
        area_id=row["area_id"],
        group_id=row["group_id"],
        point_id=row["point_id"],
        occurrence=row["occurrence"],
        again_of=row["again_of"],
    )


@system_query("the worker watches the hazards of every site")
async def _hazard_signs(session: AsyncSession, site_id: int, ids: Sequence[int], policy: Policy) -> list[Sign]:
    if not ids:
        return []
    rows = (await session.execute(text(_HAZARDS), {"site": site_id, "ids": list(ids)})).mappings()
    return [_hazard_sign(site_id, row, policy) for row in rows]


def _hazard_sign(site_id: int, row: RowMapping, policy: Policy) -> Sign:
    """Named by its number and place: its words are its reporter's own, in one language."""
    place, place_en = row["place"], row["place_en"]
    return Sign(
        site_id=site_id,
        source=SourceKind.REPORT,
        source_id=row["id"],
        at=row["at"],
        opens=hazard_opens(row["level"], policy),
        kind=kind_by_factor(row["factor"]),
        level=handled_as([row["level"]]),
        title=f"重大隐患 {row['number']}" + (f"：{place}" if place else ""),
        title_en=f"Major hazard {row['number']}" + (f": {place_en}" if place_en else ""),
        equipment_id=row["equipment_id"],
        area_id=row["area_id"],
    )


@system_query("the worker numbers incidents by every site's own day")
async def _zone(session: AsyncSession, site_id: int) -> ZoneInfo:
    zone = await session.scalar(text("SELECT time_zone FROM site WHERE id = :id"), {"id": site_id})
    return ZoneInfo(zone or "UTC")
