"""What every step of feedback leaves behind: an entry, an audit entry, and an event for those whom it concerns."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.events import record_event
from backend.feedback.lifecycle import Step
from backend.feedback.models import Feedback, FeedbackEntry
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.capabilities import CAPABILITIES
from backend.identity.models import Person
from backend.identity.permissions import system_query

_TITLES = {
    "given": ("新的反馈", "New feedback"),
    Step.TAKEN: ("反馈开始处理", "Feedback is being looked at"),
    Step.ASSIGNED: ("请您答复反馈", "Please answer feedback"),
    Step.ANSWERED: ("反馈已答复", "Feedback answered"),
    Step.DECLINED: ("反馈已回复", "Feedback answered"),
    Step.MERGED: ("反馈已并入", "Feedback merged"),
    Step.REOPENED: ("反馈还没解决", "Feedback opened again"),
    "waiting": ("反馈等待答复", "Feedback waits for an answer"),
}
"""Stored with the event in both languages, so that it keeps the words it was told with."""
_SILENT = (Step.USEFUL, Step.USELESS)
_HEADLINE = 40


async def leave(
    session: AsyncSession,
    actor: Actor,
    one: Feedback,
    step: Step,
    change: dict[str, Any],
    told: Iterable[int] = (),
    *,
    words: str = "",
    to_person_id: int | None = None,
) -> None:
    """Record ``feedback.<step>``; ``told`` are the ids of those whom it concerns, the actor left out."""
    session.add(
        FeedbackEntry(
            site_id=actor.site_id,
            feedback_id=one.id,
            kind=step,
            words=words,
            person_id=actor.person_id,
            to_person_id=to_person_id,
        )
    )
    await record_change(session, actor, f"feedback.{step}", "feedback", one.id, change)
    if step not in _SILENT:
        await tell(session, one, step, told, actor_id=actor.person_id)


async def tell(session: AsyncSession, one: Feedback, verb: str, told: Iterable[int], *, actor_id: int = 0) -> None:
    """The event alone; ``actor_id`` 0: nobody in particular did it."""
    zh, en = _TITLES[verb]
    first = one.words.split("\n", 1)[0]
    words = first if len(first) <= _HEADLINE else first[: _HEADLINE - 1] + "…"
    await record_event(
        session,
        site_id=one.site_id,
        kind=f"feedback.{verb}",
        subject="feedback",
        subject_id=one.id,
        actor_id=actor_id or None,
        data={
            "title_zh": f"{zh} {one.number}：{words}",
            "title_en": f"{en} {one.number}: {words}",
            "url": f"/feedback/{one.id}",
            "number": one.number,
            "told": sorted(set(told) - {actor_id}),
        },
    )


@system_query("who answers follows from the site, not from who gives feedback")
async def answering(session: AsyncSession, site_id: int) -> set[int]:
    """Who may answer on the site."""
    roles = [str(role) for role in CAPABILITIES["feedback.answer"]]
    of_site = select(col(Person.id)).where(
        col(Person.site_id) == site_id, col(Person.active).is_(True), col(Person.role).in_(roles)
    )
    return set(await session.scalars(of_site))


@system_query("whoever gave what was merged hears of the answer, whoever answers")
async def givers(session: AsyncSession, one: Feedback) -> set[int]:
    """Who waits to hear of ``one``: who gave it, and who gave what was merged into it."""
    found = await session.scalars(
        select(col(Feedback.person_id)).where(
            col(Feedback.site_id) == one.site_id,
            (col(Feedback.id) == one.id) | (col(Feedback.merged_into_id) == one.id),
        )
    )
    return set(found)
