"""Extensions: the owner asks for a later deadline and says why; who opened it or a manager grants or refuses it."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.errors import N_, Conflict, Invalid
from backend.hazards import plan
from backend.hazards.lifecycle import Step
from backend.hazards.models import Rectification
from backend.hazards.recording import Sent, write_down
from backend.hazards.taking import Effects, locked, need_note, take
from backend.identity.actor import Actor


async def ask_extension(
    session: AsyncSession, actor: Actor, rectification_id: int, wanted: datetime | None, sent: Sent
) -> Rectification:
    """Ask for the deadline ``wanted`` (with zone), the reason in ``sent.note``.

    Raises Invalid by field, NotFound, Conflict (also while another request waits), Forbidden.
    """
    need_note(sent, N_("请写明延期的原因"))
    if wanted is None:
        raise Invalid(fields={"deadline": N_("请选择期限")})
    wanted = wanted.astimezone(UTC)

    def ask(rectification: Rectification) -> None:
        plan.check_extension(rectification.deadline, wanted, now())
        rectification.wanted_deadline = wanted
        rectification.extension_by = actor.person_id

    effects = Effects(ask, request={"deadline": wanted.isoformat()}, deadline=wanted)
    return await take(session, actor, rectification_id, Step.EXTENSION_ASKED, sent, effects)


async def extend(session: AsyncSession, actor: Actor, rectification_id: int, sent: Sent) -> Rectification:
    """Grant what was asked for; the first deadline is kept. Raises NotFound, Conflict, Forbidden."""
    found = await locked(session, actor, rectification_id)
    wanted = found.rectification.wanted_deadline

    def grant(rectification: Rectification) -> None:
        if wanted is None or wanted <= now():
            raise Conflict(N_("申请的期限已经过了，请退回申请后重新商定"))
        rectification.original_deadline = rectification.original_deadline or rectification.deadline
        rectification.deadline = wanted
        _answered(rectification)
        rectification.overdue_told_on = None

    effects = Effects(grant, deadline=wanted)
    extended = await take(session, actor, rectification_id, Step.EXTENDED, sent, effects)
    if extended.parent_id:
        await _carry_to_whole(session, actor, extended.parent_id, extended.deadline)
    return extended


async def refuse_extension(session: AsyncSession, actor: Actor, rectification_id: int, sent: Sent) -> Rectification:
    """Leave the deadline; the reason in ``sent.note``. Raises Invalid without one, NotFound, Conflict, Forbidden."""
    need_note(sent, N_("请写明不同意延期的原因"))
    found = await locked(session, actor, rectification_id)
    effects = Effects(_answered, deadline=found.rectification.wanted_deadline)
    return await take(session, actor, rectification_id, Step.EXTENSION_REFUSED, sent, effects)


def _answered(rectification: Rectification) -> None:
    rectification.wanted_deadline = rectification.extension_by = None


async def _carry_to_whole(session: AsyncSession, actor: Actor, whole_id: int, deadline: datetime) -> None:
    """A whole is never due before its parts; who opened it has opened them, so that the same person has agreed."""
    found = await locked(session, actor, whole_id)
    whole = found.rectification
    if whole.deadline >= deadline:
        return
    change = {"deadline": [whole.deadline.isoformat(), deadline.isoformat()]}
    whole.original_deadline = whole.original_deadline or whole.deadline
    whole.deadline = deadline
    whole.version += 1
    await write_down(session, actor, whole, found.case, Step.EXTENDED, Sent(), change, deadline=deadline)
