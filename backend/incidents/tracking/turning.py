"""Makes the estimate of a gas cloud anew when the wind has changed. Worker role, all sites.

A row that follows the wind is written only against the newest row, which is read again under the incident's lock, so
that two workers, or one that died and looks again, don't write it twice.
"""

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.identity.permissions import system_query
from backend.incidents.models import Deed, Incident, IncidentState
from backend.incidents.recording import write_line
from backend.incidents.tracking.commands import Leak
from backend.incidents.tracking.models import IncidentPlume, Origin
from backend.incidents.tracking.queries.winds import measured_wind
from backend.incidents.tracking.winds import Wind, is_noticeable

_OPEN = """
SELECT i.id, i.site_id FROM incident i WHERE i.state IN ('open', 'contained')
AND EXISTS (SELECT FROM incident_plume p WHERE p.incident_id = i.id)
AND EXISTS (SELECT FROM site_weather w WHERE w.site_id = i.site_id) ORDER BY i.id
"""


@system_query("the worker follows the wind of every site")
async def follow_winds(session: AsyncSession) -> int:
    """State each open leak anew whose wind has changed noticeably; gives how many."""
    moment, followed, winds = now(), 0, dict[int, Wind | None]()
    for row in (await session.execute(text(_OPEN))).all():
        if row.site_id not in winds:
            winds[row.site_id] = await measured_wind(session, row.site_id, moment)
        wind = winds[row.site_id]
        if wind and not wind.is_calm:
            followed += await _follow(session, row.id, wind)
    return followed


@system_query("the worker follows the wind of every site")
async def _follow(session: AsyncSession, incident_id: int, wind: Wind) -> bool:
    held = select(Incident).where(col(Incident.id) == incident_id).with_for_update()
    incident = (await session.scalars(held.execution_options(populate_existing=True))).one()
    if incident.state not in {IncidentState.OPEN, IncidentState.CONTAINED}:
        return False
    newest = (
        await session.scalars(
            select(IncidentPlume)
            .where(col(IncidentPlume.incident_id) == incident_id)
            .order_by(col(IncidentPlume.id).desc())
            .limit(1)
        )
    ).one()
    if newest.created_at >= wind.at or not is_noticeable(wind, newest.wind_m_s, newest.wind_from_deg):
        return False
    # Somebody on site may know better than the mast: only a wind that has changed since they spoke counts.
    then = await measured_wind(session, newest.site_id, newest.created_at)
    if then and not is_noticeable(wind, then.speed_m_s, then.from_deg):
        return False
    session.add(_blown(newest, wind))
    change = {
        "wind_m_s": [round(newest.wind_m_s, 1), round(wind.speed_m_s, 1)],
        "wind_from_deg": [round(newest.wind_from_deg), round(wind.from_deg)],
    }
    await write_line(session, incident, Deed.PLUME, change=change)
    return True


def _blown(newest: IncidentPlume, wind: Wind) -> IncidentPlume:
    """The same leak in another wind."""
    kept = {name: getattr(newest, name) for name in Leak.__dataclass_fields__}
    kept |= {"wind_m_s": round(wind.speed_m_s, 1), "wind_from_deg": float(round(wind.from_deg) % 360)}
    return IncidentPlume(
        site_id=newest.site_id,
        incident_id=newest.incident_id,
        person_id=None,
        floor_plan_id=newest.floor_plan_id,
        origin=Origin.WIND,
        wind_at=wind.at,
        **kept,
    )
