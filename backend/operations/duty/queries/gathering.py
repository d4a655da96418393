"""What a month's records say of everybody at a site: one statement for each sort of thing that is asked of people.

Each gives, by person, how much was ``asked`` and the ``rows`` that cost or earn points (``scoring.Row`` as JSON). Who
answers is who was named, or held the post at that time; days of leave don't count, nor what somebody excluded. The
worker alone runs them: pages read statements.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.exclusions.queries import not_excluded
from backend.identity.permissions import system_query
from backend.operations.duty.scoring import Facts, Row

_AWAY = """EXISTS (SELECT 1 FROM duty_absence a WHERE a.site_id = :site AND a.person_id = {person}
    AND a.removed_at IS NULL AND {day} BETWEEN a.from_on AND a.to_on)"""
_DAY = "CAST(timezone(:zone, {at}) AS date)"


def _here(person: str, day: str) -> str:
    """The person wasn't away on that day."""
    return "NOT " + _AWAY.format(person=person, day=day)


def _here_at(person: str, at: str) -> str:
    return _here(person, _DAY.format(at=at))


_ROW = (
    "jsonb_build_object('kind', kind, 'id', id, 'words', words, 'words_en', words_en, 'url', url, "
    "'at', at, 'sharing', sharing, 'hours', hours, 'by', decided_by)"
)
_BY_PERSON = f"""
SELECT person_id, count(DISTINCT thing) AS asked,
    coalesce(jsonb_agg({_ROW}) FILTER (WHERE kind IS NOT NULL), '[]') AS rows
FROM found WHERE person_id IS NOT NULL GROUP BY person_id
"""  # noqa: S608 - made of this file's own constants

_VISITS = f"""
WITH answered AS (
    SELECT v.id, v.state, v.closes_at, v.stop_id, h.person_id, count(*) OVER (PARTITION BY v.id) AS sharing
    FROM inspection_visit v
    JOIN post_holder h ON h.post_id = v.post_id AND h.since <= v.closes_at
        AND (h.until IS NULL OR h.until > v.closes_at)
    WHERE v.site_id = :site AND v.closes_at >= :starts AND v.closes_at < :ends AND v.state <> 'due'
        AND {_here_at("h.person_id", "v.closes_at")} AND {not_excluded("'visit'", "v.id")}
), found AS (
    SELECT a.person_id, a.id AS thing, a.id,
        CASE a.state WHEN 'missed' THEN 'visit_missed' WHEN 'made_up' THEN 'visit_made_up' END AS kind,
        coalesce(e.name, r.name, '') AS words, coalesce(e.name_en, r.name_en, '') AS words_en,
        '/checkins/' || a.id AS url, a.closes_at AS at, a.sharing, CAST(NULL AS float) AS hours,
        CAST(NULL AS bigint) AS decided_by
    FROM answered a JOIN inspection_stop s ON s.id = a.stop_id
    LEFT JOIN equipment e ON e.id = s.equipment_id LEFT JOIN area r ON r.id = s.area_id
) {_BY_PERSON}
"""  # noqa: S608 - made of this file's own constants
_REPORTS = f"""
WITH found AS (
    SELECT r.reporter_id AS person_id, r.id AS thing, r.id,
        CASE WHEN r.level IN ('major', 'significant') THEN 'report_grave' ELSE 'report_accepted' END AS kind,
        r.number || ' ' || coalesce(nullif(r.title, ''), left(r.details, 40)) AS words, '' AS words_en,
        '/reports/' || r.id AS url, r.created_at AS at, 1 AS sharing, CAST(NULL AS float) AS hours,
        r.decided_by
    FROM hazard_report r
    WHERE r.site_id = :site AND r.created_at >= :starts AND r.created_at < :ends AND r.state = 'accepted'
        AND r.decided_by IS DISTINCT FROM r.reporter_id AND {not_excluded("'report'", "r.id")}
) {_BY_PERSON}
"""  # noqa: S608 - made of this file's own constants
_ALARMS = f"""
WITH called AS (
    SELECT e.id, e.alarm_id, e.done_at, jsonb_array_length(e.told) AS sharing, a.title, a.title_en,
        CAST(t.person AS bigint) AS person_id,
        (SELECT n.step = 1 AND n.outcome IN ('told', 'nobody') FROM escalation n
            WHERE n.alarm_id = e.alarm_id AND n.id > e.id ORDER BY n.id LIMIT 1) AS went_on
    FROM alarm a JOIN escalation e ON e.alarm_id = a.id AND e.step = 0 AND e.outcome = 'told'
    CROSS JOIN LATERAL jsonb_array_elements_text(e.told) AS t(person)
    WHERE a.site_id = :site AND a.raised_at >= :starts AND a.raised_at < :ends AND a.kind <> 'system'
        AND {not_excluded("'alarm'", "a.id")}
), found AS (
    SELECT c.person_id, c.id AS thing, c.id, CASE WHEN c.went_on THEN 'ack_late' END AS kind, c.title AS words,
        c.title_en AS words_en, '/alarms/' || c.alarm_id AS url, c.done_at AS at, c.sharing,
        CAST(NULL AS float) AS hours, CAST(NULL AS bigint) AS decided_by
    FROM called c WHERE {_here_at("c.person_id", "c.done_at")}
) {_BY_PERSON}
"""  # noqa: S608 - made of this file's own constants
"""Late is what went on to the second rung of the site's own ladder since nobody had acknowledged."""
_DISPOSALS = f"""
WITH taken AS (
    SELECT a.id, a.acknowledged_by AS person_id, a.acknowledged_at, a.title, a.title_en,
        extract(epoch FROM coalesce(a.closed_at, :present) - a.acknowledged_at) / 3600 AS hours
    FROM alarm a WHERE a.site_id = :site AND a.raised_at >= :starts AND a.raised_at < :ends
        AND a.acknowledged_by IS NOT NULL AND a.kind <> 'system' AND {not_excluded("'alarm'", "a.id")}
), found AS (
    SELECT t.person_id, t.id AS thing, t.id, CASE WHEN t.hours > 1 THEN 'disposal_late' END AS kind,
        t.title AS words, t.title_en AS words_en, '/alarms/' || t.id AS url, t.acknowledged_at AS at,
        1 AS sharing, round(CAST(t.hours AS numeric), 1) AS hours, CAST(NULL AS bigint) AS decided_by
    FROM taken t WHERE {_here_at("t.person_id", "t.acknowledged_at")}
) {_BY_PERSON}
"""  # noqa: S608 - made of this file's own constants
"""How long it took is kept, so that another limit can be tried on it."""
_RECTIFICATIONS = f"""
WITH named AS (
    SELECT r.id, r.number || ' ' || r.title AS words, r.state, coalesce(r.original_deadline, r.deadline) AS due,
        coalesce(r.submitted_at, r.verified_at) AS finished_at, r.owner_id
    FROM rectification r WHERE r.site_id = :site AND r.state NOT IN ('cancelled', 'split')
        AND coalesce(r.original_deadline, r.deadline) >= :starts AND coalesce(r.original_deadline, r.deadline) < :ends
        AND {not_excluded("'rectification'", "r.id")}
), owned AS (
    SELECT n.*, n.finished_at IS NULL OR n.finished_at > n.due OR n.state = 'returned' AS unfinished,
        coalesce((SELECT CAST(a.change->'owner_id'->>0 AS bigint)
            FROM audit_entry a
            WHERE a.site_id = :site AND a.object_type = 'rectification' AND a.object_id = n.id
                AND a.action = 'rectification.reassign' AND a.at > n.due ORDER BY a.id LIMIT 1),
            n.owner_id) AS person_id
    FROM named n
), lapsed AS (
    SELECT person_id, id AS thing, id, CASE WHEN unfinished THEN 'rectification_late' END AS kind, words,
        '/rectifications/' || id AS url, due AS at, CAST(NULL AS bigint) AS decided_by
    FROM owned WHERE (NOT unfinished OR due <= :present) AND {_here_at("person_id", "due")}
    UNION ALL
    SELECT (SELECT s.person_id FROM rectification_entry s WHERE s.rectification_id = e.rectification_id
            AND s.kind = 'submitted' AND s.id < e.id ORDER BY s.id DESC LIMIT 1),
        r.id, e.id, 'rectification_returned', r.number || ' ' || r.title, '/rectifications/' || r.id, e.created_at,
        e.person_id
    FROM rectification_entry e JOIN rectification r ON r.id = e.rectification_id
    WHERE e.site_id = :site AND e.kind = 'returned' AND e.created_at >= :starts AND e.created_at < :ends
        AND {not_excluded("'rectification'", "r.id")}
    UNION ALL
    SELECT f.owner_id, f.id, r.id, 'rectification_recurred', f.number || ' ' || f.title, '/rectifications/' || r.id,
        r.created_at, r.opened_by
    FROM rectification r JOIN rectification f ON f.id = r.recurs_id
    WHERE r.site_id = :site AND r.created_at >= :starts AND r.created_at < :ends AND r.state <> 'cancelled'
        AND {not_excluded("'rectification'", "r.id")} AND {not_excluded("'rectification'", "f.id")}
), found AS (
    SELECT l.*, '' AS words_en, 1 AS sharing, CAST(NULL AS float) AS hours FROM lapsed l
) {_BY_PERSON}
"""  # noqa: S608 - made of this file's own constants
"""In time is what was handed in, and not sent back, by the first deadline: the verifier's time isn't the owner's. The
owner is who had it at that deadline: the audit knows from whom a later reassignment took it."""
_MEETINGS = f"""
WITH found AS (
    SELECT t.person_id, m.id AS thing, m.id, CASE WHEN NOT t.present THEN 'meeting_missed' END AS kind,
        i.number || ' ' || i.title AS words, i.number || ' ' || i.title_en AS words_en,
        '/incidents/' || i.id || '/meeting' AS url, m.at, 1 AS sharing, CAST(NULL AS float) AS hours,
        t.marked_by AS decided_by
    FROM incident_meeting m JOIN incident_meeting_attendee t ON t.meeting_id = m.id
    JOIN incident i ON i.id = m.incident_id
    WHERE m.site_id = :site AND m.at >= :starts AND m.at < :ends AND m.state = 'closed' AND t.present IS NOT NULL
        AND {_here_at("t.person_id", "m.at")}
) {_BY_PERSON}
"""  # noqa: S608 - made of this file's own constants
_COURSES = f"""
WITH must AS (
    SELECT a.id, a.course_id, a.due_on, p.id AS person_id FROM training_assignment a
    JOIN person p ON p.site_id = a.site_id AND (
        p.id = a.person_id OR p.team_id = a.team_id OR EXISTS (
            SELECT 1 FROM post_holder h WHERE h.post_id = a.post_id AND h.person_id = p.id
                AND CAST(timezone(:zone, h.since) AS date) <= a.due_on
                AND (h.until IS NULL OR CAST(timezone(:zone, h.until) AS date) > a.due_on)))
    WHERE a.site_id = :site AND a.due_on >= :first AND a.due_on < :next
        AND CAST(timezone(:zone, p.created_at) AS date) <= a.due_on
), stood AS (
    SELECT m.*, EXISTS (SELECT 1 FROM quiz_attempt q WHERE q.site_id = :site AND q.person_id = m.person_id
        AND q.course_id = m.course_id AND q.passed_at IS NOT NULL
        AND CAST(timezone(:zone, q.passed_at) AS date) <= m.due_on) AS passed
    FROM must m WHERE {_here("m.person_id", "m.due_on")}
), found AS (
    SELECT s.person_id, s.id AS thing, s.id, CASE WHEN NOT s.passed THEN 'course_late' END AS kind, c.title AS words,
        c.title_en AS words_en, '/training/' || c.id AS url, timezone(:zone, CAST(s.due_on AS timestamp)) AS at,
        1 AS sharing, CAST(NULL AS float) AS hours, CAST(NULL AS bigint) AS decided_by
    FROM stood s JOIN course c ON c.id = s.course_id WHERE s.passed OR s.due_on < :today
) {_BY_PERSON}
"""  # noqa: S608 - made of this file's own constants
_QUIZZES = f"""
WITH found AS (
    SELECT q.person_id, q.id AS thing, q.id, CASE WHEN q.passed_at IS NULL THEN 'quiz_failed' END AS kind,
        c.title AS words, c.title_en AS words_en, '/training/' || c.id AS url, q.submitted_at AS at, 1 AS sharing,
        CAST(NULL AS float) AS hours, CAST(NULL AS bigint) AS decided_by
    FROM quiz_attempt q JOIN course c ON c.id = q.course_id
    WHERE q.site_id = :site AND q.submitted_at >= :starts AND q.submitted_at < :ends
) {_BY_PERSON}
"""  # noqa: S608 - made of this file's own constants

_SORTS = {
    "visits": _VISITS,
    "reports": _REPORTS,
    "alarms": _ALARMS,
    "disposals": _DISPOSALS,
    "rectifications": _RECTIFICATIONS,
    "meetings": _MEETINGS,
    "courses": _COURSES,
    "quizzes": _QUIZZES,
}


@dataclass(frozen=True)
class Span:
    """A month of a site: its moments [starts, ends), its days [first, next), and what is now there."""

    site_id: int
    zone: str
    starts: datetime
    ends: datetime
    first: date
    next: date
    present: datetime
    today: date


@dataclass(frozen=True)
class Member:
    """Somebody of whom a month is kept."""

    person_id: int
    team_id: int | None
    post_ids: tuple[int, ...]


@system_query("the worker keeps the months of all sites")
async def facts_of(session: AsyncSession, span: Span) -> Mapping[int, Facts]:
    """Person → what their month was like; who isn't there had nothing to do."""
    asked: dict[int, dict[str, int]] = defaultdict(dict)
    rows: dict[int, list[Row]] = defaultdict(list)
    known = {
        "site": span.site_id,
        "zone": span.zone,
        "starts": span.starts,
        "ends": span.ends,
        "first": span.first,
        "next": span.next,
        "present": span.present,
        "today": span.today,
    }
    for sort, statement in _SORTS.items():
        names = {name: value for name, value in known.items() if f":{name}" in statement}
        for found in await session.execute(text(statement), names):
            asked[found.person_id][sort] = found.asked
            rows[found.person_id].extend(Row(**row) for row in found.rows)
    return {person: Facts(counts, tuple(rows[person])) for person, counts in asked.items()}


@system_query("the worker keeps the months of all sites")
async def members(session: AsyncSession, span: Span) -> list[Member]:
    """Who was there in the month: active, with an account since before its end; with the posts held in it."""
    statement = """
        SELECT p.id, p.team_id, array_remove(array_agg(DISTINCT h.post_id), NULL) AS posts
        FROM person p LEFT JOIN post_holder h ON h.person_id = p.id AND h.since < :ends
            AND (h.until IS NULL OR h.until > :starts)
        WHERE p.site_id = :site AND p.active AND p.created_at < :ends GROUP BY p.id ORDER BY p.id
    """
    found = await session.execute(text(statement), {"site": span.site_id, "starts": span.starts, "ends": span.ends})
    return [Member(row.id, row.team_id, tuple(sorted(row.posts))) for row in found]
