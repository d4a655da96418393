"""Attaches to an incident what the plant's records say of duties not done. Worker role: once an incident was opened
and again when it is closed, since its trace knows more by then.

Whose they are hear of it when it is over, not while they fight it.
"""

from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.events import record_event
from backend.identity.permissions import system_query
from backend.incidents.models import Incident, IncidentState
from backend.incidents.review.lapses import Record, Times, choose
from backend.incidents.review.searching import around, records_around

_ATTACH = """
INSERT INTO incident_lapse(site_id, incident_id, kind, row_id, person_id, post_id, equipment_id, due_at, done_at, title,
    title_en, url)
VALUES (:site, :incident, :kind, :row_id, :person_id, :post_id, :equipment_id, :due_at, :done_at, :title, :title_en,
    :url)
ON CONFLICT (incident_id, kind, row_id, COALESCE(person_id, 0)) DO NOTHING
"""
_CONCERNED = """
SELECT DISTINCT l.person_id FROM incident_lapse l JOIN person p ON p.id = l.person_id AND p.active
WHERE l.site_id = :site AND l.incident_id = :incident AND NOT EXISTS (
    SELECT 1 FROM event e WHERE e.site_id = :site AND e.story = :story AND e.kind = 'duty.found'
    AND e.data -> 'told' @> to_jsonb(l.person_id))
ORDER BY 1
"""


@system_query("the worker looks through the records of every site's incidents")
async def attach_lapses(session: AsyncSession, incident_id: int) -> int:
    """Attach the duties not done that aren't attached yet; gives how many are new. Once it is closed, tell whose they
    are, each person once."""
    incident = (await session.scalars(select(Incident).where(col(Incident.id) == incident_id))).one()
    if incident.state == IncidentState.CALLED_OFF:
        return 0
    place = await around(session, incident)
    chosen = choose(await records_around(session, place), Times(incident.began_at, incident.opened_at))
    new = await _attach(session, incident, chosen)
    if incident.state == IncidentState.CLOSED:
        await _tell(session, incident)
    return new


@system_query("the worker attaches to incidents of every site")
async def _attach(session: AsyncSession, incident: Incident, records: Iterable[Record]) -> int:
    counted = 0
    for record in records:
        row = {**asdict(record), "site": incident.site_id, "incident": incident.id}
        counted += (await session.execute(text(_ATTACH), row)).rowcount  # type: ignore[attr-defined]
    return counted


@system_query("whom a duty concerned hears of it, whoever closed the incident")
async def _tell(session: AsyncSession, incident: Incident) -> None:
    asked = {"site": incident.site_id, "incident": incident.id, "story": f"duty:{incident.id}"}
    told = list((await session.execute(text(_CONCERNED), asked)).scalars())
    if not told:
        return
    await record_event(
        session,
        site_id=incident.site_id,
        kind="duty.found",
        subject="duty",
        subject_id=incident.id,
        data={
            "title_zh": f"事件 {incident.number} 涉及您的记录，您可以说明",
            "title_en": f"Records of incident {incident.number} concern you: you can answer",
            "url": f"/incidents/{incident.id}/duties",
            "number": incident.number,
            "told": told,
        },
    )
