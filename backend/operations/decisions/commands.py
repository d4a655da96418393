"""What people decide: the budget, what a suggestion costs, how often a round is walked."""

from decimal import Decimal
from math import isfinite

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.errors import N_, Conflict, Invalid
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require, visible
from backend.identity.scoping import get_visible
from backend.lessons.commands import Choice, adopt, decline
from backend.lessons.models import IN_FORCE, Suggestion, SuggestionKind, SuggestionState
from backend.operations.decisions.making import look_for_decisions
from backend.operations.decisions.models import MOST_MONEY, DecisionBudget, SuggestionCost
from backend.operations.decisions.queries import Pick, advised_for, budget_of
from backend.operations.decisions.wording import pace_words

MOST_HOURS = 10_000.0


async def set_budget(
    session: AsyncSession, actor: Actor, hours: float | None, money: Decimal | None, *, may_look_less: bool
) -> None:
    """Let decisions be made under so many hours a week and so much money a year. Raises Forbidden, Invalid by field."""
    require(actor, "operations.decide")
    wrong = {}
    if hours is None or not isfinite(hours) or not 0 <= hours <= MOST_HOURS:
        wrong["hours"] = N_("每周小时数请填写 0 到 10000")
    if money is None or not money.is_finite() or not 0 <= money < MOST_MONEY:
        wrong["money"] = N_("金额请填写 0 或更大的数")
    if wrong or hours is None or money is None:
        raise Invalid(fields=wrong)
    before = await budget_of(session, actor)
    made = DecisionBudget(
        site_id=actor.site_id, hours_a_week=hours, money=money, may_look_less=may_look_less, set_by=actor.person_id
    )
    session.add(made)
    await session.flush()
    change = {
        "hours_a_week": [before.hours_a_week if before else None, hours],
        "money": [str(before.money) if before else None, str(money)],
        "may_look_less": [before.may_look_less if before else None, may_look_less],
    }
    await record_change(session, actor, "decision.budget", "decision_budget", made.id, change)


async def set_cost(session: AsyncSession, actor: Actor, suggestion_id: int, money: Decimal | None) -> None:
    """Say what a suggestion would cost. Raises Forbidden, NotFound, Conflict when it is decided, Invalid by field."""
    require(actor, "operations.decide")
    one = await get_visible(session, actor, Suggestion, suggestion_id)
    if one.state != SuggestionState.OPEN:
        raise Conflict(N_("这条建议已有决定，请查看最新情况"))
    if money is None or not money.is_finite() or not 0 <= money < MOST_MONEY:
        raise Invalid(fields={"money": N_("金额请填写 0 或更大的数")})
    before = await session.scalar(
        select(col(SuggestionCost.money)).where(
            visible(actor, SuggestionCost), col(SuggestionCost.suggestion_id) == one.id
        )
    )
    said = {"money": money, "said_by": actor.person_id, "said_at": now()}
    values = {"site_id": actor.site_id, "suggestion_id": one.id, **said}
    new = insert(SuggestionCost).values(**values)
    await session.execute(new.on_conflict_do_update(index_elements=["suggestion_id"], set_=said))
    change = {"money": [None if before is None else str(before), str(money)]}
    await record_change(session, actor, "decision.cost", "lesson_suggestion", one.id, change)


async def set_spent(session: AsyncSession, actor: Actor, suggestion_id: int, money: Decimal | None) -> None:
    """Say what an adopted suggestion did cost. Raises Forbidden, NotFound, Conflict before it is adopted, Invalid."""
    require(actor, "operations.decide")
    one = await get_visible(session, actor, Suggestion, suggestion_id)
    if one.state not in IN_FORCE:
        raise Conflict(N_("采纳以后才能记实际花费"))
    if money is None or not money.is_finite() or not 0 <= money < MOST_MONEY:
        raise Invalid(fields={"spent": N_("金额请填写 0 或更大的数")})
    before = await session.scalar(
        select(col(SuggestionCost.spent)).where(
            visible(actor, SuggestionCost), col(SuggestionCost.suggestion_id) == one.id
        )
    )
    said = {"spent": money, "spent_by": actor.person_id, "spent_at": now()}
    new = insert(SuggestionCost).values(site_id=actor.site_id, suggestion_id=one.id, **said)
    await session.execute(new.on_conflict_do_update(index_elements=["suggestion_id"], set_=said))
    change = {"spent": [None if before is None else str(before), str(money)]}
    await record_change(session, actor, "decision.spent", "lesson_suggestion", one.id, change)


async def look_now(session: AsyncSession, actor: Actor) -> None:
    """Have a worker find out anew. Raises Forbidden."""
    require(actor, "operations.decide")
    await look_for_decisions(session, actor.site_id)


async def adopt_pace(session: AsyncSession, actor: Actor, plan_id: int, pace: str, reason: str) -> Suggestion:
    """Have the plan walked at the advised ``pace`` from now on, followed like any suggestion.

    Raises Forbidden, NotFound, Conflict when something else is advised by now.
    """
    one = await _suggested(session, actor, plan_id, pace)
    return await adopt(session, actor, one.id, Choice(reason=reason))


async def decline_pace(session: AsyncSession, actor: Actor, plan_id: int, pace: str, reason: str) -> Suggestion:
    """Leave it, and say why. Raises as ``adopt_pace``, and Invalid without a reason."""
    one = await _suggested(session, actor, plan_id, pace)
    return await decline(session, actor, one.id, reason)


async def _suggested(session: AsyncSession, actor: Actor, plan_id: int, pace: str) -> Suggestion:
    require(actor, "operations.decide")
    pick = (await advised_for(session, actor, plan_id)).pick
    if pick is None or pick.pace != pace:
        raise Conflict(N_("建议已有变化，请查看最新情况后再决定"))
    one = _suggestion(actor, pick)
    session.add(one)
    await session.flush()
    return one


def _suggestion(actor: Actor, pick: Pick) -> Suggestion:
    plan, advice = pick.plan, pick.advice
    words, words_en = pace_words(advice.pace, "zh_CN"), pace_words(advice.pace, "en")
    return Suggestion(
        site_id=actor.site_id,
        key=f"{SuggestionKind.INSPECTION_RHYTHM}:{plan.id}:{pick.pace}:{now():%Y%m%d%H%M%S%f}",
        kind=SuggestionKind.INSPECTION_RHYTHM,
        words=f"{plan.name}：改为{words}",
        words_en=f"{plan.name_en or plan.name}: {words_en}",
        proposal={
            "plan_id": plan.id,
            "pace": pick.pace,
            "rhythm": str(advice.pace.rhythm),
            "interval_minutes": advice.pace.interval_minutes,
            "hours": round(advice.hours, 2),
            "saves": round(advice.saves, 3),
        },
        watch={"area": str(pick.area_id), "sort": "incident"} if pick.area_id else {"sort": "incident"},
        refs=list(pick.refs),
    )
