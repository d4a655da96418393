"""What a trace by hand was asked for, in the plant's terms: equipment, and the point that shows the trouble."""

from collections.abc import Set

import numpy as np
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.permissions import system_query
from backend.tracing.gathering import Material

LAST_ROWS = 20
"""So many last rows show what is wrong now."""
_ITSELF = "SELECT id FROM equipment WHERE site_id = :site AND id = :id"
_OF_REPORT = """
SELECT q.id FROM hazard_report h JOIN equipment q ON q.site_id = h.site_id
    AND (q.id = h.equipment_id OR (h.equipment_id IS NULL AND q.area_id = h.area_id))
WHERE h.site_id = :site AND h.id = :id
"""
"""A report about an area is about all that stands in it."""
_OF_RECTIFICATION = """
SELECT equipment_id FROM rectification WHERE site_id = :site AND id = :id AND equipment_id IS NOT NULL
"""


@system_query("the worker makes every site's traces")
async def equipment_asked_for(session: AsyncSession, site_id: int, asked_for: str) -> list[int]:
    """Equipment that ``report:5`` and the like are about; none for a point or the plant as a whole."""
    kind, _, number = asked_for.partition(":")
    query = {"equipment": _ITSELF, "report": _OF_REPORT, "rectification": _OF_RECTIFICATION}.get(kind)
    if query is None:
        return []
    return list((await session.execute(text(query), {"site": site_id, "id": int(number)})).scalars())


def worst_point(material: Material, keys: Set[str]) -> str | None:
    """Of the points ``keys``, the one that was furthest from its normal in the last rows; None without readings."""
    window = material.window.arranged(material.normal.points)
    if not window.rows:
        return None
    z = np.abs(material.normal.standardised(window.values)[-LAST_ROWS:]).mean(0)
    read = np.atleast_1d(~np.isnan(window.values).all(0))
    asked = [c for c, name in enumerate(material.normal.points) if name in keys and read[c]]
    return material.normal.points[max(asked, key=lambda column: z[column])] if asked else None
