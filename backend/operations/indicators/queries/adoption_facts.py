# ruff: noqa: S608 - statements are put together from our own pieces; values are parameters
"""The rows that adoption counts, as SQL, in the form of ``facts``: weeks of people, and feedback that was due.

A week runs from Monday to Sunday of the site and is placed on its Sunday at 23:59, so that it counts once it is over.
It counts whoever had an account all the week, but for who was away on five or more of its days, from the first whole
week in which anybody was seen: before that nobody could be. Team and post are those of today.
"""

AWAY_DAYS = 5
"""Absent so many days of a week, nobody is expected to use it."""

_FROM, _UNTIL = "(run.since AT TIME ZONE :zone)::date - 6", "(run.until AT TIME ZONE :zone)::date"
ACTIVE = f"""
SELECT 'week' AS kind, p.id, w.at, (seen.person_id IS NOT NULL)::int AS counted, 1 AS base, NULL::float8 AS seconds,
    NULL::text AS level, NULL::bigint AS equipment_id, NULL::bigint AS area_id, p.team_id, held.post_id,
    '/people/' || p.id AS url, p.name AS title, COALESCE(NULLIF(p.name_en, ''), p.name) AS title_en,
    CASE WHEN seen.person_id IS NOT NULL THEN 'used' ELSE 'not_used' END AS reason
FROM (SELECT min(day) AS day FROM person_day WHERE site_id = :site) first
CROSS JOIN LATERAL (
    SELECT monday::date AS monday, (monday + interval '6 days 23:59') AT TIME ZONE :zone AS at,
        monday AT TIME ZONE :zone AS begins, (monday + interval '7 days') AT TIME ZONE :zone AS ends
    FROM generate_series(date_trunc('week', run.since AT TIME ZONE :zone), run.until AT TIME ZONE :zone,
        interval '7 days') AS monday
) w
JOIN person p ON p.site_id = :site AND p.created_at <= w.begins AND (p.active OR p.left_at >= w.ends)
LEFT JOIN (
    SELECT DISTINCT d.person_id, date_trunc('week', d.day)::date AS monday FROM person_day d
    WHERE d.site_id = :site AND d.day >= {_FROM} AND d.day <= {_UNTIL}
) seen ON seen.person_id = p.id AND seen.monday = w.monday
LEFT JOIN (
    SELECT DISTINCT ON (h.person_id) h.person_id, h.post_id FROM post_holder h
    WHERE h.site_id = :site AND h.until IS NULL ORDER BY h.person_id, h.since, h.id
) held ON held.person_id = p.id
LEFT JOIN (
    SELECT a.person_id, date_trunc('week', each.day)::date AS monday, count(DISTINCT each.day) AS days
    FROM duty_absence a CROSS JOIN LATERAL generate_series(a.from_on, a.to_on, interval '1 day') AS each(day)
    WHERE a.site_id = :site AND a.removed_at IS NULL AND a.to_on >= {_FROM} AND a.from_on <= {_UNTIL}
    GROUP BY 1, 2
) away ON away.person_id = p.id AND away.monday = w.monday
WHERE w.monday >= first.day AND w.at >= run.since AND w.at < run.until AND w.at <= :as_of
    AND COALESCE(away.days, 0) < {AWAY_DAYS}
"""

ANSWERED = """
SELECT 'feedback' AS kind, x.id, x.first_due_at AS at,
    COALESCE(x.answered_at <= x.first_due_at, false)::int AS counted, 1 AS base, NULL::float8 AS seconds,
    NULL::text AS level, NULL::bigint AS equipment_id, NULL::bigint AS area_id, x.team_id, NULL::bigint AS post_id,
    '/feedback/' || x.id AS url, x.number AS title, x.number AS title_en,
    CASE WHEN x.answered_at IS NULL THEN 'not_answered' WHEN x.answered_at <= x.first_due_at THEN 'answered_in_time'
        ELSE 'answered_late' END AS reason
FROM feedback x
WHERE x.site_id = :site AND x.first_due_at >= run.since AND x.first_due_at < run.until AND x.first_due_at <= :as_of
"""
