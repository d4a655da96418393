"""Incidents and their suggestions: which review asks for what, and what came of it; the same in pages for programs."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.identity.scoping import get_visible
from backend.incidents.models import Incident, IncidentKind
from backend.lessons.models import Suggestion, SuggestionKind, SuggestionSource, SuggestionState

PAGE = 50
MOST = 30


@dataclass(frozen=True)
class Source:
    """An incident whose review asks for a suggestion."""

    source: SuggestionSource
    incident: Incident


@dataclass(frozen=True)
class OfIncident:
    """An incident with what its review asks for, what waits first."""

    incident: Incident
    suggestions: Sequence[Suggestion]


async def sources_of(session: AsyncSession, actor: Actor, suggestions: Sequence[Suggestion]) -> dict[int, list[Source]]:
    """By suggestion its incidents, the newest first."""
    rows = await session.execute(
        select(SuggestionSource, Incident)
        .join(Incident, col(Incident.id) == col(SuggestionSource.incident_id))
        .where(
            visible(actor, SuggestionSource), col(SuggestionSource.suggestion_id).in_([one.id for one in suggestions])
        )
        .order_by(col(Incident.began_at).desc(), col(Incident.id).desc())
    )
    found: dict[int, list[Source]] = defaultdict(list)
    for source, incident in rows:
        found[source.suggestion_id].append(Source(source, incident))
    return found


async def of_incident(session: AsyncSession, actor: Actor, incident_id: int) -> OfIncident:
    """What the review of one incident asks for. Raises NotFound, also for one of another site."""
    incident = await get_visible(session, actor, Incident, incident_id)
    found = await session.scalars(
        select(Suggestion)
        .join(SuggestionSource, col(SuggestionSource.suggestion_id) == col(Suggestion.id))
        .where(visible(actor, Suggestion), col(SuggestionSource.incident_id) == incident_id)
        .order_by(col(Suggestion.state) != SuggestionState.OPEN, col(Suggestion.kind), col(Suggestion.id))
        .limit(MOST)
    )
    return OfIncident(incident, found.all())


async def of_emergency_plan(session: AsyncSession, actor: Actor, kind: IncidentKind) -> Sequence[Suggestion]:
    """Those that became steps of the site's plan of this kind, in whichever version."""
    found = await session.scalars(
        select(Suggestion)
        .where(
            visible(actor, Suggestion),
            col(Suggestion.kind) == SuggestionKind.PLAN_STEP,
            col(Suggestion.landed_kind) == "emergency_plan",
            col(Suggestion.proposal).contains({"kind": kind}),
        )
        .order_by(col(Suggestion.id).desc())
        .limit(MOST)
    )
    return found.all()


async def page_of(
    session: AsyncSession,
    actor: Actor,
    *,
    state: SuggestionState | None = None,
    incident_id: int | None = None,
    before: int | None = None,
) -> Sequence[Suggestion]:
    """``PAGE`` of them and one more, the newest first; ``before`` is the id of the last one read. Without ``state`` all
    but those that were withdrawn."""
    wanted = select(Suggestion).where(
        visible(actor, Suggestion),
        col(Suggestion.state) == state if state else col(Suggestion.state) != SuggestionState.WITHDRAWN,
    )
    if incident_id is not None:
        asking = select(col(SuggestionSource.suggestion_id)).where(
            visible(actor, SuggestionSource), col(SuggestionSource.incident_id) == incident_id
        )
        wanted = wanted.where(col(Suggestion.id).in_(asking))
    if before is not None:
        wanted = wanted.where(col(Suggestion.id) < before)
    return (await session.scalars(wanted.order_by(col(Suggestion.id).desc()).limit(PAGE + 1))).all()
