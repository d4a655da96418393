"""Reviews incidents by themselves: reads the event log for what opened, closed or traced one, and asks for jobs. Worker
role, all sites.
"""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.events import take_settled
from backend.core.jobs import enqueue
from backend.identity.permissions import system_query
from backend.incidents.lifecycle import LIVE
from backend.incidents.models import Incident
from backend.incidents.review.attaching import attach_lapses
from backend.incidents.review.effects import SPAN
from backend.incidents.review.models import REVIEW_JOB
from backend.incidents.review.writing import write_review
from backend.tracing.steps import reached_equipment

READER = "incident reviews"
_TURNS = {"incident.opened", "incident.closed"}
_CLASSIFIED = "incident.classified"
_TRACED = {"trace.made", "trace.refined", "trace.confirmed"}
STILL_WRITTEN = timedelta(days=7)
"""So long after its end a report takes up what the trace says anew."""

_OF_TRACES = """
SELECT i.id, i.site_id FROM trace t JOIN incident i ON i.site_id = t.site_id AND i.group_id = t.group_id
WHERE t.id = ANY(CAST(:ids AS bigint[])) AND i.state <> 'called_off'
    AND COALESCE(i.closed_at, now()) > now() - CAST(:still AS interval)
"""
_FORETELL = """
INSERT INTO incident_forecast(site_id, incident_id, equipment_id, foretold_at, arrival_at, earliest, latest)
VALUES (:site, :incident, :equipment, :foretold, :arrival, :earliest, :latest)
ON CONFLICT (incident_id, equipment_id) DO NOTHING
"""


@system_query("the worker reviews the incidents of every site")
async def watch_reviews(session: AsyncSession) -> int:
    """Ask for the reviews that the newest events call for; gives how many incidents they concern.

    The report says the accident type, whenever that is told.
    One that was closed is written at once, and again when the readings after the last deed are there.
    """
    events = await take_settled(session, READER)
    turned = {event.subject_id: event.site_id for event in events if event.kind in _TURNS}
    closed = [event.subject_id for event in events if event.kind == "incident.closed"]
    traced = await _traced(session, [event.subject_id for event in events if event.kind in _TRACED])
    traced |= {event.subject_id: event.site_id for event in events if event.kind == _CLASSIFIED}
    for incident_id, site_id in sorted(turned.items()):
        await _ask(session, site_id, {"incident_id": incident_id}, str(incident_id))
    for incident_id in closed:
        later = {"incident_id": incident_id, "traced": True}
        await enqueue(
            session,
            REVIEW_JOB,
            later,
            site_id=turned[incident_id],
            dedupe_key=f"{incident_id}:later",
            due_at=now() + SPAN,
        )
    for incident_id, site_id in sorted(traced.items()):
        await _ask(session, site_id, {"incident_id": incident_id, "traced": True}, f"{incident_id}:traced")
    return len(turned.keys() | traced.keys())


async def review_incident(session: AsyncSession, incident_id: int, *, traced: bool = False) -> None:
    """Do what an incident's state calls for: attach duties not done (unless only its trace is new), keep what the trace
    foretells while it goes on, write the report once it is closed."""
    if not traced:
        await attach_lapses(session, incident_id)
    await keep_forecasts(session, incident_id)
    await write_review(session, incident_id)


@system_query("the worker keeps what is foretold of every site's incidents")
async def keep_forecasts(session: AsyncSession, incident_id: int) -> None:
    """Keep what the trace says of equipment that isn't reached yet, when it first says so; only while it goes on."""
    incident = (await session.scalars(select(Incident).where(col(Incident.id) == incident_id))).one()
    if incident.state not in LIVE or incident.group_id is None:
        return
    asked = {"site": incident.site_id, "group": incident.group_id}
    newest = text("SELECT result, made_at FROM trace WHERE site_id = :site AND group_id = :group AND revision > 0")
    trace = (await session.execute(newest, asked)).one_or_none()
    if trace is None:
        return
    for one in reached_equipment(trace.result):
        if not one.arrived and one.arrival_at > trace.made_at:
            row = {"equipment": one.equipment_id, "foretold": trace.made_at, "arrival": one.arrival_at}
            ends = {"earliest": one.earliest, "latest": one.latest}
            await session.execute(text(_FORETELL), {"site": incident.site_id, "incident": incident_id, **row, **ends})


@system_query("the worker reviews the incidents of every site")
async def _traced(session: AsyncSession, trace_ids: Iterable[int]) -> dict[int, int]:
    """Incidents that these traces explain, with their sites."""
    asked = {"ids": sorted(set(trace_ids)), "still": STILL_WRITTEN}
    if not asked["ids"]:
        return {}
    return {row.id: row.site_id for row in await session.execute(text(_OF_TRACES), asked)}


async def _ask(session: AsyncSession, site_id: int, payload: dict[str, object], key: str) -> None:
    await enqueue(session, REVIEW_JOB, payload, site_id=site_id, dedupe_key=key)
