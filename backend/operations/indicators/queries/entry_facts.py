# ruff: noqa: S608 - statements are put together from our own pieces; values are parameters
"""Entries of people, in the form of ``facts``: check-ins, hazard reports, steps of rectifications.

An entry passed cleaning unless somebody excluded it (of a step: its rectification). Team is that of who made it today;
a step has no place, since its rectification may move.
"""

from backend.exclusions.queries import not_excluded

_PLACED, _NOWHERE = "x.equipment_id, x.area_id", "NULL::bigint AS equipment_id, NULL::bigint AS area_id"


def _clean(kind: str, record_id: str, place: str = _PLACED) -> str:
    stands = not_excluded(kind, record_id)
    return (
        f"({stands})::int AS counted, 1 AS base, NULL::float8 AS seconds, NULL::text AS level, {place}, p.team_id, "
        "NULL::bigint AS post_id, "
        f"CASE WHEN {stands} THEN 'entry_clean' ELSE 'entry_excluded' END AS reason"
    )


def _when(at: str) -> str:
    return f"{at} >= run.since AND {at} < run.until AND {at} <= :as_of"


_NUMBER = "'XJ-' || lpad(x.id::text, 6, '0')"
ENTRIES = f"""
SELECT 'checkin' AS kind, x.id, x.at, {_clean("'checkin'", "x.id")}, '/checkins/records/' || x.id AS url,
    {_NUMBER} AS title, {_NUMBER} AS title_en
FROM check_in x JOIN person p ON p.id = x.person_id WHERE x.site_id = :site AND {_when("x.at")}
UNION ALL
SELECT 'report', x.id, x.created_at, {_clean("'report'", "x.id")}, '/reports/' || x.id,
    COALESCE(NULLIF(x.title, ''), x.details), COALESCE(NULLIF(x.title, ''), x.details)
FROM hazard_report x JOIN person p ON p.id = x.reporter_id
WHERE x.site_id = :site AND x.origin = 'person' AND {_when("x.created_at")}
UNION ALL
SELECT 'step', s.id, s.created_at, {_clean("'rectification'", "x.id", _NOWHERE)}, '/rectifications/' || x.id,
    x.number || ' ' || x.title, x.number || ' ' || x.title
FROM rectification_entry s JOIN rectification x ON x.id = s.rectification_id JOIN person p ON p.id = s.person_id
WHERE s.site_id = :site AND {_when("s.created_at")}
"""
