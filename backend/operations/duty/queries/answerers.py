"""Who can answer an appeal: never who appeals, nor whose judgement it is about."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.models import Person, Role
from backend.identity.permissions import visible
from backend.operations.duty.appealing import may_answer
from backend.operations.duty.models import DutyAppeal
from backend.operations.duty.scoring import Row

_ABOVE = (Role.MANAGER, Role.SAFETY_OFFICER)


async def answerers(session: AsyncSession, actor: Actor, appeal: DutyAppeal) -> set[int]:
    """Managers and safety officers at work; where the only one of them judged it, administrators instead. Empty where
    there is nobody at all."""
    wanted = select(col(Person.id), col(Person.role)).where(
        visible(actor, Person), col(Person.active), col(Person.role).in_([*_ABOVE, Role.ADMIN])
    )
    judge = Row(**appeal.row).by
    may = [(id_, role) for id_, role in await session.execute(wanted) if may_answer(id_, appeal.person_id, judge)]
    above = {id_ for id_, role in may if role in _ABOVE}
    return above or {id_ for id_, _ in may}
