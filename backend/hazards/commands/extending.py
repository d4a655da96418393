"""More time: asked for by who works on it, granted or refused by somebody else; the first deadline is kept."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.errors import N_, Invalid
from backend.hazards import plan
from backend.hazards.commands.taking import locked, take
from backend.hazards.lifecycle import Step
from backend.hazards.models import Rectification
from backend.hazards.recording import Sent
from backend.identity.actor import Actor


async def ask_extension(
    session: AsyncSession, actor: Actor, rectification_id: int, deadline: datetime, sent: Sent
) -> Rectification:
    """Ask for ``deadline``, with the reason in ``sent.note``. Raises Invalid, NotFound, Conflict, Forbidden."""
    if not plan.tidy(sent.note):
        raise Invalid(fields={"note": N_("请写明延期的原因")})

    def ask(rectification: Rectification) -> None:
        plan.check_extension(deadline, rectification.deadline, now())
        rectification.asked_deadline, rectification.asked_by = deadline, actor.person_id

    return await take(session, actor, rectification_id, Step.EXTENSION_ASKED, sent, ask, deadline=deadline)


async def grant_extension(session: AsyncSession, actor: Actor, rectification_id: int, sent: Sent) -> Rectification:
    """Move the deadline to the one asked for. Raises NotFound, Conflict, Forbidden."""
    asked = (await locked(session, actor, rectification_id))[0].asked_deadline

    def grant(rectification: Rectification) -> None:
        rectification.original_deadline = rectification.original_deadline or rectification.deadline
        rectification.deadline = rectification.asked_deadline or rectification.deadline
        rectification.overdue_told_on = None

    return await take(session, actor, rectification_id, Step.EXTENDED, sent, grant, deadline=asked)


async def refuse_extension(session: AsyncSession, actor: Actor, rectification_id: int, sent: Sent) -> Rectification:
    """Leave the deadline, with the reason in ``sent.note``. Raises Invalid, NotFound, Conflict, Forbidden."""
    if not plan.tidy(sent.note):
        raise Invalid(fields={"note": N_("请写明不批准的原因")})
    return await take(session, actor, rectification_id, Step.EXTENSION_REFUSED, sent)
