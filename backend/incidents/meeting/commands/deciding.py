"""Decisions of a meeting while it goes on: added, dropped."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.errors import N_, Invalid, NotFound
from backend.core.idempotency import keep_result
from backend.hazards.plan import LONGEST, tidy
from backend.hazards.recording import Sent, first_id
from backend.hazards.taking import owner_of
from backend.identity.actor import Actor
from backend.identity.scoping import get_visible
from backend.incidents.meeting.commands.holding import lead, note
from backend.incidents.meeting.lifecycle import Step
from backend.incidents.meeting.models import Decision, DecisionKind

MOST_WORDS = 1000


@dataclass(frozen=True)
class Draft:
    """What is to be done, what kind of control it makes, by whom, by the end of which day of the site."""

    words: str
    kind: str
    owner_id: int | None
    due_on: date | None


async def decide(
    session: AsyncSession, actor: Actor, incident_id: int, draft: Draft, idempotency_key: str = ""
) -> Decision:
    """Add a decision; it takes effect when the meeting is closed. A repeated key adds it once.

    Raises NotFound, Forbidden, Conflict, Invalid by field.
    """
    held = await lead(session, actor, incident_id, Step.DECIDE)
    request = {"id": incident_id, **vars(draft)}
    known = await first_id(session, actor, Sent(idempotency_key=idempotency_key), "meeting.decide", request)
    if known is not None:
        return await get_visible(session, actor, Decision, known)
    owner_id, due_on = _checked(draft, now().astimezone(actor.zone).date())
    await owner_of(session, actor, owner_id)
    row = Decision(
        site_id=actor.site_id,
        meeting_id=held.meeting.id,
        words=tidy(draft.words),
        kind=draft.kind,
        owner_id=owner_id,
        due_on=due_on,
        added_by=actor.person_id,
    )
    session.add(row)
    await note(session, actor, held, "decide", {"decision": [None, row.words], "owner": [None, owner_id]})
    if idempotency_key:
        await keep_result(session, actor.person_id, idempotency_key, {"id": row.id})
    return row


async def drop(session: AsyncSession, actor: Actor, incident_id: int, decision_id: int) -> None:
    """Take a decision back before the meeting is closed. Raises NotFound, Forbidden, Conflict."""
    held = await lead(session, actor, incident_id, Step.DECIDE)
    row = await get_visible(session, actor, Decision, decision_id, lock=True)
    if row.meeting_id != held.meeting.id:
        raise NotFound()
    await session.delete(row)
    await note(session, actor, held, "drop", {"decision": [row.words, None]})


def _checked(draft: Draft, today: date) -> tuple[int, date]:
    words, wrong = tidy(draft.words), {}
    if not words:
        wrong["words"] = N_("请写清楚要做什么")
    elif len(words) > MOST_WORDS:
        wrong["words"] = N_("内容太长，请精简")
    if draft.kind not in set(DecisionKind):
        wrong["kind"] = N_("请选择属于哪一类措施")
    if draft.owner_id is None:
        wrong["owner_id"] = N_("请选择在岗的责任人")
    if draft.due_on is None or not today <= draft.due_on < today + timedelta(days=LONGEST.days):
        wrong["due_on"] = N_("请选择今天以后、一年以内的日期")
    if wrong or draft.owner_id is None or draft.due_on is None:
        raise Invalid(fields=wrong)
    return draft.owner_id, draft.due_on
