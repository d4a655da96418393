"""Which incidents concern somebody, so that their phone may say where it is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.actor import Actor
from backend.incidents.positions.judging import OLDEST
from backend.incidents.response.queries.presence import RECENT_HOURS

_CONCERNING = """
WITH going AS (
    SELECT i.*, COALESCE(i.area_id, (SELECT area_id FROM equipment e WHERE e.id = i.equipment_id)) AS in_area
    FROM incident i WHERE i.site_id = :site AND i.state <> 'called_off'
        AND (i.closed_at IS NULL OR i.closed_at > clock_timestamp() - CAST(:late AS interval))
)
SELECT i.id, i.number, i.title, i.title_en, i.opened_at, i.closed_at FROM going i
WHERE i.lead_id = :me
    OR EXISTS (SELECT 1 FROM incident_disposal d WHERE d.site_id = :site AND d.incident_id = i.id AND d.person_id = :me)
    OR EXISTS (SELECT 1 FROM incident_evacuation v JOIN incident_roll_entry r ON r.evacuation_id = v.id
        WHERE v.site_id = :site AND v.incident_id = i.id AND r.person_id = :me)
    OR EXISTS (SELECT 1 FROM event e WHERE e.site_id = :site AND e.story = 'incident:' || i.id
        AND e.data -> 'told' @> to_jsonb(CAST(:me AS bigint)))
    OR EXISTS (SELECT 1 FROM area a WHERE a.site_id = :site AND a.id = i.in_area AND a.team_id = CAST(:team AS bigint))
    OR EXISTS (SELECT 1 FROM equipment e WHERE e.site_id = :site AND e.id = i.equipment_id
        AND e.owner_post_id = ANY(CAST(:posts AS bigint[])))
    OR EXISTS (SELECT 1 FROM check_in c WHERE c.site_id = :site AND c.person_id = :me
        AND c.at > i.began_at - make_interval(hours => :hours) AND (c.area_id = i.in_area OR c.equipment_id IN
        (SELECT id FROM equipment e WHERE e.site_id = :site AND e.area_id = i.in_area)))
ORDER BY i.id DESC
"""


@dataclass(frozen=True)
class Concern:
    """An incident that concerns somebody from ``since`` to ``until`` (None: it goes on). Moments UTC."""

    incident_id: int
    number: str
    title: str
    title_en: str
    since: datetime
    until: datetime | None

    @property
    def live(self) -> bool:
        """Whether it goes on."""
        return self.until is None

    def covers(self, moment: datetime) -> bool:
        """Whether it went on then."""
        return self.since <= moment and (self.until is None or moment <= self.until)


async def concerning(session: AsyncSession, actor: Actor) -> list[Concern]:
    """What goes on and concerns the actor, and what is over for less than a shift, since a phone may send later.

    It concerns who leads it, who was told of it, who logged something, who stands in a roll-call, the team of its area,
    the post of its equipment, and who checked in there within ``RECENT_HOURS``. One called off concerns nobody.
    """
    asked: dict[str, Any] = {
        "site": actor.site_id,
        "me": actor.person_id,
        "team": actor.team_id,
        "posts": sorted(actor.post_ids),
    }
    asked |= {"hours": RECENT_HOURS, "late": OLDEST}
    return [Concern(*row) for row in await session.execute(text(_CONCERNING), asked)]
