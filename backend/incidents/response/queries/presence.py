"""Which areas an evacuation is proposed for, and who may be in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.incidents.models import Incident
from backend.incidents.response.queries.plans import trace_of
from backend.plant.models import Area
from backend.tracing.queries import areas_of

RECENT_HOURS = 8
"""Who was seen there within a shift may still be there."""

_MAY_BE_THERE = """
WITH place AS (
    SELECT id AS area_id, team_id FROM area WHERE site_id = :site AND id = ANY(CAST(:areas AS bigint[]))
), thing AS (
    SELECT e.id, e.owner_post_id FROM equipment e JOIN place p ON p.area_id = e.area_id WHERE e.site_id = :site
), sign AS (
    SELECT person_id, 'logged' AS why, at FROM incident_disposal
        WHERE site_id = :site AND incident_id = :incident AND person_id IS NOT NULL
    UNION ALL SELECT person_id, 'check_in', at FROM check_in WHERE site_id = :site
        AND at > clock_timestamp() - make_interval(hours => :hours)
        AND (area_id IN (SELECT area_id FROM place) OR equipment_id IN (SELECT id FROM thing))
    UNION ALL SELECT reporter_id, 'reported', COALESCE(captured_at, created_at) FROM hazard_report WHERE site_id = :site
        AND reporter_id IS NOT NULL AND created_at > clock_timestamp() - make_interval(hours => :hours)
        AND (area_id IN (SELECT area_id FROM place) OR equipment_id IN (SELECT id FROM thing))
    UNION ALL SELECT p.id, 'team', NULL FROM person p JOIN place ON place.team_id = p.team_id WHERE p.site_id = :site
    UNION ALL SELECT h.person_id, 'post', NULL FROM post_holder h JOIN thing ON thing.owner_post_id = h.post_id
        WHERE h.site_id = :site AND h.until IS NULL
)
SELECT DISTINCT ON (s.person_id) s.person_id, s.why, s.at FROM sign s JOIN person p ON p.id = s.person_id AND p.active
WHERE p.site_id = :site ORDER BY s.person_id, s.at DESC NULLS LAST, s.why DESC
"""


@dataclass(frozen=True)
class Proposed:
    """An area of the site: whether the incident is there, and whether its trace says that it gets there."""

    area: Area
    here: bool
    reached: bool


async def proposed_areas(session: AsyncSession, actor: Actor, incident: Incident) -> list[Proposed]:
    """All areas of the site, those first that ought to be left: the incident's, then those its trace reaches."""
    trace = await trace_of(session, actor, incident)
    equipment = [one["equipment_id"] for one in trace.result["scope"] if one["equipment_id"]] if trace else []
    reached = {place.id for place in (await areas_of(session, actor, equipment)).values()} if equipment else set()
    areas = await session.scalars(select(Area).where(visible(actor, Area)).order_by(col(Area.id)))
    found = [Proposed(area, area.id == incident.area_id, area.id in reached) for area in areas]
    return sorted(found, key=lambda one: (not one.here, not one.reached))


async def may_be_there(
    session: AsyncSession, actor: Actor, incident_id: int, area_ids: Sequence[int]
) -> list[tuple[int, str, datetime | None]]:
    """Who may be in these areas: person, why (``models.Why``), and when last seen there (None: only assigned).

    Seen within ``RECENT_HOURS`` goes before assigned; a check-in proves a place, an assignment only a duty.
    """
    asked = {"site": actor.site_id, "areas": list(area_ids), "incident": incident_id, "hours": RECENT_HOURS}
    return [tuple(row) for row in await session.execute(text(_MAY_BE_THERE), asked)]
