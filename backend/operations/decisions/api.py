"""Decisions for programs, with the permissions of the pages. Suggestions are decided under ``/api/v1/lessons``."""

from typing import Annotated

from fastapi import Form, Query

from backend.core.routing import APIRouter
from backend.identity.scoping import get_visible
from backend.identity.web import ActorDep, SessionDep, allow
from backend.operations.decisions import commands
from backend.operations.decisions.forms import read_money
from backend.operations.decisions.models import DecisionRound
from backend.operations.decisions.queries import ROUNDS_AT_ONCE, advised_for, decisions, rounds_page
from backend.operations.decisions.shapes import (
    DecisionsOut,
    PickOut,
    RoundOut,
    RoundsOut,
    RoundWholeOut,
    SuggestedOut,
    decisions_out,
    pick_out,
)

router = APIRouter(prefix="/api/v1/decisions", tags=["decisions"])

_Id = Annotated[int | None, Query(ge=1, lt=2**63)]
_Money = Annotated[str, Form(max_length=40, description="1,234.50 or 1234.5")]
_Pace = Annotated[str, Form(max_length=40, description="as proposed: shift, day, week, month, interval:240")]
_Text = Annotated[str, Form(max_length=4000)]


@router.get("", dependencies=[allow("operations.see")])
async def read_decisions(session: SessionDep, actor: ActorDep) -> DecisionsOut:
    """What is proposed now: other paces of rounds, what to spend money on, what was decided and what it cost."""
    return decisions_out(await decisions(session, actor))


@router.get("/rounds", dependencies=[allow("operations.see")])
async def list_rounds(session: SessionDep, actor: ActorDep, before: _Id = None) -> RoundsOut:
    """Rounds of looking, kept for 400 days."""
    found = await rounds_page(session, actor, before)
    return RoundsOut(
        items=[_round(one) for one in found], following=found[-1].id if len(found) == ROUNDS_AT_ONCE else None
    )


@router.post("/rounds", dependencies=[allow("operations.decide")], status_code=202)
async def look_now(session: SessionDep, actor: ActorDep) -> None:
    """Have a worker look anew; the round is there when it is done."""
    await commands.look_now(session, actor)


@router.get("/rounds/{decision_round_id}", dependencies=[allow("operations.see")])
async def read_round(session: SessionDep, actor: ActorDep, decision_round_id: int) -> RoundWholeOut:
    """One, with what it found."""
    one = await get_visible(session, actor, DecisionRound, decision_round_id)
    return RoundWholeOut(**_round(one).model_dump(), found_plans=one.rounds, found_classes=one.classes)


@router.get("/plans/{plan_id}", dependencies=[allow("operations.see")])
async def read_advice(session: SessionDep, actor: ActorDep, plan_id: int) -> PickOut | None:
    """What is advised for a plan; null: leave it as it is."""
    pick = (await advised_for(session, actor, plan_id)).pick
    return pick_out(pick) if pick else None


@router.post("/plans/{plan_id}/adopt", dependencies=[allow("operations.decide")])
async def adopt(
    session: SessionDep, actor: ActorDep, plan_id: int, pace: _Pace = "", reason: _Text = ""
) -> SuggestedOut:
    """Have the plan walked at the proposed ``pace``; 409 where something else is proposed by now."""
    one = await commands.adopt_pace(session, actor, plan_id, pace, reason.replace("\0", ""))
    return SuggestedOut(suggestion_id=one.id, state=one.state)


@router.post("/plans/{plan_id}/decline", dependencies=[allow("operations.decide")])
async def decline(
    session: SessionDep, actor: ActorDep, plan_id: int, pace: _Pace = "", reason: _Text = ""
) -> SuggestedOut:
    """Leave the plan; ``reason`` says why. The same pace isn't proposed again for 90 days."""
    one = await commands.decline_pace(session, actor, plan_id, pace, reason.replace("\0", ""))
    return SuggestedOut(suggestion_id=one.id, state=one.state)


@router.post("/suggestions/{suggestion_id}/cost", dependencies=[allow("operations.decide")], status_code=204)
async def set_cost(session: SessionDep, actor: ActorDep, suggestion_id: int, money: _Money = "") -> None:
    """Say what an open suggestion would cost."""
    await commands.set_cost(session, actor, suggestion_id, read_money(money))


@router.post("/suggestions/{suggestion_id}/spent", dependencies=[allow("operations.decide")], status_code=204)
async def set_spent(session: SessionDep, actor: ActorDep, suggestion_id: int, spent: _Money = "") -> None:
    """Say what an adopted suggestion did cost."""
    await commands.set_spent(session, actor, suggestion_id, read_money(spent))


def _round(one: DecisionRound) -> RoundOut:
    return RoundOut(id=one.id, made_at=one.made_at, weeks=one.weeks, plans=len(one.rounds), classes=len(one.classes))
