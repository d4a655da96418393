"""Who has been told."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.events import Event
from backend.delivery.models import Delivery, PushSubscription, QuietHours
from backend.delivery.quiet import Span
from backend.identity.actor import Actor
from backend.identity.models import LoginSession, Person
from backend.identity.permissions import visible


@dataclass(frozen=True)
class Receipt:
    """What one person's phone has of one story: when it first got it, when it was opened."""

    person_id: int
    name: str
    name_en: str
    role: str
    addressed: bool
    received_at: datetime | None
    seen_at: datetime | None


async def receipts(session: AsyncSession, actor: Actor, story: str) -> list[Receipt]:
    """Each person told of ``story`` with their earliest receipt; those still without one last."""
    received = func.min(col(Delivery.received_at))
    rows = await session.execute(
        select(
            col(Person.id),
            col(Person.name),
            col(Person.name_en),
            col(Person.role),
            func.bool_or(col(Delivery.addressed)),
            received,
            func.min(col(Delivery.seen_at)),
        )
        .join(Event, col(Event.id) == col(Delivery.event_id))
        .join(Person, col(Person.id) == col(Delivery.person_id))
        .where(visible(actor, Delivery), visible(actor, Event), col(Event.story) == story)
        .group_by(col(Person.id))
        .order_by(received.nulls_last(), col(Person.id))
    )
    return [Receipt(*row) for row in rows]


async def push_subscriptions(session: AsyncSession, actor: Actor) -> list[PushSubscription]:
    """The actor's phones that may be woken, newest first: those whose sign-in still holds."""
    rows = await session.execute(
        select(PushSubscription)
        .join(LoginSession, col(LoginSession.id) == col(PushSubscription.session_id))
        .where(
            visible(actor, PushSubscription),
            col(LoginSession.revoked_at).is_(None),
            col(LoginSession.expires_at) > func.now(),
        )
        .order_by(col(PushSubscription.id).desc())
    )
    return list(rows.scalars())


async def quiet_hours(session: AsyncSession, actor: Actor) -> dict[str, Span]:
    """The actor's quiet hours by level."""
    rows = await session.execute(select(QuietHours).where(visible(actor, QuietHours)))
    return {row.level: (row.starts, row.ends) for row in rows.scalars()}
