"""The facts of data quality: one a source and day, placed where that day begins at the site."""

TITLES = {
    "checkins": ("巡检打卡", "Check-ins"),
    "reports": ("隐患上报", "Hazard reports"),
    "rectifications": ("整改记录", "Rectification entries"),
    "maintenance": ("保养记录", "Maintenance records"),
}


def _named(place: int) -> str:
    cases = " ".join(f"WHEN '{code}' THEN '{names[place]}'" for code, names in TITLES.items())
    return f"CASE WHEN x.family = 'machine' THEN x.code ELSE CASE x.code {cases} ELSE x.code END END"


SCALE = 10_000
"""A score as the roll-up adds it: ten-thousandths, of as many."""
_AT = "x.day::timestamp AT TIME ZONE z.time_zone"

SOURCE_DAYS = f"""
SELECT 'source_day' AS kind, x.id, {_AT} AS at, round(x.score * {SCALE})::int AS counted, {SCALE} AS base,
    NULL::float8 AS seconds, NULL::text AS level, NULL::bigint AS equipment_id, NULL::bigint AS area_id,
    NULL::bigint AS team_id, NULL::bigint AS post_id, '/data-sources/days/' || x.id AS url,
    {_named(0)} AS title, {_named(1)} AS title_en,
    CASE WHEN x.score >= x.target THEN 'source_reached' ELSE 'source_short' END AS reason
FROM source_day x JOIN site z ON z.id = x.site_id
WHERE x.site_id = :site AND x.score IS NOT NULL AND x.day >= (run.since AT TIME ZONE 'UTC')::date - 1
    AND x.day <= (run.until AT TIME ZONE 'UTC')::date + 1
    AND {_AT} >= run.since AND {_AT} < run.until AND {_AT} <= :as_of
"""  # noqa: S608 - put together from our own pieces
