"""What every step leaves behind: entry and photos, audit entry, event, and the answer for its repeat."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.errors import N_, Invalid
from backend.core.idempotency import first_result, keep_result
from backend.core.pictures import Picture
from backend.hazards import plan
from backend.hazards.lifecycle import Case, Step
from backend.hazards.models import Rectification, RectificationEntry, RectificationState
from backend.hazards.photos import add_photos
from backend.hazards.reports.telling import tell_of_removal
from backend.hazards.telling import TITLES, concerned, tell
from backend.identity.actor import Actor
from backend.identity.audit import record_change

_CLOCK_SLACK = timedelta(minutes=5)
_AUDIT = {
    Step.OPENED: "rectification.open",
    Step.STARTED: "rectification.start",
    Step.PROGRESS: "rectification.progress",
    Step.SUBMITTED: "rectification.submit",
    Step.VERIFIED: "rectification.verify",
    Step.RETURNED: "rectification.return",
    Step.REASSIGNED: "rectification.reassign",
    Step.CANCELLED: "rectification.cancel",
    Step.EXTENSION_ASKED: "rectification.ask_extension",
    Step.EXTENDED: "rectification.extend",
    Step.EXTENSION_REFUSED: "rectification.refuse_extension",
    Step.SPLIT: "rectification.split",
    Step.JOINED: "rectification.join",
    Step.URGED: "rectification.urge",
}

_TELL_FORMER = frozenset({Step.REASSIGNED, Step.EXTENDED, Step.EXTENSION_REFUSED})
"""Steps of which those hear whom it concerned before: the former owner, who had asked for the extension."""


@dataclass(frozen=True)
class Sent:
    """What a person sends with a step: words, pictures, what they saw, and how a phone marks a repeat."""

    note: str = ""
    pictures: Sequence[Picture] = ()
    version: int | None = None
    """Version of the rectification on the person's screen; None skips the check."""
    idempotency_key: str = ""
    captured_at: datetime | None = None
    """The phone's time of it, when it was offline."""


async def write_down(
    session: AsyncSession,
    actor: Actor,
    rectification: Rectification,
    case: Case,
    step: Step,
    sent: Sent,
    change: dict[str, Any],
    *,
    also_tell: set[int] | frozenset[int] = frozenset(),
    deadline: datetime | None = None,
) -> None:
    """Leave the entry with its photos, the audit entry and the event; answer for repeats.

    ``deadline`` is the one the step is about, of those about an extension.
    """
    note = plan.tidy(sent.note)
    if len(note) > plan.MOST_LETTERS["note"]:
        raise Invalid(fields={"note": N_("内容太长，请精简")})
    entry = RectificationEntry(
        site_id=actor.site_id,
        rectification_id=rectification.id,
        kind=step,
        person_id=actor.person_id,
        to_person_id=rectification.owner_id if step is Step.REASSIGNED else None,
        note=note,
        captured_at=_believable(sent.captured_at),
        deadline=deadline,
    )
    session.add(entry)
    await session.flush()
    stage = "before" if step in {Step.OPENED, Step.STARTED} else "after"
    photos = await add_photos(session, actor, entry, stage, sent.pictures)
    noted = {"note": [None, note]} if note else {}
    await record_change(session, actor, _AUDIT[step], "rectification", rectification.id, {**change, **noted})
    told = await concerned(session, actor, case, step) | (also_tell if step in _TELL_FORMER else frozenset())
    await tell(
        session,
        rectification,
        step,
        TITLES[step],
        team_id=case.owner_team_id,
        actor_id=actor.person_id,
        told=told,
        note=note,
        photos=photos,
    )
    if rectification.state == RectificationState.VERIFIED:  # nothing follows that state: it is said once
        await tell_of_removal(session, actor, rectification.id)
    if sent.idempotency_key:
        await keep_result(session, actor.person_id, sent.idempotency_key, {"id": rectification.id})


def _believable(captured_at: datetime | None) -> datetime | None:
    """The phone's time, unless its clock is ahead of ours."""
    if captured_at is None or captured_at.tzinfo is None or captured_at > now() + _CLOCK_SLACK:
        return None
    return captured_at


async def first_id(
    session: AsyncSession, actor: Actor, sent: Sent, command: str, request: dict[str, Any]
) -> int | None:
    """The id that the first request with this key made; None when this is the first, or carries none."""
    if not sent.idempotency_key:
        return None
    if len(sent.idempotency_key) > 64 or not sent.idempotency_key.isprintable():
        raise Invalid(N_("提交编号无效，请刷新页面后重试"))
    content = json.dumps([command, request], default=str, sort_keys=True).encode()
    result = await first_result(session, actor.person_id, sent.idempotency_key, content)
    return int(result["id"]) if result else None
