"""What decisions were to cost and did cost: of each, and of each round of looking that they came from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import visible
from backend.lessons.models import IN_FORCE, Suggestion
from backend.operations.decisions.models import DecisionRound, SuggestionCost

MOST_ROUNDS = 12


@dataclass(frozen=True)
class Cost:
    """Of one decision. ``by``: who said what it cost in the end."""

    planned: Decimal | None
    spent: Decimal | None
    by: Person | None
    spent_at: datetime | None


@dataclass(frozen=True)
class RoundMoney:
    """Of what was adopted after the round ``made_at`` and before the next (None: before the first that is kept): how
    many decisions cost something, planned (None: nobody said) and spent together. ``open``: so many aren't said to be
    paid yet."""

    made_at: datetime | None
    decisions: int
    planned: Decimal | None
    spent: Decimal
    open: int


async def costs_of(session: AsyncSession, actor: Actor, ids: Sequence[int]) -> Mapping[int, Cost]:
    """What is known of the money of each suggestion of ``ids``, by its id."""
    wanted = (
        select(SuggestionCost, Person)
        .outerjoin(Person, col(Person.id) == col(SuggestionCost.spent_by))
        .where(visible(actor, SuggestionCost), col(SuggestionCost.suggestion_id).in_(ids))
    )
    return {
        one.suggestion_id: Cost(one.money, one.spent, by, one.spent_at) for one, by in await session.execute(wanted)
    }


async def money_by_round(session: AsyncSession, actor: Actor) -> Sequence[RoundMoney]:
    """The newest rounds whose decisions cost something, at most ``MOST_ROUNDS``; one statement."""
    made_at = (
        select(func.max(col(DecisionRound.made_at)))
        .where(visible(actor, DecisionRound), col(DecisionRound.made_at) <= col(Suggestion.decided_at))
        .correlate(Suggestion)
        .scalar_subquery()
    )
    cost = SuggestionCost
    each = (
        select(made_at.label("made_at"), col(cost.money).label("planned"), col(cost.spent).label("spent"))
        .select_from(Suggestion)
        .join(cost, col(cost.suggestion_id) == col(Suggestion.id))
        .where(visible(actor, Suggestion), col(Suggestion.state).in_(IN_FORCE), col(Suggestion.decided_at).is_not(None))
        .subquery("each")
    ).c
    nothing = Decimal(0)
    wanted = (
        select(
            each.made_at,
            func.count(),
            func.sum(each.planned),
            func.coalesce(func.sum(each.spent), nothing),
            func.count().filter(each.spent.is_(None)),
        )
        .group_by(each.made_at)
        .order_by(each.made_at.desc().nulls_last())
        .limit(MOST_ROUNDS)
    )
    return [RoundMoney(*row) for row in await session.execute(wanted)]
