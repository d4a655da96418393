"""Confirming the root cause: through the trace, so that it and its model learn and the report is written anew."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.errors import N_, Invalid
from backend.core.jobs import enqueue
from backend.hazards.plan import tidy
from backend.identity.actor import Actor
from backend.incidents.meeting.commands.holding import lead, note
from backend.incidents.meeting.lifecycle import NONE, OTHER, Step
from backend.incidents.meeting.models import Meeting
from backend.incidents.meeting.queries.candidates import Basis
from backend.incidents.review.models import REVIEW_JOB
from backend.tracing.commands import confirm_cause
from backend.tracing.library.catalogue import FACTOR

MOST_REASON = 1000
MOST_WORDS = 300


@dataclass(frozen=True)
class Verdict:
    """``cause``: a key of the candidates, ``other`` with ``words``, or ``none``; ``reason`` in words."""

    cause: str
    words: str
    reason: str


async def confirm(session: AsyncSession, actor: Actor, incident_id: int, verdict: Verdict) -> Meeting:
    """Confirm one cause with the reason, or say why none can be named; until the meeting's end as often as needed.

    Raises NotFound, Forbidden, Conflict (the choices aren't opened, the meeting is over), Invalid by field.
    """
    held = await lead(session, actor, incident_id, Step.CONFIRM)
    meeting = held.meeting
    basis = Basis.read(meeting.basis)
    title, title_en, reason = _checked(verdict, basis)
    before = meeting.cause
    meeting.cause, meeting.cause_title, meeting.cause_title_en = verdict.cause, title, title_en
    meeting.reason, meeting.confirmed_by, meeting.confirmed_at = reason, actor.person_id, now()
    if basis.trace_id is not None and verdict.cause != NONE:
        # A trace knows causes at a place; another one is words to it.
        placed = verdict.cause != OTHER and not verdict.cause.startswith(FACTOR)
        node, told = (verdict.cause, reason) if placed else (OTHER, f"{title}：{reason}")
        await confirm_cause(session, actor, basis.trace_id, node=node, note=told)
        # A report follows its trace for a week by itself; a meeting may be later.
        payload = {"incident_id": incident_id, "traced": True}
        await enqueue(session, REVIEW_JOB, payload, site_id=actor.site_id, dedupe_key=f"{incident_id}:traced")
    change = {"cause": [before, meeting.cause], "note": [None, reason]}
    await note(session, actor, held, "confirm", change)
    return meeting


def _checked(verdict: Verdict, basis: Basis) -> tuple[str, str, str]:
    """What the cause is called in both languages, and the reason. Raises Invalid by field."""
    wrong: dict[str, str] = {}
    words, reason = tidy(verdict.words), tidy(verdict.reason)
    title, title_en = basis.title_of(verdict.cause)
    if verdict.cause == OTHER:
        title, title_en = words, ""
        if not words:
            wrong["words"] = N_("请写明实际的根源")
        elif len(words) > MOST_WORDS:
            wrong["words"] = N_("内容太长，请精简")
    elif verdict.cause == NONE:
        title, title_en = "", ""
    elif verdict.cause not in {one.key for one in basis.candidates}:
        wrong["cause"] = N_("请选择一个根源")
    if not reason:
        wrong["reason"] = N_("请写明理由")
    elif len(reason) > MOST_REASON:
        wrong["reason"] = N_("内容太长，请精简")
    if wrong:
        raise Invalid(fields=wrong)
    return title, title_en, reason
