"""What waits for a decision or was decided: appeals, rewards, leave."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.statements import alias_of
from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import made_once, visible
from backend.identity.scoping import get_visible
from backend.operations.duty.appealing import may_answer
from backend.operations.duty.models import AppealState, DutyAbsence, DutyAppeal, DutyReward, RewardState
from backend.operations.duty.scoring import Row

MOST = 300


@dataclass(frozen=True)
class Appealed:
    """An appeal with whose it is, who answered, and whether the one who looks may answer it."""

    appeal: DutyAppeal
    person: Person
    answerer: Person | None
    answerable: bool

    @property
    def row(self) -> Row:
        """The point it is about."""
        return Row(**self.appeal.row)


async def appeals(session: AsyncSession, actor: Actor, *, open_only: bool = False) -> list[Appealed]:
    """Appeals that the actor may see, open ones first, the soonest due first; at most ``MOST``."""
    rows = await session.execute(_appeals(actor, open_only))
    return [Appealed(one, person, who, _answerable(actor, one)) for one, person, who in rows]


@made_once
def _appeals(actor: Actor, open_only: bool) -> Select[Any]:
    answerer = alias_of(Person, "answerer")
    statement = (
        select(DutyAppeal, Person, answerer)
        .join(Person, col(Person.id) == col(DutyAppeal.person_id))
        .outerjoin(answerer, col(answerer.id) == col(DutyAppeal.answered_by))
        .where(visible(actor, DutyAppeal))
        .order_by((col(DutyAppeal.state) != AppealState.OPEN), col(DutyAppeal.due_at), col(DutyAppeal.id))
        .limit(MOST)
    )
    return statement.where(col(DutyAppeal.state) == AppealState.OPEN) if open_only else statement


def select_open_appeals(actor: Actor) -> Select[Any]:
    """Of which ``to_answer`` picks the actor's."""
    return _appeals(actor, True)


async def to_answer(session: AsyncSession, actor: Actor) -> list[Appealed]:
    """Open appeals that wait for the actor."""
    if not actor.can("duty.govern"):
        return []
    return [one for one in await appeals(session, actor, open_only=True) if one.answerable]


async def appeal(session: AsyncSession, actor: Actor, appeal_id: int) -> Appealed:
    """One appeal. Raises NotFound."""
    one = await get_visible(session, actor, DutyAppeal, appeal_id)
    person = await get_visible(session, actor, Person, one.person_id)
    who = await get_visible(session, actor, Person, one.answered_by) if one.answered_by else None
    return Appealed(one, person, who, _answerable(actor, one))


async def rewards(session: AsyncSession, actor: Actor, month: date) -> Sequence[tuple[DutyReward, Person]]:
    """What was proposed and decided for a month, undecided first."""
    statement = (
        select(DutyReward, Person)
        .join(Person, col(Person.id) == col(DutyReward.person_id))
        .where(visible(actor, DutyReward), col(DutyReward.month) == month)
        .order_by((col(DutyReward.state) != RewardState.PROPOSED), col(DutyReward.id))
    )
    return [(reward, person) for reward, person in await session.execute(statement)]


async def absences(session: AsyncSession, actor: Actor) -> Sequence[tuple[DutyAbsence, Person]]:
    """Leave, the latest first; at most ``MOST``."""
    statement = (
        select(DutyAbsence, Person)
        .join(Person, col(Person.id) == col(DutyAbsence.person_id))
        .where(visible(actor, DutyAbsence))
        .order_by(col(DutyAbsence.from_on).desc(), col(DutyAbsence.id).desc())
        .limit(MOST)
    )
    return [(one, person) for one, person in await session.execute(statement)]


async def people_led(session: AsyncSession, actor: Actor) -> Sequence[Person]:
    """For whom the actor may enter leave: a leader for their team, who governs for all."""
    wanted = select(Person).where(visible(actor, Person), col(Person.active)).order_by(col(Person.name), col(Person.id))
    if not actor.can("duty.govern"):
        wanted = wanted.where(col(Person.team_id) == actor.team_id)
    return (await session.scalars(wanted)).all()


def _answerable(actor: Actor, one: DutyAppeal) -> bool:
    against = Row(**one.row).by
    is_open = one.state == AppealState.OPEN
    return is_open and actor.can("duty.govern") and may_answer(actor.person_id, one.person_id, against)
