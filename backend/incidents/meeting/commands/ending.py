"""The end of a meeting: its minutes, and all its decisions as rectifications in the same transaction."""

from datetime import datetime, time

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.errors import N_, Invalid
from backend.core.idempotency import keep_result
from backend.hazards.commands import open_rectification
from backend.hazards.plan import MOST_LETTERS, Plan, tidy, title_of_part
from backend.hazards.recording import Sent, first_id
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require
from backend.incidents.meeting.commands.holding import Held, hold, lead, note
from backend.incidents.meeting.lifecycle import Step, check_end
from backend.incidents.meeting.models import Decision, Meeting, MeetingState
from backend.incidents.meeting.queries.meetings import decisions_of
from backend.incidents.meeting.telling import tell

MOST_MINUTES = 8000


async def write_minutes(
    session: AsyncSession, actor: Actor, incident_id: int, minutes: str, version: int | None
) -> Meeting:
    """Keep the minutes while it goes on. Raises NotFound, Forbidden, Conflict (state; a page of before), Invalid."""
    held = await lead(session, actor, incident_id, Step.CLOSE, version)
    _write(held.meeting, minutes)
    await note(session, actor, held, "minutes", {"version": [held.meeting.version - 1, held.meeting.version]})
    return held.meeting


async def close(
    session: AsyncSession,
    actor: Actor,
    incident_id: int,
    minutes: str,
    version: int | None = None,
    idempotency_key: str = "",
) -> Meeting:
    """End it: from now on nothing of it changes, and each decision is a rectification of its owner, verified by another
    person as the incident's level asks. All or nothing; a repeated key does nothing.

    Raises NotFound, Forbidden, Conflict, Invalid by field (nobody present, no cause and no reason, a decision that
    can't be opened any more).
    """
    require(actor, "incidents.lead")
    request = {"id": incident_id, "minutes": minutes}
    if await first_id(session, actor, Sent(idempotency_key=idempotency_key), "meeting.close", request) is not None:
        return (await hold(session, actor, incident_id)).meeting
    held = await lead(session, actor, incident_id, Step.CLOSE, version)
    meeting = held.meeting
    check_end(sum(1 for one in held.attendees if one.present), meeting.cause)
    _write(meeting, minutes)
    decisions = await decisions_of(session, actor, meeting.id)
    for decision in decisions:
        decision.rectification_id = await _land(session, actor, held, decision)
    await session.flush()  # What belongs to a closed meeting can't be written any more.
    before, meeting.state = meeting.state, MeetingState.CLOSED
    meeting.ended_at, meeting.ended_by = now(), actor.person_id
    await session.flush()
    change = {"state": [before, meeting.state], "decisions": [None, len(decisions)]}
    await record_change(session, actor, "meeting.close", "incident", incident_id, change)
    await tell(session, actor, held.incident, meeting, "closed", held.people)
    if idempotency_key:
        await keep_result(session, actor.person_id, idempotency_key, {"id": meeting.id})
    return meeting


def _write(meeting: Meeting, minutes: str) -> None:
    said = tidy(minutes)
    if len(said) > MOST_MINUTES:
        raise Invalid(fields={"minutes": N_("内容太长，请精简")})
    meeting.minutes, meeting.version = said, meeting.version + 1


async def _land(session: AsyncSession, actor: Actor, held: Held, decision: Decision) -> int:
    """The decision as a rectification where the incident was; gives its id."""
    incident, meeting = held.incident, held.meeting
    plan = Plan(
        title=title_of_part(decision.words),
        measure=decision.words,
        owner_id=decision.owner_id,
        deadline=datetime.combine(decision.due_on, time(23, 59), tzinfo=actor.zone),
        level=incident.level,
        cause=(meeting.cause_title or meeting.reason)[: MOST_LETTERS["cause"]],
    )
    place = (incident.equipment_id, incident.area_id)
    try:
        return (await open_rectification(session, actor, plan, place=place)).id
    except Invalid as refused:
        words = N_("“%(title)s”不能下达：请检查责任人和期限")
        raise Invalid(words, fields={"decisions": words}, title=plan.title) from refused
