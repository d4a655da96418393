# ruff: noqa: S608 - statements are put together from our own pieces; values are parameters
"""The very rows that each measure counts, as SQL: one statement a measure, for the roll-up and for the page of rows.

Each selects, of the site ``:site`` and of facts placed from ``run.since`` to before ``run.until`` that count by
``:as_of``: ``kind, id, at, counted, base, seconds, level, equipment_id, area_id, team_id, post_id, url, title,
title_en, reason``. ``reason`` says why it is in the numerator or not (``wording.REASONS``). Places that a row doesn't
have itself are those of its equipment and area (``PLACED``). What somebody excluded counts in none of them, neither
as a fact nor as what another fact rests on.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from backend.exclusions.queries import not_excluded
from backend.operations.indicators.queries.adoption_facts import ACTIVE, ANSWERED
from backend.operations.indicators.queries.entry_facts import ENTRIES
from backend.operations.indicators.queries.foreseen import identified
from backend.operations.indicators.queries.quality_facts import SOURCE_DAYS
from backend.operations.indicators.registry import JUDGED_WITHIN, TRAINING_SPAN, Measure


def _hours(span: timedelta) -> str:
    return f"interval '{int(span.total_seconds() // 3600)} hours'"


_JUDGED, _SPAN = _hours(JUDGED_WITHIN), _hours(TRAINING_SPAN)
_IN_RUN = "{at} >= run.since AND {at} < run.until AND {at} <= :as_of"


def _in_run(at: str) -> str:
    return _IN_RUN.format(at=at)


_NOBODY = "NULL::bigint AS team_id, NULL::bigint AS post_id"
_OF_ALARM = f"x.level, x.equipment_id, x.area_id, {_NOBODY}, '/alarms/' || x.id AS url, x.title, x.title_en"
_ALARMS = f"FROM alarm x WHERE x.site_id = :site AND x.kind <> 'system' AND {_in_run('x.raised_at')}"

_JUDGED_TRUE = f"""
SELECT 'alarm' AS kind, x.id, x.raised_at AS at, (x.judgement = 'true')::int AS counted, 1 AS base,
    NULL::float8 AS seconds, {_OF_ALARM}, 'judged_' || x.judgement AS reason
{_ALARMS} AND x.judgement IN ('true', 'false') AND NOT EXISTS (
    SELECT FROM maintenance_record m WHERE m.site_id = :site AND m.equipment_id = x.equipment_id
    AND m.done_on = (x.raised_at AT TIME ZONE :zone)::date)
"""
_UNJUDGED = f"""
SELECT 'alarm' AS kind, x.id, x.raised_at AS at, (x.judgement = '')::int AS counted, 1 AS base,
    NULL::float8 AS seconds, {_OF_ALARM},
    CASE x.judgement WHEN '' THEN 'not_judged' ELSE 'judged_' || x.judgement END AS reason
{_ALARMS} AND x.raised_at <= CAST(:as_of AS timestamptz) - {_JUDGED}
"""


def _timed(since: str, until: str, where: str = "true") -> str:
    """Alarms that were waited for, with the seconds from ``since`` to ``until``; not over yet: not counted."""
    return f"""
SELECT 'alarm' AS kind, x.id, x.raised_at AS at, ({until} IS NOT NULL)::int AS counted, 1 AS base,
    CASE WHEN {until} IS NOT NULL THEN GREATEST(extract(epoch FROM {until} - {since}), 0)::float8 END AS seconds,
    {_OF_ALARM},
    CASE WHEN {until} IS NULL THEN 'not_over' ELSE 'over' END AS reason
{_ALARMS} AND {where}
"""


_FIRST_WARNING = f"""
LEFT JOIN LATERAL (
    SELECT min(w.raised_at) AS at FROM alarm w
    WHERE w.site_id = :site AND w.warning AND w.kind <> 'system' AND w.judgement <> 'false'
        AND w.raised_at < x.opened_at AND {not_excluded("'alarm'", "w.id")}
        AND w.id IN (
        SELECT g.id FROM alarm g WHERE g.site_id = :site AND g.group_id = x.group_id
        UNION ALL
        SELECT s.source_id FROM incident_source s WHERE s.incident_id = x.id AND s.kind = 'alarm')
) first ON true
"""
_OF_INCIDENT = f"x.level, x.equipment_id, x.area_id, {_NOBODY}, '/incidents/' || x.id AS url, x.title, x.title_en"
_INCIDENTS = f"x.state <> 'called_off' AND {_in_run('x.began_at')}"
_FOREWARNED = f"""
SELECT 'incident' AS kind, x.id, x.began_at AS at, (first.at IS NOT NULL)::int AS counted, 1 AS base,
    NULL::float8 AS seconds, {_OF_INCIDENT},
    CASE WHEN first.at IS NULL THEN 'no_warning' ELSE 'warned' END AS reason
FROM incident x {_FIRST_WARNING} WHERE x.site_id = :site AND {_INCIDENTS}
"""
_LEAD = f"""
SELECT 'incident' AS kind, x.id, x.began_at AS at, 1 AS counted, 1 AS base,
    extract(epoch FROM x.opened_at - first.at)::float8 AS seconds, {_OF_INCIDENT}, 'warned' AS reason
FROM incident x {_FIRST_WARNING} WHERE x.site_id = :site AND {_INCIDENTS} AND first.at IS NOT NULL
"""
_FOUND = f"""
SELECT 'incident' AS kind, x.id, x.began_at AS at, {_OF_INCIDENT.replace(f" {_NOBODY},", "")}
FROM incident x WHERE x.site_id = :site AND {_INCIDENTS}
UNION ALL
SELECT 'report', x.id, x.created_at, x.level, x.equipment_id, x.area_id, '/reports/' || x.id,
    COALESCE(NULLIF(x.title, ''), x.details), COALESCE(NULLIF(x.title, ''), x.details)
FROM hazard_report x JOIN person p ON p.id = x.reporter_id AND p.role NOT IN ('worker', 'leader')
WHERE x.site_id = :site AND x.state = 'accepted' AND {_in_run("x.created_at")}
"""
_OF_FOUND = f"x.level, x.equipment_id, x.area_id, {_NOBODY}, x.url, x.title, x.title_en"
_FOUND_BY_STAFF = f"""
SELECT 'report' AS kind, x.id, x.created_at AS at, (p.role IN ('worker', 'leader'))::int AS counted, 1 AS base,
    NULL::float8 AS seconds, NULL::text AS level, x.equipment_id, x.area_id, x.team_id, NULL::bigint AS post_id,
    '/reports/' || x.id AS url, COALESCE(NULLIF(x.title, ''), x.details) AS title,
    COALESCE(NULLIF(x.title, ''), x.details) AS title_en,
    CASE WHEN p.role IN ('worker', 'leader') THEN 'by_staff' ELSE 'by_audit' END AS reason
FROM hazard_report x JOIN person p ON p.id = x.reporter_id
WHERE x.site_id = :site AND x.state IN ('accepted', 'merged') AND {_in_run("x.created_at")}
"""

_FIRST_DEADLINE = "COALESCE(x.original_deadline, x.deadline)"
_OF_RECTIFICATION = (
    "NULL::float8 AS seconds, x.level, x.equipment_id, x.area_id, p.team_id, NULL::bigint AS post_id, "
    "'/rectifications/' || x.id AS url, x.number || ' ' || x.title AS title, x.number || ' ' || x.title AS title_en"
)
_RECTIFICATIONS = (
    "FROM rectification x JOIN person p ON p.id = x.owner_id "
    "WHERE x.site_id = :site AND x.parent_id IS NULL AND x.state <> 'cancelled'"
)
_ON_TIME = f"""
SELECT 'rectification' AS kind, x.id, {_FIRST_DEADLINE} AS at,
    (x.state = 'verified' AND x.verified_at <= {_FIRST_DEADLINE})::int AS counted, 1 AS base, {_OF_RECTIFICATION},
    CASE WHEN x.state <> 'verified' THEN 'late_open' WHEN x.verified_at <= {_FIRST_DEADLINE} THEN 'in_time'
        ELSE 'late_verified' END AS reason
{_RECTIFICATIONS} AND {_in_run(_FIRST_DEADLINE)}
"""
_EXTENDED = f"""
SELECT 'rectification' AS kind, x.id, {_FIRST_DEADLINE} AS at, (x.original_deadline IS NOT NULL)::int AS counted,
    1 AS base, {_OF_RECTIFICATION},
    CASE WHEN x.original_deadline IS NULL THEN 'not_extended' ELSE 'was_extended' END AS reason
{_RECTIFICATIONS} AND {_in_run(_FIRST_DEADLINE)}
"""
_CLOSED = f"""
SELECT 'rectification' AS kind, x.id, x.created_at AS at, (x.state = 'verified')::int AS counted, 1 AS base,
    {_OF_RECTIFICATION}, CASE x.state WHEN 'verified' THEN 'verified' ELSE 'still_open' END AS reason
{_RECTIFICATIONS} AND {_in_run("x.created_at")}
"""
_WINDOW = "CAST(:recurrence_hours AS int) * interval '1 hour'"
_RECURRED = f"""
SELECT 'rectification' AS kind, x.id, x.verified_at + {_WINDOW} AS at, (again.id IS NOT NULL)::int AS counted,
    1 AS base, {_OF_RECTIFICATION},
    CASE WHEN again.id IS NULL THEN 'stayed_away' ELSE 'came_back' END AS reason
FROM rectification x JOIN person p ON p.id = x.owner_id
LEFT JOIN LATERAL (
    SELECT r.id FROM rectification r WHERE r.recurs_id = x.id AND r.site_id = :site AND r.state <> 'cancelled'
    AND r.created_at <= x.verified_at + {_WINDOW} AND {not_excluded("'rectification'", "r.id")} LIMIT 1
) again ON true
WHERE x.site_id = :site AND x.parent_id IS NULL AND x.state = 'verified'
    AND x.verified_at >= run.since - {_WINDOW} AND x.verified_at < run.until - {_WINDOW}
    AND x.verified_at <= CAST(:as_of AS timestamptz) - {_WINDOW}
"""

_TRACES = f"""
FROM trace x
LEFT JOIN LATERAL (
    SELECT a.equipment_id, a.area_id, a.title, a.title_en FROM alarm a
    WHERE a.group_id = x.group_id ORDER BY a.raised_at, a.id LIMIT 1
) shown ON true
WHERE x.site_id = :site AND x.confirmed_node <> '' AND {_in_run("x.confirmed_at")}
"""
_OF_TRACE = (
    f"1 AS base, NULL::float8 AS seconds, NULL::text AS level, shown.equipment_id, shown.area_id, {_NOBODY}, "
    "'/traces/' || x.id AS url, COALESCE(shown.title, '') AS title, COALESCE(shown.title_en, '') AS title_en"
)


def _same_cause(key: str) -> str:
    """A place that was confirmed without a cause of the library agrees with any cause there."""
    return f"({key} = x.confirmed_node OR split_part({key}, '/', 1) = x.confirmed_node)"


def _traced(hit: str, yes: str, no: str) -> str:
    return f"""
SELECT 'trace' AS kind, x.id, x.confirmed_at AS at, ({hit})::int AS counted, {_OF_TRACE},
    CASE WHEN {hit} THEN '{yes}' ELSE '{no}' END AS reason
{_TRACES}
"""


_VERDICTS = "x.result, '$.fused[*] ? (@.contributes == false && @.key != \"rest\")'"
_AMONG_THREE = f"""EXISTS (
    SELECT FROM jsonb_array_elements(CASE WHEN jsonb_path_exists({_VERDICTS}) THEN jsonb_path_query_array({_VERDICTS})
        ELSE COALESCE(x.result -> 'causes', '[]') END) WITH ORDINALITY AS listed(cause, place)
    WHERE place <= 3 AND {_same_cause("COALESCE(cause ->> 'key', cause ->> 'node')")})"""
_BLIND = """EXISTS (
    SELECT FROM incident i JOIN incident_meeting m ON m.incident_id = i.id
    JOIN incident_meeting_choice c ON c.meeting_id = m.id AND NOT c.saw_ranking
    WHERE i.site_id = :site AND i.group_id = x.group_id AND c.at <= x.confirmed_at)"""

_OF_VISIT = (
    "1 AS base, NULL::float8 AS seconds, NULL::text AS level, s.equipment_id, s.area_id, NULL::bigint AS team_id, "
    "x.post_id, COALESCE('/checkins/' || (SELECT max(c.id) FROM check_in c WHERE c.visit_id = x.id AND "
    "c.site_id = :site), '/plans/' || x.plan_id) AS url, n.name AS title, COALESCE(NULLIF(n.name_en, ''), n.name) "
    "AS title_en, x.state AS reason"
)
_VISITS = f"""
FROM inspection_visit x JOIN inspection_stop s ON s.id = x.stop_id JOIN inspection_plan n ON n.id = x.plan_id
WHERE x.site_id = :site AND {_in_run("x.closes_at")}
"""
_CHECKED = f"""
SELECT 'visit' AS kind, x.id, x.closes_at AS at, (x.state = 'done')::int AS counted, {_OF_VISIT} {_VISITS}
"""
_MADE_UP = f"""
SELECT 'visit' AS kind, x.id, x.closes_at AS at, (x.state = 'made_up')::int AS counted, {_OF_VISIT} {_VISITS}
AND x.state IN ('missed', 'made_up', 'due')
"""

_COURSES = f"""
WITH fitting AS (
    SELECT DISTINCT r.course_id, e.owner_post_id AS post_id, e.id AS equipment_id, r.word
    FROM training_cause_rule r JOIN equipment e ON e.site_id = r.site_id AND e.owner_post_id IS NOT NULL
        AND (r.equipment_id IS NULL OR r.equipment_id = e.id)
        AND (r.equipment_class = '' OR r.equipment_class = e.equipment_class)
    WHERE r.site_id = :site
), trouble AS (
    SELECT created_at AS at, equipment_id, title || ' ' || cause AS words, 'r' || id AS ref FROM rectification
    WHERE site_id = :site AND alarm_id IS NULL AND state <> 'cancelled'
        AND {not_excluded("'rectification'", "rectification.id")}
    UNION ALL
    SELECT raised_at, equipment_id, title, 'a' || id FROM alarm
    WHERE site_id = :site AND judgement <> 'false' AND kind <> 'system' AND {not_excluded("'alarm'", "alarm.id")}
), happened AS (
    SELECT DISTINCT f.course_id, f.post_id, t.at, t.ref FROM fitting f JOIN trouble t ON t.equipment_id = f.equipment_id
    AND (f.word = '' OR strpos(lower(t.words), lower(f.word)) > 0)
), learned AS (
    SELECT f.course_id, h.post_id, h.person_id, min(q.passed_at) AS at
    FROM (SELECT DISTINCT course_id, post_id FROM fitting) f
    JOIN post_holder h ON h.post_id = f.post_id AND h.until IS NULL AND h.site_id = :site
    LEFT JOIN quiz_attempt q ON q.site_id = :site AND q.course_id = f.course_id AND q.person_id = h.person_id
        AND q.passed_at IS NOT NULL
    GROUP BY f.course_id, h.post_id, h.person_id
), passed AS (
    SELECT course_id, post_id, (array_agg(at ORDER BY at NULLS LAST))[((count(*) + 1) / 2)::int] AS at
    FROM learned GROUP BY course_id, post_id
)
"""


def _effect(posts: str, reason: str) -> str:
    """Cases ``after`` (counted) and before (base) the moment at which half of a post had passed."""
    counts = "count(*) FILTER (WHERE h.at >= {0}) AS after, count(*) FILTER (WHERE h.at < {0}) AS before"
    return f"""
SELECT * FROM ({_COURSES}
SELECT 'course' AS kind, p.course_id AS id, p.at + {_SPAN} AS at, cases.after::int AS counted,
    cases.before::int AS base, NULL::float8 AS seconds, NULL::text AS level, NULL::bigint AS equipment_id,
    NULL::bigint AS area_id, NULL::bigint AS team_id, u.post_id, '/courses/' || p.course_id AS url,
    k.title, COALESCE(NULLIF(k.title_en, ''), k.title) AS title_en, '{reason}' AS reason
FROM passed p JOIN course k ON k.id = p.course_id AND k.site_id = :site {posts}
LEFT JOIN LATERAL (
    SELECT {counts.format("p.at")} FROM happened h
    WHERE h.course_id = p.course_id AND h.post_id = u.post_id AND h.at >= p.at - {_SPAN} AND h.at < p.at + {_SPAN}
) cases ON true
WHERE p.at IS NOT NULL) x WHERE {_in_run("x.at")}
"""


_UNTRAINED_POSTS = f"""JOIN passed u ON u.course_id = p.course_id AND u.post_id <> p.post_id
    AND (u.at IS NULL OR u.at >= p.at + {_SPAN})"""

CLEAN = "clean_entries"
"""The one measure that counts what was excluded: in its denominator alone."""
FACTS = {
    "identified": identified(_FOUND, _OF_FOUND),
    "known_by_list": identified(_FOUND, _OF_FOUND, only_by_list=True),
    "found_by_staff": _FOUND_BY_STAFF,
    "judged_true": _JUDGED_TRUE,
    "unjudged": _UNJUDGED,
    "forewarned": _FOREWARNED,
    "lead": _LEAD,
    "on_time": _ON_TIME,
    "extended": _EXTENDED,
    "closed": _CLOSED,
    "recurred": _RECURRED,
    "traced_first": _traced(f"COALESCE({_same_cause('x.first_named')}, false)", "ranked_first", "not_first"),
    "traced_three": _traced(_AMONG_THREE, "among_three", "not_three"),
    "traced_blind": _traced(_BLIND, "blind", "not_blind"),
    "checked": _CHECKED,
    "made_up": _MADE_UP,
    "acknowledged": _timed("x.raised_at", "x.acknowledged_at"),
    "disposed": _timed("x.acknowledged_at", "LEAST(x.judged_at, x.closed_at)", "x.acknowledged_at IS NOT NULL"),
    "ended": _timed("x.raised_at", "x.closed_at"),
    "trained": _effect("CROSS JOIN LATERAL (SELECT p.post_id) u", "trained"),
    "untrained": _effect(_UNTRAINED_POSTS, "untrained"),
    "source_quality": SOURCE_DAYS,
    "active": ACTIVE,
    "answered": ANSWERED,
    CLEAN: ENTRIES,
}

PLACED = """
SELECT f.kind, f.id, f.at, f.counted, f.base, f.seconds, f.equipment_id, f.url, f.title, f.title_en, f.reason,
    COALESCE(f.area_id, e.area_id, 0) AS area_id, COALESCE(e.stage_id, a.stage_id, 0) AS stage_id,
    COALESCE(f.team_id, a.team_id, 0) AS team_id, COALESCE(f.post_id, e.owner_post_id, 0) AS post_id,
    COALESCE(array_position(ARRAY['major', 'significant', 'general', 'low'], f.level), 0) AS level_id
FROM ({facts}) f
LEFT JOIN equipment e ON e.id = f.equipment_id AND e.site_id = :site
LEFT JOIN area a ON a.id = COALESCE(f.area_id, e.area_id) AND a.site_id = :site
WHERE {counted}
"""


def placed(measure: str) -> str:
    """The facts of ``measure`` within ``run``, with their places; 0 where something belongs to none."""
    return PLACED.format(facts=FACTS[measure], counted="true" if measure == CLEAN else not_excluded("f.kind", "f.id"))


_BY_DAY = {"maintenance", "person_day"}
"""Topics whose facts lie on days of the site: their statements ask for its ``:zone``."""


def fact_values(measure: Measure, as_of: datetime, zone: ZoneInfo, recurrence: timedelta) -> dict[str, object]:
    """What the statement of ``measure`` asks for besides the site and its runs."""
    values: dict[str, object] = {"as_of": as_of}
    if measure.matures:
        values["recurrence_hours"] = recurrence // timedelta(hours=1)
    if measure.topics.keys() & _BY_DAY:
        values["zone"] = str(zone)
    return values
