"""Decisions as the page shows them: what the last round found, chosen under the budget that holds now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.checkins.models import InspectionPlan
from backend.checkins.queries.plans import site_calendar
from backend.core.clock import now
from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.identity.scoping import get_visible
from backend.lessons.models import Suggestion, SuggestionKind, SuggestionState
from backend.lessons.queries.patterns import rows_of
from backend.lessons.queries.records import Row
from backend.operations.decisions.choosing import Candidate, choose
from backend.operations.decisions.models import DecisionBudget, DecisionRound, SuggestionCost
from backend.operations.decisions.money import Cost, RoundMoney, costs_of, money_by_round
from backend.operations.decisions.rounds import WEIGHTS, Advice, Round, allotted, hours, key, left_unseen, pace_of

MOST = 60
REFUSED_FOR = timedelta(days=90)
"""So long a pace that was declined isn't proposed again."""
FIRST_ROWS = 30
ROUNDS_AT_ONCE = 50
USUAL_SHARE = 1.1
"""A budget nobody has set: what is walked now, and a tenth more."""


@dataclass(frozen=True)
class Pick:
    """An advice for a plan, with what it rests on."""

    plan: InspectionPlan
    advice: Advice
    levels: Mapping[str, int]
    refs: Sequence[str]
    area_id: int | None
    known: bool
    risk_points: Mapping[str, int] = field(default_factory=dict)
    """How many risk points of each level are there."""

    @property
    def pace(self) -> str:
        """The pace as one word."""
        return key(self.advice.pace)


@dataclass(frozen=True)
class Hours:
    """Inspection: hours a week now and in the budget, what to change, and how much less then stays unseen."""

    now_h: float
    budget_h: float
    set: bool
    picks: Sequence[Pick]
    saves: float
    """Share of what stays unseen now."""
    troubled: bool
    """Whether anything went wrong at a place of any round."""

    @property
    def then_h(self) -> float:
        """Hours a week if all of it is done."""
        return self.now_h + sum(one.advice.hours for one in self.picks)


@dataclass(frozen=True)
class Spending:
    """A suggestion with its cost, if known; ``within``: chosen under the money that there is."""

    one: Suggestion
    worth: float
    """Risk points fewer in 90 days."""
    cost: Decimal | None
    within: bool = False


@dataclass(frozen=True)
class Decisions:
    """The whole page."""

    round: DecisionRound | None
    budget: DecisionBudget | None
    hours: Hours | None
    spendings: Sequence[Spending]
    decided: Sequence[Suggestion]
    costs: Mapping[int, Cost]
    """Of those decided, by id."""
    money: Sequence[RoundMoney]


def worth_of(one: Suggestion) -> float:
    """Risk points fewer in 90 days: as its own proposal says, else its expected cases as if of level general."""
    return float(one.proposal.get("points") or one.per_90_days * WEIGHTS["general"])


async def decisions(session: AsyncSession, actor: Actor) -> Decisions:
    """What to decide now."""
    round_ = await latest(session, actor)
    budget = await budget_of(session, actor)
    decided = await _decided(session, actor)
    return Decisions(
        round_,
        budget,
        await hours_of(session, actor, round_, budget) if round_ else None,
        await _spendings(session, actor, budget),
        decided,
        await costs_of(session, actor, [one.id for one in decided]),
        await money_by_round(session, actor),
    )


async def latest(session: AsyncSession, actor: Actor) -> DecisionRound | None:
    """The newest round."""
    wanted = select(DecisionRound).where(visible(actor, DecisionRound)).order_by(col(DecisionRound.id).desc())
    return (await session.scalars(wanted.limit(1))).first()


async def rounds_page(session: AsyncSession, actor: Actor, before: int | None = None) -> Sequence[DecisionRound]:
    """Rounds with ids below ``before``, the newest first, ``ROUNDS_AT_ONCE`` of them."""
    wanted = select(DecisionRound).where(visible(actor, DecisionRound)).order_by(col(DecisionRound.id).desc())
    if before is not None:
        wanted = wanted.where(col(DecisionRound.id) < before)
    return (await session.scalars(wanted.limit(ROUNDS_AT_ONCE))).all()


async def budget_of(session: AsyncSession, actor: Actor) -> DecisionBudget | None:
    """The budget that holds."""
    wanted = select(DecisionBudget).where(visible(actor, DecisionBudget)).order_by(col(DecisionBudget.id).desc())
    return (await session.scalars(wanted.limit(1))).first()


async def hours_of(session: AsyncSession, actor: Actor, round_: DecisionRound, budget: DecisionBudget | None) -> Hours:
    """Where the hours go. Plans are taken with the rhythm that they have now, whatever the round saw."""
    plans = {
        plan.id: plan
        for plan in await session.scalars(
            select(InspectionPlan).where(visible(actor, InspectionPlan), col(InspectionPlan.active))
        )
    }
    shifts = len((await site_calendar(session, actor)).shifts)
    seen = {one["plan_id"]: one for one in round_.rounds if one["plan_id"] in plans}
    less = budget is not None and budget.may_look_less
    rounds = [_round(plans[plan_id], one, shifts, less) for plan_id, one in seen.items()]
    now_h = sum(hours(one, one.pace) for one in rounds)
    budget_h = budget.hours_a_week if budget else now_h * USUAL_SHARE
    advised = allotted(tuple(rounds), round_.weeks, budget_h, shifts, await _refused(session, actor))
    whole = left_unseen(rounds, round_.weeks)
    saved = sum(one.unseen_now - one.unseen_then for one in advised)
    picks = [_pick(plans[one.round.plan_id], one, seen[one.round.plan_id]) for one in advised]
    return Hours(now_h, budget_h, budget is not None, picks, saved / whole if whole else 0.0, whole > 0)


def _round(plan: InspectionPlan, seen: Mapping[str, Any], shifts: int, less: bool) -> Round:
    """Where something major went wrong nobody looks less, whatever may be."""
    pace = pace_of(plan.rhythm, plan.interval_minutes, shifts)
    points = sum(WEIGHTS.get(level, 1.0) * times for level, times in seen["levels"].items())
    least = 0.0 if less and "major" not in seen["levels"] else pace.per_week
    return Round(plan.id, seen["stops"], seen["minutes"], pace, points, least, seen.get("exposure", 0.0))


def _pick(plan: InspectionPlan, advice: Advice, seen: Mapping[str, Any]) -> Pick:
    refs = [*seen.get("risk_refs", ())[:10], *seen["refs"]]
    return Pick(plan, advice, seen["levels"], refs, seen["area_id"], seen["known"], seen.get("risk_points", {}))


async def _refused(session: AsyncSession, actor: Actor) -> frozenset[tuple[int, str]]:
    wanted = select(Suggestion).where(
        visible(actor, Suggestion),
        col(Suggestion.kind) == SuggestionKind.INSPECTION_RHYTHM,
        col(Suggestion.state) == SuggestionState.DECLINED,
        col(Suggestion.decided_at) > now() - REFUSED_FOR,
    )
    return frozenset((one.proposal["plan_id"], one.proposal["pace"]) for one in await session.scalars(wanted))


@dataclass(frozen=True)
class Advised:
    """A plan with what is advised, if anything, and the rows of it."""

    plan: InspectionPlan
    pick: Pick | None
    rows: Sequence[Row]


async def advised_for(session: AsyncSession, actor: Actor, plan_id: int) -> Advised:
    """What is advised for one plan, with its rows. Raises NotFound."""
    plan = await get_visible(session, actor, InspectionPlan, plan_id)
    round_ = await latest(session, actor)
    found = (await hours_of(session, actor, round_, await budget_of(session, actor))).picks if round_ else ()
    pick = next((one for one in found if one.plan.id == plan_id), None)
    return Advised(plan, pick, await rows_of(session, actor, list(pick.refs[:FIRST_ROWS])) if pick else [])


async def _spendings(session: AsyncSession, actor: Actor, budget: DecisionBudget | None) -> Sequence[Spending]:
    """Open suggestions: those chosen for the money first, then what is worth most. What costs nothing is chosen."""
    wanted = (
        select(Suggestion, col(SuggestionCost.money))
        .outerjoin(SuggestionCost, col(SuggestionCost.suggestion_id) == col(Suggestion.id))
        .where(visible(actor, Suggestion), col(Suggestion.state) == SuggestionState.OPEN)
        .order_by(col(Suggestion.per_90_days).desc(), col(Suggestion.id))
        .limit(MOST)
    )
    rows = [(one, cost) for one, cost in await session.execute(wanted)]
    costly = [(one, cost) for one, cost in rows if cost is not None]
    money = float(budget.money) if budget else 0.0
    taken = choose([Candidate(one.id, worth_of(one), float(cost)) for one, cost in costly], money)
    within = {costly[place][0].id for place in taken}
    found = [Spending(one, worth_of(one), cost, one.id in within) for one, cost in rows]
    return sorted(found, key=lambda one: (not one.within, -one.worth))


async def _decided(session: AsyncSession, actor: Actor) -> Sequence[Suggestion]:
    wanted = select(Suggestion).where(
        visible(actor, Suggestion),
        col(Suggestion.state) != SuggestionState.OPEN,
        col(Suggestion.decided_at).is_not(None),
    )
    return (await session.scalars(wanted.order_by(col(Suggestion.decided_at).desc()).limit(10))).all()
