# ruff: noqa: S608 - statements are put together from our own pieces; values are parameters
"""By what something was known before it broke out or was found: a warning, a report, a rectification, a risk point.

A static list is weak knowledge: what is known by anything livelier is not told as known by its risk point (``rank``).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.exclusions.queries import not_excluded
from backend.identity.actor import Actor
from backend.operations.indicators.registry import BEFOREHAND


def _hours(span: timedelta) -> str:
    return f"interval '{int(span.total_seconds() // 3600)} hours'"


REGISTERED_WITHIN = _hours(timedelta(days=365))
_BEFORE = _hours(BEFOREHAND)
BY_RISK_POINT = "known_risk_point"

_SAME_PLACE = "(k.equipment_id = x.equipment_id OR (x.equipment_id IS NULL AND k.area_id = x.area_id))"
_IN_TIME = f"BETWEEN x.at - {REGISTERED_WITHIN} AND x.at - {_BEFORE}"
_STANDING = f"{{one}}.created_at <= x.at - {_BEFORE} AND COALESCE({{one}}.{{ended}} > x.at, true)"

KNOWN = f"""
LEFT JOIN LATERAL (
    SELECT 1 AS rank, 'known_warning' AS reason, k.id, k.raised_at AS since FROM alarm k
    WHERE k.site_id = :site AND k.warning AND k.judgement <> 'false' AND k.equipment_id = x.equipment_id
        AND k.raised_at {_IN_TIME} AND {not_excluded("'alarm'", "k.id")}
    UNION ALL
    SELECT 2, 'known_report', k.id, k.created_at FROM hazard_report k
    WHERE k.site_id = :site AND k.state <> 'refused' AND NOT (x.kind = 'report' AND k.id = x.id)
        AND {_SAME_PLACE} AND k.created_at {_IN_TIME} AND {not_excluded("'report'", "k.id")}
    UNION ALL
    SELECT 3, 'known_rectification', k.id, k.created_at FROM rectification k
    WHERE k.site_id = :site AND k.state <> 'cancelled' AND {_SAME_PLACE} AND k.created_at {_IN_TIME}
        AND {not_excluded("'rectification'", "k.id")}
    UNION ALL
    SELECT 4, '{BY_RISK_POINT}', k.id, k.created_at FROM risk_point k
    WHERE k.site_id = :site AND {_STANDING.format(one="k", ended="retired_at")}
        AND (k.equipment_id = x.equipment_id
            OR (x.equipment_id IS NULL AND k.equipment_id IS NULL AND k.area_id = x.area_id))
        AND EXISTS (
            SELECT FROM hazard_source s
            JOIN risk_grading g ON g.source_id = s.id AND g.created_at <= x.at - {_BEFORE}
            JOIN control_measure c ON c.source_id = s.id AND {_STANDING.format(one="c", ended="dropped_at")}
            WHERE s.risk_point_id = k.id AND {_STANDING.format(one="s", ended="dropped_at")})
    ORDER BY rank, since DESC, id DESC LIMIT 1
) known ON true
"""
"""Of each ``x`` (kind, id, at, equipment_id, area_id) by what it was known. A risk point counts where one of its
sources was graded and held by a measure so long before, and none of the three had ended when ``x`` came; a source that
changed in between counts by its gradings, which stay."""


def identified(found: str, columns: str, *, only_by_list: bool = False) -> str:
    """Facts of what happened or was found, ``found``, in ``columns``; in the numerator is what was known.

    ``only_by_list``: in the numerator is what was known by a risk point and nothing livelier.
    """
    counted = f"known.reason IS NOT DISTINCT FROM '{BY_RISK_POINT}'" if only_by_list else "known.reason IS NOT NULL"
    return f"""
SELECT x.kind, x.id, x.at, ({counted})::int AS counted, 1 AS base, NULL::float8 AS seconds, {columns},
    COALESCE(known.reason, 'unknown_before') AS reason
FROM ({found}) x {KNOWN}
"""


@dataclass(frozen=True)
class Evidence:
    """The record by which something was known: its page and what it is called."""

    url: str
    title: str
    title_en: str


_BY = f"""
SELECT x.kind, x.id, known.reason, known.id AS known_id,
    COALESCE(w.title, h.number || ' ' || COALESCE(NULLIF(h.title, ''), h.details), r.number || ' ' || r.title,
        p.code || ' ' || p.name) AS title,
    COALESCE(w.title_en, h.number || ' ' || COALESCE(NULLIF(h.title, ''), h.details), r.number || ' ' || r.title,
        p.code || ' ' || COALESCE(NULLIF(p.name_en, ''), p.name)) AS title_en
FROM (
    SELECT 'incident' AS kind, i.id, i.began_at AS at, i.equipment_id, i.area_id FROM incident i
    WHERE i.site_id = :site AND i.id = ANY(:incidents)
    UNION ALL
    SELECT 'report', h.id, h.created_at, h.equipment_id, h.area_id FROM hazard_report h
    WHERE h.site_id = :site AND h.id = ANY(:reports)
) x {KNOWN}
LEFT JOIN alarm w ON known.rank = 1 AND w.id = known.id
LEFT JOIN hazard_report h ON known.rank = 2 AND h.id = known.id
LEFT JOIN rectification r ON known.rank = 3 AND r.id = known.id
LEFT JOIN risk_point p ON known.rank = 4 AND p.id = known.id
WHERE known.id IS NOT NULL
"""
_URLS = {
    "known_warning": "/alarms",
    "known_report": "/reports",
    "known_rectification": "/rectifications",
    BY_RISK_POINT: "/risks",
}


async def known_by(
    session: AsyncSession, actor: Actor, facts: Iterable[tuple[str, int]]
) -> Mapping[tuple[str, int], Evidence]:
    """Of each of ``facts`` (``incident`` or ``report`` with its id) that was known, the record by which it was.

    Risk points are left out where the site has switched them off: their pages aren't there.
    """
    asked = set(facts)
    values = {
        "site": actor.site_id,
        "incidents": [id_ for kind, id_ in asked if kind == "incident"],
        "reports": [id_ for kind, id_ in asked if kind == "report"],
    }
    if not values["incidents"] and not values["reports"]:
        return {}
    rows = (await session.execute(text(_BY), values)).mappings()
    return {
        (row["kind"], row["id"]): Evidence(f"{_URLS[row['reason']]}/{row['known_id']}", row["title"], row["title_en"])
        for row in rows
        if row["reason"] != BY_RISK_POINT or actor.can("risks.see")
    }
