# ruff: noqa: S608 - statements are put together from our own pieces; values are parameters
"""SQL by which the worker finds suspect records of people at ``:site`` received from ``:since`` on."""

from backend.exclusions.models import RecordKind
from backend.governance.cleaning.models import Suspicion

EARLIER = 50
"""Earlier answers by which a number is judged."""

_SAME_PLACE = (
    "(o.equipment_id = n.equipment_id OR (n.equipment_id IS NULL AND o.equipment_id IS NULL AND o.area_id = n.area_id))"
)


def _not_suspected(suspicion: Suspicion, kind: RecordKind) -> str:
    return (
        "NOT EXISTS (SELECT FROM cleaning_record k WHERE k.site_id = :site AND k.suspect "
        f"AND k.suspicion = '{suspicion}' AND k.kind = '{kind}' AND k.record_id = n.id)"
    )


_RECENT = "n.at >= CAST(:since AS timestamptz) - interval '30 days'"
"""Check-ins are found by when they were made: no phone keeps one for longer."""
_EARLIER = f"""SELECT v.answer FROM check_in o JOIN check_in_answer v ON v.check_in_id = o.id
        WHERE o.site_id = :site AND o.at < n.at AND {{place}} AND v.kind = 'reading' AND v.title = w.title
            AND v.unit = w.unit AND v.verdict IN ('well', 'failed')
        ORDER BY o.at DESC LIMIT {EARLIER}"""
"""One statement a kind of place, so that each finds the newest by its own index."""


REPORTS = f"""
SELECT n.id, o.id AS first, n.title || ' ' || n.details AS words, o.title || ' ' || o.details AS first_words,
    false AS alike, n.created_at AS at, o.created_at AS first_at, n.equipment_id, n.area_id,
    COALESCE(n.team_id, a.team_id) AS team_id
FROM hazard_report n JOIN hazard_report o ON o.site_id = :site AND o.id < n.id AND {_SAME_PLACE}
    AND o.created_at >= n.created_at - CAST(:within AS interval) AND o.state IN ('waiting', 'accepted')
LEFT JOIN equipment e ON e.id = n.equipment_id LEFT JOIN area a ON a.id = COALESCE(n.area_id, e.area_id)
WHERE n.site_id = :site AND n.created_at >= :since AND n.state IN ('waiting', 'accepted')
    AND {_not_suspected(Suspicion.DUPLICATE, RecordKind.REPORT)}
ORDER BY n.id, o.id
"""
RECTIFICATIONS = f"""
SELECT n.id, o.id AS first, n.title AS words, o.title AS first_words,
    COALESCE(o.alarm_id = n.alarm_id, false) AS alike, n.created_at AS at, o.created_at AS first_at, n.equipment_id,
    n.area_id, a.team_id
FROM rectification n JOIN rectification o ON o.site_id = :site AND o.id < n.id AND {_SAME_PLACE}
    AND o.created_at >= n.created_at - CAST(:within AS interval) AND o.parent_id IS NULL AND o.state <> 'cancelled'
LEFT JOIN equipment e ON e.id = n.equipment_id LEFT JOIN area a ON a.id = COALESCE(n.area_id, e.area_id)
WHERE n.site_id = :site AND n.created_at >= :since AND n.parent_id IS NULL AND n.state <> 'cancelled'
    AND n.recurs_id IS DISTINCT FROM o.id AND {_not_suspected(Suspicion.DUPLICATE, RecordKind.RECTIFICATION)}
ORDER BY n.id, o.id
"""
CHECKINS = f"""
SELECT n.id, o.id AS first, '' AS words, '' AS first_words, true AS alike, n.at, o.at AS first_at, n.equipment_id,
    n.area_id, p.team_id
FROM check_in n JOIN check_in o ON o.site_id = :site AND o.person_id = n.person_id AND o.id < n.id AND {_SAME_PLACE}
    AND o.at BETWEEN n.at - CAST(:within AS interval) AND n.at + CAST(:within AS interval)
JOIN person p ON p.id = n.person_id
WHERE n.site_id = :site AND n.created_at >= :since AND {_RECENT}
    AND {_not_suspected(Suspicion.DUPLICATE, RecordKind.CHECKIN)}
ORDER BY n.id, o.id
"""
LATE = {
    RecordKind.CHECKIN: f"""
SELECT n.id, n.person_id, p.team_id, n.at, n.created_at AS received, n.equipment_id, n.area_id
FROM check_in n JOIN person p ON p.id = n.person_id
WHERE n.site_id = :site AND n.created_at >= :since AND n.created_at - n.at > interval '1 hour' AND {_RECENT}
    AND {_not_suspected(Suspicion.LATE, RecordKind.CHECKIN)} ORDER BY n.person_id, n.created_at, n.id
""",
    RecordKind.REPORT: f"""
SELECT n.id, n.reporter_id AS person_id, p.team_id, n.captured_at AS at, n.created_at AS received, n.equipment_id,
    n.area_id
FROM hazard_report n JOIN person p ON p.id = n.reporter_id
WHERE n.site_id = :site AND n.created_at >= :since AND n.created_at - n.captured_at > interval '1 hour'
    AND {_not_suspected(Suspicion.LATE, RecordKind.REPORT)} ORDER BY n.reporter_id, n.created_at, n.id
""",
}
ANSWERS = f"""
SELECT n.id, n.at, n.person_id, n.equipment_id, n.area_id, p.team_id, w.title, w.title_en, w.unit, w.answer,
    before.answers
FROM check_in n JOIN person p ON p.id = n.person_id
JOIN check_in_answer w ON w.check_in_id = n.id AND w.kind = 'reading' AND w.verdict IN ('well', 'failed')
CROSS JOIN LATERAL (
    SELECT array_agg(b.answer) AS answers FROM (
        ({_EARLIER.format(place="o.equipment_id = n.equipment_id")})
        UNION ALL
        ({_EARLIER.format(place="n.equipment_id IS NULL AND o.area_id = n.area_id")})
    ) b
) before
WHERE n.site_id = :site AND n.created_at >= :since AND {_RECENT}
    AND {_not_suspected(Suspicion.INVALID, RecordKind.CHECKIN)}
ORDER BY n.id, w.position
"""
