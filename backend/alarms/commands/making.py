"""A new alarm in one statement: itself, its flood, first deadline, event, trace job and rule state at once.

This is the way from a reading to a phone that must be short. Sent by itself (``AlarmJudge.record_alone``) the
statement is its own transaction: one way to the database and back, one flush to the disk. Nine were needed when each
row was a statement.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from backend.alarms.escalation import USUAL_LADDERS
from backend.alarms.grouping import GROUP_WINDOW, Neighbourhood
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
), near AS MATERIALIZED (
    SELECT g.id FROM alarm_group g, held
    WHERE $20 AND g.site_id = $1 AND g.closed_at IS NULL AND g.last_raised_at >= $21 AND EXISTS
        (SELECT FROM alarm a WHERE a.group_id = g.id AND a.equipment_id = ANY($22::bigint[]))
    ORDER BY g.last_raised_at DESC, g.id DESC LIMIT 1
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
