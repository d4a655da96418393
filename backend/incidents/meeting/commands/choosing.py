"""Choosing the root cause blindly, each once, and opening the choices."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.errors import N_, Invalid
from backend.core.idempotency import keep_result
from backend.hazards.plan import tidy
from backend.hazards.recording import Sent, first_id
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require
from backend.identity.scoping import get_visible
from backend.incidents.meeting.commands.holding import hold, lead
from backend.incidents.meeting.lifecycle import OTHER, Chooser, Step, choice_refusal
from backend.incidents.meeting.models import Choice, Meeting, MeetingState
from backend.incidents.meeting.queries.candidates import Basis
from backend.incidents.meeting.queries.meetings import choices_of
from backend.incidents.meeting.telling import tell
from backend.incidents.recording import Said

MOST_WORDS = 300


@dataclass(frozen=True)
class Pick:
    """What somebody chooses: a key of the candidates, or ``other`` with words. ``saw_ranking``: they knew the system's
    ranking before."""

    cause: str
    saw_ranking: bool = False


async def choose(session: AsyncSession, actor: Actor, incident_id: int, pick: Pick, said: Said) -> Choice:
    """The actor chooses, once and for good. A repeated key gives the first choice; one made without a network before
    the opening counts though it arrives after it.

    Raises NotFound, Forbidden (not asked to come), Conflict (chosen already, opened, over), Invalid by field.
    """
    require(actor, "incidents.see")
    held = await hold(session, actor, incident_id)
    request = {"id": incident_id, "cause": pick.cause, "words": said.words}
    known = await first_id(session, actor, Sent(idempotency_key=said.idempotency_key), "meeting.choose", request)
    if known is not None:
        return await get_visible(session, actor, Choice, known)
    meeting = held.meeting
    chosen = {one.person_id for one in await choices_of(session, actor, meeting.id)}
    chooser = Chooser(actor.person_id in held.people, actor.person_id in chosen)
    if (refused := choice_refusal(meeting.state, meeting.opened_at, chooser, said.at)) is not None:
        raise refused
    words = _checked(pick, said.words, Basis.read(meeting.basis))
    row = Choice(
        site_id=actor.site_id,
        meeting_id=meeting.id,
        person_id=actor.person_id,
        cause=pick.cause,
        words=words,
        saw_ranking=pick.saw_ranking,
        at=said.at,
    )
    session.add(row)
    await session.flush()
    # Who reads the audit log may not have chosen yet: it says that, not what.
    await record_change(session, actor, "meeting.choose", "incident", incident_id, {"choice": [None, row.id]})
    await tell(session, actor, held.incident, meeting, "moved")
    if said.idempotency_key:
        await keep_result(session, actor.person_id, said.idempotency_key, {"id": row.id})
    return row


async def open_choices(session: AsyncSession, actor: Actor, incident_id: int) -> Meeting:
    """Show everybody what was chosen and what the system ranks. Raises NotFound, Forbidden, Conflict."""
    held = await lead(session, actor, incident_id, Step.OPEN)
    meeting = held.meeting
    before, meeting.state = meeting.state, MeetingState.OPENED
    meeting.opened_at, meeting.opened_by = now(), actor.person_id
    await session.flush()
    change = {"state": [before, meeting.state]}
    await record_change(session, actor, "meeting.open", "incident", incident_id, change)
    await tell(session, actor, held.incident, meeting, "opened")
    return meeting


def _checked(pick: Pick, words: str, basis: Basis) -> str:
    """The words of a choice of ``other``. Raises Invalid by field."""
    said = tidy(words)
    if pick.cause != OTHER:
        if pick.cause not in {one.key for one in basis.candidates}:
            raise Invalid(fields={"cause": N_("请选择一个原因")})
        return ""
    if not said:
        raise Invalid(fields={"words": N_("请写您认为的原因")})
    if len(said) > MOST_WORDS:
        raise Invalid(fields={"words": N_("内容太长，请精简")})
    return said
