"""Suggests from reviews by itself: reads the event log for reports written, and asks for jobs. Worker role, all sites.

The reader's place moves in the transaction that asks, and a job's effects commit with its end: a worker that dies in
between suggests nothing twice and forgets nothing.
"""

import asyncio

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.events import record_event, take_settled
from backend.core.jobs import enqueue
from backend.identity.modules import Module
from backend.identity.permissions import system_query
from backend.identity.queries.modules import is_on
from backend.incidents.models import Incident, IncidentState
from backend.incidents.review.writing import newest_review
from backend.lessons.models import SUGGEST_JOB
from backend.lessons.reviewed.gathering import facts_of
from backend.lessons.reviewed.keeping import keep
from backend.lessons.reviewed.rules import wishes

READER = "lessons of incidents"


async def watch_reports(session: AsyncSession) -> int:
    """Ask for suggestions from each report written since the last look; gives how many incidents."""
    events = await take_settled(session, READER)
    written = {event.subject_id: event.site_id for event in events if event.kind == "incident.reviewed"}
    for incident_id, site_id in sorted(written.items()):
        if not await is_on(session, site_id, Module.LESSONS):
            continue
        payload = {"incident_id": incident_id}
        await enqueue(session, SUGGEST_JOB, payload, site_id=site_id, dedupe_key=str(incident_id))
    return len(written)


@system_query("the worker suggests at every site")
async def suggest_from_review(session: AsyncSession, incident_id: int) -> int:
    """Suggest what the newest report asks for; gives how many wait for a decision that didn't before. Nothing for an
    incident that isn't closed."""
    incident = (await session.scalars(select(Incident).where(col(Incident.id) == incident_id))).one()
    report = await newest_review(session, incident_id)
    if report is None or incident.state != IncidentState.CLOSED:
        return 0
    facts = await facts_of(session, incident, report.content)
    opened = await keep(session, incident.site_id, incident_id, await asyncio.to_thread(wishes, facts))
    if opened:
        await _tell(session, incident, opened)
    return opened


async def _tell(session: AsyncSession, incident: Incident, opened: int) -> None:
    await record_event(
        session,
        site_id=incident.site_id,
        kind="lessons.suggested",
        subject="lesson",
        subject_id=incident.id,
        data={
            "title_zh": f"事件 {incident.number} 的复盘有 {opened} 条建议",
            "title_en": f"The review of incident {incident.number} suggests {opened}",
            "url": f"/incidents/{incident.id}/lessons",
            "number": incident.number,
        },
    )
