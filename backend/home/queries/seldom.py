"""What seldom waits for anybody: asked for in one statement, so that only what is there is looked up."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any

from sqlalchemy import Label, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from backend.feedback.queries import select_to_answer as feedback_to_answer
from backend.identity.actor import Actor
from backend.identity.permissions import made_once
from backend.incidents.meeting.queries.meetings import select_to_attend
from backend.incidents.queries.listing import select_open
from backend.incidents.response.queries.rolls import select_going_on
from backend.incidents.review.queries import select_to_answer as lapses_to_answer
from backend.operations.duty.queries.decisions import select_open_appeals
from backend.tracing.checks.queries import select_to_do


class Seldom(StrEnum):
    """Named for what is there."""

    EVACUATION = "evacuation"
    INCIDENT = "incident"
    """One that goes on: to lead, and with steps for posts."""
    CHECK = "check"
    LAPSE = "lapse"
    APPEAL = "appeal"
    FEEDBACK = "feedback"
    MEETING = "meeting"


_SELECTS: dict[Seldom, Callable[[Actor], Any]] = {
    Seldom.EVACUATION: select_going_on,
    Seldom.INCIDENT: select_open,
    Seldom.CHECK: select_to_do,
    Seldom.LAPSE: lapses_to_answer,
    Seldom.APPEAL: select_open_appeals,
    Seldom.FEEDBACK: feedback_to_answer,
    Seldom.MEETING: select_to_attend,
}


async def seldom(session: AsyncSession, actor: Actor) -> frozenset[Seldom]:
    """Of which there is any that the actor may see."""
    return there_from((await session.execute(_anything(actor))).one())


@made_once
def _anything(actor: Actor) -> Select[*tuple[bool, ...]]:
    return select(*anything_of(actor))


def anything_of(actor: Actor) -> list[Label[bool]]:
    """For each of ``Seldom`` whether there is any, for a statement of which they are a part."""
    return [_SELECTS[one](actor).order_by(None).limit(None).exists().label(one.value) for one in Seldom]


def there_from(found: Iterable[bool]) -> frozenset[Seldom]:
    """What ``anything_of`` gave."""
    return frozenset(one for one, there in zip(Seldom, found, strict=True) if there)
