"""Reads what the rules look at from an incident's report and the records around it. System role, all sites."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.evaluation import Rule
from backend.alarms.models import RuleKind
from backend.alarms.parameters import HIGH, LIMIT_NAMES, ParametersError, read_parameters
from backend.core.clock import now
from backend.identity.permissions import system_query
from backend.incidents.models import Incident, IncidentKind
from backend.incidents.response.content import usual_plan
from backend.incidents.review.collecting import trace_of
from backend.incidents.review.effects import Moved
from backend.lessons.reviewed.facts import Facts, FirstSign, Gap, LeftAlone, Missed, Named, Root, Turned, Unwatched
from backend.lessons.reviewed.limits import Course
from backend.tracing.library.fusing import site_library
from backend.tracing.library.titles import place_of

REPLAYED = timedelta(days=30)

_ALARMS = """
SELECT a.id, a.equipment_id, a.point_id, a.limit_name, a.raised_at, a.warning, r.id AS rule_id, r.name, r.name_en,
    r.kind AS rule_kind, r.enabled, r.parameters, r.deadband, r.on_delay_s, r.off_delay_s, COALESCE(p.unit, '') AS unit,
    COALESCE(p.name, '') AS point, COALESCE(p.name_en, '') AS point_en
FROM alarm a LEFT JOIN alarm_rule r ON r.site_id = a.site_id AND r.id = a.rule_id
LEFT JOIN point p ON p.site_id = a.site_id AND p.id = a.point_id
WHERE a.site_id = :site AND a.kind <> 'system' AND a.judgement <> 'false' AND a.raised_at <= :until AND (
    a.group_id = CAST(:group AS bigint) OR a.id IN (SELECT s.source_id FROM incident_source s
        WHERE s.site_id = :site AND s.incident_id = :incident AND s.kind = 'alarm'))
ORDER BY a.raised_at, a.id LIMIT 200
"""
_WHERE = """
SELECT e.id, e.name, e.name_en FROM equipment e WHERE e.site_id = :site AND e.id = COALESCE(CAST(:equipment AS bigint),
    (SELECT p.equipment_id FROM point p WHERE p.site_id = :site AND p.id = CAST(:point AS bigint)))
"""
_PLACE = """
SELECT id, name, name_en FROM equipment WHERE site_id = :site AND id = CAST(:equipment AS bigint)
UNION ALL SELECT id, name, name_en FROM area
WHERE site_id = :site AND id = CAST(:area AS bigint) AND CAST(:equipment AS bigint) IS NULL
"""
_ASKED = """
SELECT i.item ->> 'title' FROM inspection_plan p
JOIN inspection_stop s ON s.site_id = p.site_id AND s.plan_id = p.id AND s.active AND s.equipment_id = :equipment
JOIN checklist c ON c.site_id = p.site_id AND c.id = p.checklist_id CROSS JOIN jsonb_array_elements(c.items) AS i(item)
WHERE p.site_id = :site AND p.active
"""
_GAPS = """
SELECT l.id AS lapse_id, COALESCE(c.title, l.title) AS course,
    COALESCE(NULLIF(c.title_en, ''), l.title_en) AS course_en,
    c.id AS course_id, l.person_id, l.equipment_id, o.id AS post_id, o.name AS post, o.name_en AS post_en
FROM incident_lapse l JOIN site s ON s.id = l.site_id
JOIN person h ON h.site_id = l.site_id AND h.id = l.person_id AND h.active
LEFT JOIN training_assignment g ON l.kind = 'training_missing' AND g.site_id = l.site_id AND g.id = l.row_id
LEFT JOIN course c ON c.site_id = l.site_id AND CASE WHEN l.kind = 'training_missing' THEN c.id = g.course_id
    ELSE c.title = l.title END
LEFT JOIN post o ON o.site_id = l.site_id AND o.id = l.post_id
WHERE l.site_id = :site AND l.incident_id = :incident AND l.kind IN ('training_lapsed', 'training_missing')
AND NOT EXISTS (SELECT FROM training_record t WHERE t.site_id = l.site_id AND t.person_id = l.person_id
    AND t.course = COALESCE(c.title, l.title)
    AND (t.valid_until IS NULL OR t.valid_until >= CAST(now() AT TIME ZONE s.time_zone AS date)))
ORDER BY l.id
"""
_MISSED = """
SELECT p.id, p.name, p.name_en, array_agg(DISTINCT l.id ORDER BY l.id) AS lapses
FROM incident_lapse l JOIN inspection_visit v ON v.site_id = l.site_id AND v.id = l.row_id
JOIN inspection_plan p ON p.site_id = l.site_id AND p.id = v.plan_id AND p.active
WHERE l.site_id = :site AND l.incident_id = :incident AND l.kind = 'missed_checkin' GROUP BY p.id ORDER BY p.id
"""
_LEFT_ALONE = """
SELECT r.id, r.name, r.name_en, array_agg(DISTINCT l.id ORDER BY l.id) AS lapses
FROM incident_lapse l JOIN alarm a ON a.site_id = l.site_id AND a.id = l.row_id
JOIN alarm_rule r ON r.site_id = l.site_id AND r.id = a.rule_id AND r.enabled
WHERE l.site_id = :site AND l.incident_id = :incident AND l.kind = 'ignored_warning' GROUP BY r.id ORDER BY r.id
"""
_UNWATCHED = """
SELECT p.id, p.name, p.name_en, p.unit, p.equipment_id FROM point p WHERE p.site_id = :site AND p.id = :point
AND NOT EXISTS (SELECT FROM alarm_rule r WHERE r.site_id = p.site_id AND r.point_id = p.id AND r.enabled)
"""
_DEEDS = "SELECT id, kind, at FROM incident_disposal WHERE site_id = :site AND incident_id = :incident"
_STEPS = """
SELECT steps FROM incident_plan WHERE site_id = :site AND kind = :kind ORDER BY version DESC LIMIT 1
"""
_COURSE = """
SELECT extract(epoch FROM date_trunc('minute', at))::float8 + 60 AS minute_end,
    CASE WHEN :high THEN max(value) ELSE min(value) END AS worst
FROM reading WHERE site_id = :site AND point_id = :point AND at >= :since AND at < :until
    AND quality & 4 = 0 GROUP BY 1 ORDER BY 1
"""
"""Late readings (flag 4) raise nothing when they come, and so not here."""


@system_query("the worker suggests at every site")
async def facts_of(session: AsyncSession, incident: Incident, report: Mapping[str, Any]) -> Facts:
    """The review of a closed incident as the rules look at it; ``report``: the content of its newest version."""
    asked = {"site": incident.site_id, "incident": incident.id}
    span = {"group": incident.group_id, "until": incident.closed_at or now()}
    alarms = [dict(row) for row in (await session.execute(text(_ALARMS), {**asked, **span})).mappings()]
    at = {"site": incident.site_id, "equipment": incident.equipment_id, "area": incident.area_id}
    place = (await session.execute(text(_PLACE), at)).one_or_none()
    missed = await session.execute(text(_MISSED), asked)
    left_alone = await session.execute(text(_LEFT_ALONE), asked)
    return Facts(
        incident.id,
        incident.number,
        incident.kind,
        incident.equipment_id,
        incident.area_id,
        Named(*place) if place else None,
        await _root(session, incident, report.get("root"), alarms),
        await _gaps(session, asked),
        [Missed(Named(*row[:3]), row.lapses) for row in missed],
        [LeftAlone(Named(*row[:3]), row.lapses) for row in left_alone],
        await _first(session, incident, alarms),
        await _turned(session, asked, report.get("effects", []), alarms),
        await _unwatched(session, incident, report.get("root")),
        await _steps(session, incident),
    )


@system_query("the worker suggests at every site")
async def _root(
    session: AsyncSession, incident: Incident, told: Mapping[str, Any] | None, alarms: Sequence[Mapping[str, Any]]
) -> Root | None:
    if not told:
        return None
    key = str(told["key"])
    kind, _, number = place_of(key).partition(":")
    where: dict[str, int | None] = {"equipment": None, "point": None}
    if kind in where and number.isdecimal():
        where[kind] = int(number)
    elif key == "other" and told.get("note"):
        where["equipment"] = incident.equipment_id
    unit = (await session.execute(text(_WHERE), {"site": incident.site_id, **where})).one_or_none()
    if unit is None:
        return None
    cause = key.partition("/")[2]
    known = (await site_library(session, incident.site_id)).titled(cause) if cause else None
    questions = await session.scalars(text(_ASKED), {"site": incident.site_id, "equipment": unit.id})
    onset = (told.get("onset") or {}).get("name")
    return Root(
        Named(*unit),
        cause,
        known.title if known else "",
        known.title_en if known else "",
        getattr(known, "advice", ""),
        getattr(known, "advice_en", ""),
        str(told.get("note") or "") if key == "other" else "",
        Named(0, onset["zh"], onset["en"]) if onset else None,
        frozenset(questions),
        [row["id"] for row in alarms if row["equipment_id"] == unit.id],
    )


@system_query("the worker suggests at every site")
async def _gaps(session: AsyncSession, asked: Mapping[str, Any]) -> list[Gap]:
    """Training that is lacking still: what was made up for meanwhile asks for nothing."""
    rows = await session.execute(text(_GAPS), asked)
    return [
        Gap(
            row.lapse_id,
            row.course,
            row.course_en,
            row.course_id,
            row.person_id,
            Named(row.post_id, row.post, row.post_en) if row.post_id else None,
            row.equipment_id,
        )
        for row in rows
    ]


@system_query("the worker suggests at every site")
async def _first(session: AsyncSession, incident: Incident, alarms: Sequence[Mapping[str, Any]]) -> FirstSign | None:
    """The first alarm of a limit; None where no rule of limits that is still in force raised one."""
    row = next((one for one in alarms if _of_a_limit(one)), None)
    if row is None:
        return None
    try:
        parameters = read_parameters(row["rule_kind"], row["parameters"])
    except ParametersError:
        return None
    return FirstSign(
        row["id"],
        Named(row["rule_id"], row["name"], row["name_en"]),
        Rule(parameters, row["deadband"], row["on_delay_s"], row["off_delay_s"]),
        row["limit_name"],
        row["raised_at"].timestamp(),
        (incident.opened_at - alarms[0]["raised_at"]).total_seconds(),
        row["unit"],
        await _course(session, incident.site_id, row["point_id"], row["raised_at"], row["limit_name"] in HIGH),
        row["equipment_id"],
    )


def _of_a_limit(row: Mapping[str, Any]) -> bool:
    return row["rule_kind"] == RuleKind.THRESHOLD and row["enabled"] and row["limit_name"] in LIMIT_NAMES


@system_query("the worker suggests at every site")
async def _course(session: AsyncSession, site_id: int, point_id: int, until: datetime, high: bool) -> Course:
    asked = {"site": site_id, "point": point_id, "since": until - REPLAYED, "until": until, "high": high}
    rows = [(at, worst) for at, worst in await session.execute(text(_COURSE), asked) if at <= until.timestamp()]
    found = np.array(rows, dtype=np.float64).reshape(-1, 2)
    return Course(found[:, 0], found[:, 1])


@system_query("the worker suggests at every site")
async def _unwatched(session: AsyncSession, incident: Incident, told: Mapping[str, Any] | None) -> Unwatched | None:
    """The root's point, if the trace says by readings that it moved first."""
    trace = await trace_of(session, incident) if told else None
    place = place_of(str(told["key"])) if told else ""
    causes = trace["result"].get("causes", []) if trace else []
    cause = next((one for one in causes if place in {one["node"], f"equipment:{one['equipment_id']}"}), None)
    kind, _, number = cause["node"].partition(":") if cause else ("", "", "")
    if cause is None or kind != "point" or not cause["deviation"]:
        return None
    asked = {"site": incident.site_id, "point": int(number)}
    row = (await session.execute(text(_UNWATCHED), asked)).one_or_none()
    if row is None:
        return None
    high = cause["deviation"] > 0
    course = await _course(session, incident.site_id, row.id, incident.opened_at, high)
    point = Named(row.id, row.name, row.name_en)
    return Unwatched(point, row.unit, high, incident.opened_at.timestamp(), course, row.equipment_id)


@system_query("the worker suggests at every site")
async def _turned(
    session: AsyncSession,
    asked: Mapping[str, Any],
    effects: Sequence[Mapping[str, Any]],
    alarms: Sequence[Mapping[str, Any]],
) -> list[Turned]:
    """Deeds after which an alarmed point went back the way it had come."""
    if not effects:
        return []
    deeds: dict[tuple[str, str], list[int]] = defaultdict(list)
    for line in await session.execute(text(_DEEDS), asked):
        deeds[line.kind, line.at.isoformat()].append(line.id)
    signs: dict[int, Mapping[str, Any]] = {}
    for row in alarms:
        if row["point_id"] is not None and row["limit_name"] in LIMIT_NAMES:
            signs.setdefault(row["point_id"], row)
    found = []
    for effect in effects:
        ids = deeds.get((effect["what"], effect["at"]))
        back = next((one for one in effect["changes"] if _went_back(one, signs.get(one["point_id"]))), None)
        if ids and back:
            sign = signs[back["point_id"]]
            point = Named(back["point_id"], sign["point"], sign["point_en"])
            moved = (back["before"], back["after"], sign["unit"])
            found.append(Turned(ids[0], effect["what"], effect["words"] or "", sign["id"], point, *moved))
    return found


def _went_back(change: Mapping[str, Any], sign: Mapping[str, Any] | None) -> bool:
    if sign is None:
        return False
    return bool(change["moved"] == (Moved.FELL if sign["limit_name"] in HIGH else Moved.ROSE))


@system_query("the worker suggests at every site")
async def _steps(session: AsyncSession, incident: Incident) -> frozenset[str]:
    asked = {"site": incident.site_id, "kind": incident.kind}
    own = await session.scalar(text(_STEPS), asked)
    if own is not None:
        return frozenset(step["text"] for step in own)
    return frozenset(step.text for step in usual_plan(IncidentKind(incident.kind)).steps)
