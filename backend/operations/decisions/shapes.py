"""Decisions as programs read them."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from backend.lessons.models import Suggestion
from backend.operations.decisions.money import Cost, RoundMoney
from backend.operations.decisions.queries import Decisions, Hours, Pick, Spending
from backend.operations.decisions.rounds import key

_PICK: dict[str, Any] = {
    "plan_id": 8,
    "plan": "塔区巡检",
    "now": "week",
    "pace": "day",
    "hours": 3.0,
    "saves": 0.857,
    "levels": {"major": 1, "general": 2},
    "risk_points": {"major": 1},
    "refs": ["risk_point:7", "report:41"],
}
_SPENDING: dict[str, Any] = {
    "suggestion_id": 12,
    "kind": "measure",
    "words": "给“机封泄漏”补上管控措施",
    "words_en": "Add a measure for “Seal leak”",
    "proposal": {"source_id": 31, "risk_point_id": 7, "why": "none", "level": "major", "points": 8.9},
    "refs": ["risk_point:7", "report:41"],
    "worth": 8.9,
    "cost": 12000.0,
    "within": True,
}
_DECISIONS: dict[str, Any] = {
    "round_id": 5,
    "made_at": "2026-11-27T01:00:00Z",
    "hours_now": 10.5,
    "hours_budget": 14.0,
    "budget_set": True,
    "saves": 0.42,
    "money": 200000.0,
    "picks": [_PICK],
    "spendings": [_SPENDING],
    "decided": [
        {
            "suggestion_id": 9,
            "state": "adopted",
            "words": "更换或大修循环泵",
            "words_en": "Renew or overhaul Pump",
            "decided_at": "2026-10-01T03:00:00Z",
            "planned": 50000.0,
            "spent": 52000.5,
            "spent_by": 5,
            "spent_at": "2026-11-02T03:00:00Z",
        }
    ],
    "rounds": [{"made_at": "2026-09-30T17:00:00Z", "decisions": 1, "planned": 50000.0, "spent": 52000.5, "open": 0}],
}
_ROUND: dict[str, Any] = {"id": 5, "made_at": "2026-11-27T01:00:00Z", "weeks": 26.0, "plans": 4, "classes": 2}


class PickOut(BaseModel):
    """Another pace for a plan: ``hours`` a week more, and the share of what stays unseen now that then doesn't.
    ``levels``: of what went wrong there in half a year; ``risk_points``: of what stands on the list there."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PICK]})

    plan_id: int
    plan: str
    now: str
    pace: str
    hours: float
    saves: float
    levels: dict[str, int]
    risk_points: dict[str, int]
    refs: list[str]


class SpendingOut(BaseModel):
    """An open suggestion. ``worth``: risk points fewer in 90 days; ``within``: chosen under the money of the budget."""

    suggestion_id: int
    kind: str
    words: str
    words_en: str
    proposal: dict[str, Any]
    refs: list[str]
    worth: float
    cost: float | None
    within: bool


class DecidedOut(BaseModel):
    """A suggestion that was decided, with its money as far as it is known."""

    suggestion_id: int
    state: str
    words: str
    words_en: str
    decided_at: datetime | None
    planned: float | None
    spent: float | None
    spent_by: int | None
    spent_at: datetime | None


class RoundMoneyOut(BaseModel):
    """Of what was adopted after a round and before the next: planned and spent; ``open``: not said to be paid yet."""

    made_at: datetime | None
    decisions: int
    planned: float | None
    spent: float
    open: int


class DecisionsOut(BaseModel):
    """What to decide now, by the newest round (null: there is none yet) under the budget that holds."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DECISIONS]})

    round_id: int | None
    made_at: datetime | None
    hours_now: float | None
    hours_budget: float | None
    budget_set: bool
    saves: float | None
    money: float | None
    picks: list[PickOut]
    spendings: list[SpendingOut]
    decided: list[DecidedOut]
    rounds: list[RoundMoneyOut]


class RoundOut(BaseModel):
    """A look at the site's records: over how many weeks, how many plans and classes of equipment."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ROUND]})

    id: int
    made_at: datetime
    weeks: float
    plans: int
    classes: int


class RoundsOut(BaseModel):
    """The newest first; ``following`` goes into ``before`` for older ones, null on the last page."""

    items: list[RoundOut]
    following: int | None


class RoundWholeOut(RoundOut):
    """A round with what it found of each plan and each class of equipment."""

    found_plans: list[dict[str, Any]]
    found_classes: list[dict[str, Any]]


class SuggestedOut(BaseModel):
    """What came of a decision about a plan's pace: a suggestion, adopted or declined."""

    suggestion_id: int
    state: str


def decisions_out(found: Decisions) -> DecisionsOut:
    """All of the page."""
    hours: Hours | None = found.hours
    return DecisionsOut(
        round_id=found.round.id if found.round else None,
        made_at=found.round.made_at if found.round else None,
        hours_now=hours.now_h if hours else None,
        hours_budget=hours.budget_h if hours else None,
        budget_set=found.budget is not None,
        saves=hours.saves if hours else None,
        money=float(found.budget.money) if found.budget else None,
        picks=[pick_out(one) for one in hours.picks] if hours else [],
        spendings=[_spending(one) for one in found.spendings],
        decided=[_decided(one, found.costs.get(one.id)) for one in found.decided],
        rounds=[_money(one) for one in found.money],
    )


def pick_out(one: Pick) -> PickOut:
    """An advice for a plan."""
    return PickOut(
        plan_id=one.plan.id,
        plan=one.plan.name,
        now=key(one.advice.round.pace),
        pace=one.pace,
        hours=one.advice.hours,
        saves=one.advice.saves,
        levels=dict(one.levels),
        risk_points=dict(one.risk_points),
        refs=list(one.refs),
    )


def _spending(item: Spending) -> SpendingOut:
    one = item.one
    return SpendingOut(
        suggestion_id=one.id,
        **{name: getattr(one, name) for name in ("kind", "words", "words_en", "proposal", "refs")},
        worth=item.worth,
        cost=None if item.cost is None else float(item.cost),
        within=item.within,
    )


def _decided(one: Suggestion, cost: Cost | None) -> DecidedOut:
    return DecidedOut(
        suggestion_id=one.id,
        **{name: getattr(one, name) for name in ("state", "words", "words_en", "decided_at")},
        planned=float(cost.planned) if cost and cost.planned is not None else None,
        spent=float(cost.spent) if cost and cost.spent is not None else None,
        spent_by=cost.by.id if cost and cost.by else None,
        spent_at=cost.spent_at if cost else None,
    )


def _money(one: RoundMoney) -> RoundMoneyOut:
    return RoundMoneyOut(
        made_at=one.made_at,
        decisions=one.decisions,
        planned=None if one.planned is None else float(one.planned),
        spent=float(one.spent),
        open=one.open,
    )
