"""``/decisions``: where hours and money do most, and the way to each decision."""

from typing import Annotated

from fastapi import Form, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.errors import DomainError
from backend.core.pages import locale_of, render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.alike import alike
from backend.identity.web import ActorDep, SessionDep, allow
from backend.lessons.models import IN_FORCE
from backend.lessons.wording import STATES, TONES, WISHES
from backend.live.wording import EQUIPMENT_CLASSES
from backend.operations.decisions import commands
from backend.operations.decisions.forms import read_hours, read_money
from backend.operations.decisions.holding import WORDS as WHYS
from backend.operations.decisions.queries import advised_for, decisions
from backend.operations.decisions.wear import LEAST_FAILURES
from backend.operations.decisions.wording import DONE, pace_words

router = APIRouter(prefix="/decisions", include_in_schema=False)
_Short = Annotated[str, Form(max_length=40)]
_Text = Annotated[str, Form(max_length=4000)]


@router.get("", dependencies=[allow("operations.see")])
@alike
async def page(request: Request, session: SessionDep, actor: ActorDep, done: str = "") -> Response:
    """Everything to decide now."""
    return await _show(request, session, actor, done=DONE.get(done, ""))


@router.post("/rounds", dependencies=[allow("operations.decide")])
async def look(session: SessionDep, actor: ActorDep) -> Response:
    """Find out anew."""
    await commands.look_now(session, actor)
    return RedirectResponse("/decisions?done=looking", 303)


@router.post("/budget", dependencies=[allow("operations.decide")])
async def budget(
    request: Request, session: SessionDep, actor: ActorDep, hours: _Short = "", money: _Short = "", less: _Short = ""
) -> Response:
    """Set what can be spent."""
    try:
        await commands.set_budget(session, actor, read_hours(hours), read_money(money), may_look_less=bool(less))
    except REFUSALS as error:
        typed = {"hours": hours, "money": money, "less": less}
        return await _show(request, session, actor, typed=typed, refused=refusal(request, error))
    return RedirectResponse("/decisions?done=budget", 303)


@router.post("/suggestions/{suggestion_id}/cost", dependencies=[allow("operations.decide")])
async def cost(
    request: Request, session: SessionDep, actor: ActorDep, suggestion_id: int, money: _Short = ""
) -> Response:
    """Say what a suggestion costs."""
    try:
        await commands.set_cost(session, actor, suggestion_id, read_money(money))
    except REFUSALS as error:
        typed = {"cost_of": str(suggestion_id), "cost": money}
        return await _show(request, session, actor, typed=typed, refused=refusal(request, error))
    return RedirectResponse("/decisions?done=cost#spendings", 303)


@router.post("/suggestions/{suggestion_id}/spent", dependencies=[allow("operations.decide")])
async def spent(
    request: Request, session: SessionDep, actor: ActorDep, suggestion_id: int, spent: _Short = ""
) -> Response:
    """Say what an adopted suggestion did cost."""
    try:
        await commands.set_spent(session, actor, suggestion_id, read_money(spent))
    except REFUSALS as error:
        typed = {"spent_of": str(suggestion_id), "spent": spent}
        return await _show(request, session, actor, typed=typed, refused=refusal(request, error))
    return RedirectResponse("/decisions?done=spent#decided", 303)


@router.get("/plans/{plan_id}", dependencies=[allow("operations.see")])
async def plan(request: Request, session: SessionDep, actor: ActorDep, plan_id: int) -> Response:
    """What is advised for one plan, with the rows that it rests on; decided here."""
    return await _show_pick(request, session, actor, plan_id)


@router.post("/plans/{plan_id}/adopt", dependencies=[allow("operations.decide")])
async def adopt(
    request: Request, session: SessionDep, actor: ActorDep, plan_id: int, pace: _Short = "", reason: _Text = ""
) -> Response:
    """Walk it so from now on."""
    try:
        async with session.begin_nested():
            one = await commands.adopt_pace(session, actor, plan_id, pace, reason.replace("\0", ""))
    except REFUSALS as error:
        return await _show_pick(request, session, actor, plan_id, typed={"reason": reason}, error=error)
    return RedirectResponse(f"/lessons/suggestions/{one.id}?done=adopted", 303)


@router.post("/plans/{plan_id}/decline", dependencies=[allow("operations.decide")])
async def decline(
    request: Request, session: SessionDep, actor: ActorDep, plan_id: int, pace: _Short = "", reason: _Text = ""
) -> Response:
    """Leave it as it is."""
    try:
        async with session.begin_nested():
            await commands.decline_pace(session, actor, plan_id, pace, reason.replace("\0", ""))
    except REFUSALS as error:
        return await _show_pick(request, session, actor, plan_id, typed={"declined": reason}, error=error)
    return RedirectResponse("/decisions?done=declined", 303)


async def _show(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    *,
    done: str = "",
    typed: dict[str, str] | None = None,
    refused: Refusal | None = None,
) -> Response:
    found, refused = await decisions(session, actor), refused or Refusal()
    known = {
        "hours": f"{found.budget.hours_a_week:g}" if found.budget else "",
        "money": f"{found.budget.money.normalize():f}" if found.budget else "",
        "less": "on" if found.budget and found.budget.may_look_less else "",
        "cost_of": "",
        "cost": "",
        "spent_of": "",
        "spent": "",
    }
    locale = locale_of(request)
    response = render(
        request,
        "operations/decisions.html",
        found=found,
        typed={**known, **(typed or {})},
        refused=refused,
        paces={one.plan.id: pace_words(one.advice.pace, locale) for one in (found.hours.picks if found.hours else ())},
        now_paces={
            one.plan.id: pace_words(one.advice.round.pace, locale) for one in (found.hours.picks if found.hours else ())
        },
        decides=actor.can("operations.decide"),
        least=LEAST_FAILURES,
        classes=EQUIPMENT_CLASSES,
        wishes=WISHES,
        states=STATES,
        tones=TONES,
        whys=WHYS,
        in_force=IN_FORCE,
        done=done,
    )
    response.status_code = refused.status
    return response


async def _show_pick(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    plan_id: int,
    *,
    typed: dict[str, str] | None = None,
    error: DomainError | None = None,
) -> Response:
    refused = refusal(request, error) if error else Refusal()
    found = await advised_for(session, actor, plan_id)
    pick, locale = found.pick, locale_of(request)
    response = render(
        request,
        "operations/pick.html",
        plan=found.plan,
        one=pick,
        rows=found.rows,
        typed={"reason": "", **(typed or {})},
        refused=refused,
        then=pace_words(pick.advice.pace, locale) if pick else "",
        now=pace_words(pick.advice.round.pace, locale) if pick else "",
        decides=actor.can("operations.decide") and actor.can("plans.edit"),
    )
    response.status_code = refused.status
    return response
