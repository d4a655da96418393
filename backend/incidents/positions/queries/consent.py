"""What somebody agreed to, and what is kept of them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.incidents.positions.models import IncidentPosition, SendingConsent
from backend.incidents.positions.wording import CONSENT_VERSION


@dataclass(frozen=True)
class Kept:
    """How many positions of somebody are kept, and since when (UTC)."""

    count: int
    oldest: datetime | None


async def newest_consent(session: AsyncSession, actor: Actor) -> SendingConsent | None:
    """The actor's own newest word; None: they never agreed."""
    found = await session.scalars(
        select(SendingConsent)
        .where(visible(actor, SendingConsent), col(SendingConsent.person_id) == actor.person_id)
        .order_by(col(SendingConsent.id).desc())
        .limit(1)
    )
    return found.one_or_none()


def in_force(consent: SendingConsent | None) -> bool:
    """Whether they agree now, to the words as they are now."""
    return consent is not None and consent.given and consent.wording == CONSENT_VERSION


async def kept_of(session: AsyncSession, actor: Actor) -> Kept:
    """What is kept of the actor."""
    row = await session.execute(
        select(func.count(), func.min(col(IncidentPosition.at))).where(
            visible(actor, IncidentPosition), col(IncidentPosition.person_id) == actor.person_id
        )
    )
    count, oldest = row.one()
    return Kept(count, oldest)
