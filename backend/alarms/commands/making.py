"""A new alarm in one statement: itself, its flood, first deadline, event, trace job and rule state at once.

Its flood is that of the standing warning of the whole plant (``whole``), else the latest one beside it.

This is the way from a reading to a phone that must be short. Sent by itself (``AlarmJudge.record_alone``) the
statement is its own transaction: one way to the database and back, one flush to the disk. Nine were needed when each
row was a statement.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from backend.alarms.escalation import USUAL_LADDERS
from backend.alarms.grouping import GROUP_WINDOW, LONGEST_FLOOD, Neighbourhood, Together
from backend.alarms.lifecycle import first
from backend.alarms.models import AlarmState, Level, RuleKind
from backend.core.clock import now
from backend.core.events import CHANNEL, LONGEST_NOTICE

TRACE_JOB = "trace.make"
SITE_LOCK = 7290
"""Advisory lock (this, site) of whoever raises in a site: floods then find their group."""


@dataclass(frozen=True)
class Occurrence:
    """A condition that holds: what the alarm's row needs. ``reading_at`` is the moment it came, UTC."""

    site_id: int
    condition_key: str
    kind: str
    level: Level
    title: str
    title_en: str
    rule_id: int | None = None
    rule_version: int = 1
    limit_name: str = ""
    warning: bool = False
    latched: bool = False
    value: float | None = None
    limit_value: float | None = None
    point_id: int | None = None
    equipment_id: int | None = None
    area_id: int | None = None
    reading_at: datetime | None = None


@dataclass(frozen=True)
class Made:
    """Ids of a new alarm and of the job that will trace it, if one had to be queued. One that waits
    already is held until the alarm is committed, so that whoever does it sees this alarm too."""

    alarm_id: int
    group_id: int | None
    job_id: int | None


_MAKE = """
WITH held AS MATERIALIZED (
    SELECT WHERE pg_try_advisory_xact_lock($26::int, CAST($1::bigint AS int))
), standing AS MATERIALIZED (
    SELECT min(since) AS since FROM held, LATERAL (
        SELECT $19::timestamptz AS since WHERE $2 = ANY($30::text[])
        UNION ALL
        SELECT a.last_raised_at FROM alarm a
        WHERE a.site_id = $1 AND a.condition_key = ANY($30::text[]) AND a.state <> 'closed'
            AND a.state <> 'out_of_service' AND a.judgement <> 'false'
            AND (a.active OR a.returned_at >= $21)
            AND ($32::bigint[] IS NULL OR a.equipment_id IS NULL OR a.equipment_id = ANY($32::bigint[]))
    ) AS warned HAVING min(since) IS NOT NULL
), whole AS MATERIALIZED (
    SELECT g.id FROM standing, alarm_group g
    WHERE g.site_id = $1 AND g.closed_at IS NULL AND g.last_raised_at >= $33 AND g.opened_at >= $33 AND EXISTS
        (SELECT FROM alarm a WHERE a.group_id = g.id
            AND (a.point_id = ANY($31::bigint[]) OR a.condition_key = ANY($30::text[]))
            AND ($32::bigint[] IS NULL OR a.equipment_id IS NULL OR a.equipment_id = ANY($32::bigint[]))
            AND (a.active OR a.returned_at >= standing.since - $34::interval))
    ORDER BY g.last_raised_at DESC, g.id DESC LIMIT 1
), beside AS MATERIALIZED (
    SELECT g.id FROM alarm_group g, held
    WHERE $20 AND g.site_id = $1 AND g.closed_at IS NULL AND g.last_raised_at >= $21 AND g.opened_at >= $35 AND EXISTS
        (SELECT FROM alarm a WHERE a.group_id = g.id AND a.equipment_id = ANY($22::bigint[]))
        AND NOT EXISTS (SELECT FROM whole)
    ORDER BY g.last_raised_at DESC, g.id DESC LIMIT 1
), near AS MATERIALIZED (
    SELECT id FROM whole UNION ALL SELECT id FROM beside
), flood AS MATERIALIZED (
    SELECT COALESCE((SELECT id FROM near), nextval('alarm_group_id_seq'::regclass)) AS id
    FROM held WHERE $20
), ladder AS (
    SELECT min(CAST(after_s AS float8)) AS after_s FROM escalation_policy p,
        jsonb_path_query(p.steps, 'strict $[*].after_s ? (@.type() == "number")', '{}', true) AS after_s
    WHERE p.site_id = $1 AND p.level = $4
), made AS (
    INSERT INTO alarm(site_id, condition_key, kind, level, title, title_en, rule_id, rule_version, limit_name,
        warning, latched, value, limit_value, point_id, equipment_id, area_id, reading_at, state, raised_at,
        last_raised_at, group_id, active, times_raised, shelved_reason, judgement, judgement_note)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $19,
        (SELECT id FROM flood), true, 1, '', '', '' FROM held
    ON CONFLICT (site_id, condition_key) WHERE state <> 'closed' DO NOTHING
    RETURNING id, group_id
), joined AS (
    UPDATE alarm_group g SET last_raised_at = $19 FROM made, near WHERE g.id = near.id
), opened AS (
    INSERT INTO alarm_group(id, site_id, opened_at, last_raised_at) OVERRIDING SYSTEM VALUE
    SELECT group_id, $1, $19, $19 FROM made WHERE group_id IS NOT NULL AND NOT EXISTS (SELECT FROM near)
), deadline AS (
    INSERT INTO escalation(site_id, alarm_id, step, due_at, outcome, told)
    SELECT $1, id, 0, $19 + make_interval(secs => COALESCE((SELECT after_s FROM ladder), $23)), '', '[]' FROM made
), told AS (
    INSERT INTO event(site_id, kind, subject, subject_id, story, level, data)
    SELECT $1, 'alarm.raised', 'alarm', id, 'alarm:' || id, $4,
        $24::jsonb || jsonb_build_object('url', '/alarms/' || id, 'group_id', group_id) FROM made
    RETURNING *
), queued AS (
    INSERT INTO job(site_id, kind, payload, dedupe_key, status, attempts, error)
    SELECT $1, $27, jsonb_build_object('group_id', group_id), group_id::text, 'queued', 0, ''
    FROM made WHERE group_id IS NOT NULL
    ON CONFLICT (kind, dedupe_key) WHERE status = 'queued' AND dedupe_key <> ''
    DO UPDATE SET due_at = job.due_at WHERE false RETURNING id
), saved AS (
    INSERT INTO rule_state(rule_id, site_id, state, updated_at)
    SELECT $7, $1, $25::text::jsonb, now() FROM made WHERE $25 IS NOT NULL
    ON CONFLICT (rule_id) DO UPDATE SET state = EXCLUDED.state, updated_at = EXCLUDED.updated_at
)
SELECT id, group_id, (SELECT id FROM queued) AS job_id,
    (SELECT pg_notify($28, CASE WHEN octet_length(word) < $29 THEN word ELSE '' END)
     FROM (SELECT row_to_json(told)::text AS word FROM told) AS words)
FROM made
"""


async def insert_alarm(
    connection: Any, occurrence: Occurrence, near: Neighbourhood, state: str | None = None
) -> Made | None:
    """Write the alarm with all that belongs to it, and its rule's ``state`` (JSON) when given.

    ``connection`` is asyncpg's. None, and nothing is written, when the condition has an open alarm or somebody else
    is raising in this site just now; who holds the site (``raising.hold_site``) knows which.
    """
    at = now()
    values = vars(occurrence) | {"latched": first(occurrence.level, occurrence.latched, at).latched}
    place = occurrence.equipment_id
    together = _together(near, occurrence)
    row = await connection.fetchrow(
        _MAKE,
        *(values[name] for name in _COLUMNS),
        AlarmState.UNACKNOWLEDGED,
        at,
        occurrence.kind != RuleKind.SYSTEM,
        at - GROUP_WINDOW,
        [] if place is None else sorted(near.within(place)),
        USUAL_LADDERS[Level(occurrence.level)].rungs[0].after_s,
        msgspec.json.encode(_shown(occurrence)).decode(),
        state,
        SITE_LOCK,
        TRACE_JOB,
        CHANNEL,
        LONGEST_NOTICE,
        together.conditions if together else [],
        together.point_ids if together else [],
        near.within(place, None) if together and place is not None else None,
        at - (together.longest if together else GROUP_WINDOW),
        GROUP_WINDOW,
        at - LONGEST_FLOOD,
    )
    return Made(row["id"], row["group_id"], row["job_id"]) if row else None


_COLUMNS = (
    "site_id",
    "condition_key",
    "kind",
    "level",
    "title",
    "title_en",
    "rule_id",
    "rule_version",
    "limit_name",
    "warning",
    "latched",
    "value",
    "limit_value",
    "point_id",
    "equipment_id",
    "area_id",
    "reading_at",
)


def _together(near: Neighbourhood, occurrence: Occurrence) -> Together | None:
    """What is watched together with it; a point that nobody placed isn't on the plant's graph."""
    if occurrence.equipment_id is None and occurrence.kind != RuleKind.DEVIATION:
        return None
    return near.together(occurrence.site_id, occurrence.point_id, occurrence.condition_key)


def _shown(occurrence: Occurrence) -> dict[str, Any]:
    """As ``stepping.tell`` writes it, but for the ids that the statement gives."""
    return {
        "title_zh": occurrence.title,
        "title_en": occurrence.title_en,
        "level": occurrence.level,
        "state": AlarmState.UNACKNOWLEDGED,
        "warning": occurrence.warning,
        "point_id": occurrence.point_id,
        "equipment_id": occurrence.equipment_id,
        "area_id": occurrence.area_id,
        "value": occurrence.value,
    }
