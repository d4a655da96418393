"""``/rule-trials``: a rule tried on the past; the smallest safe change to it, put in force by a tap and taken back."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Query, Request, Response
from starlette.responses import RedirectResponse

from backend.alarms.drafts import draft_from_form
from backend.alarms.models import AlarmRule
from backend.core.errors import Conflict, Invalid
from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.scoping import get_visible
from backend.identity.web import ActorDep, SessionDep, allow
from backend.operations.alarmload import commands
from backend.operations.alarmload.following import followed
from backend.operations.alarmload.models import Purpose, RuleTrial, TrialState
from backend.operations.alarmload.queries.trials import open_alarm
from backend.operations.alarmload.view import TrialView, view_of
from backend.operations.alarmload.wording import DONE
from backend.plant.models import Point

router = APIRouter()


@router.post("/rule-trials", dependencies=[allow("rules.edit")])
async def ask(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    rule_id: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> Response:
    """Try what stands in the rule's form; htmx gets the outcome for below the form."""
    form = await request.form()
    typed = {name: value for name, value in form.items() if isinstance(value, str)}
    days = typed.get("days", "7")
    try:
        async with session.begin_nested():
            trial = await commands.ask_trial(
                session,
                actor,
                draft_from_form(typed),
                rule_id=rule_id,
                days=int(days) if days.isascii() and days.isdigit() and len(days) < 5 else 0,
            )
    except (Invalid, Conflict) as refused:
        return _refused(request, refused, back=f"/rules/{rule_id}/edit" if rule_id else "/rules/new")
    if "hx-request" in request.headers:
        return await _trial(request, session, actor, trial, block="outcome")
    return RedirectResponse(f"/rule-trials/{trial.id}", 303)


@router.post("/rules/{rule_id}/calmer", dependencies=[allow("rules.edit")])
async def look_for_calm(request: Request, session: SessionDep, actor: ActorDep, rule_id: int) -> Response:
    """Look for the smallest safe change that spares alarms."""
    try:
        async with session.begin_nested():
            trial = await commands.ask_suggestion(session, actor, rule_id)
    except (Invalid, Conflict) as refused:
        return _refused(request, refused, back=f"/rules/{rule_id}")
    return RedirectResponse(f"/rule-trials/{trial.id}", 303)


@router.get("/rule-trials/{trial_id}", dependencies=[allow("rules.see")])
async def trial_page(request: Request, session: SessionDep, actor: ActorDep, trial_id: int, done: str = "") -> Response:
    """What was tried and what came out; htmx gets the outcome alone while a worker is at it."""
    trial = await get_visible(session, actor, RuleTrial, trial_id)
    block = "outcome" if request.headers.get("hx-target") == "outcome" else None
    return await _trial(request, session, actor, trial, block=block, done=DONE.get(done, ""))


@router.post("/rule-trials/{trial_id}/apply", dependencies=[allow("rules.edit")])
async def take(request: Request, session: SessionDep, actor: ActorDep, trial_id: int) -> Response:
    """Put the suggestion in force."""
    try:
        async with session.begin_nested():
            await commands.apply_suggestion(session, actor, trial_id)
    except (Invalid, Conflict) as refused:
        trial = await get_visible(session, actor, RuleTrial, trial_id)
        return await _trial(request, session, actor, trial, refused=refused)
    return RedirectResponse(f"/rule-trials/{trial_id}?done=applied", 303)


@router.post("/rationalisations/{rationalisation_id}/restore", dependencies=[allow("rules.edit")])
async def take_back(request: Request, session: SessionDep, actor: ActorDep, rationalisation_id: int) -> Response:
    """Put back what was before."""
    try:
        async with session.begin_nested():
            made = await commands.restore(session, actor, rationalisation_id)
    except (Invalid, Conflict) as refused:
        return _refused(request, refused, back="/alarm-load")
    return RedirectResponse(f"/rule-trials/{made.trial_id}?done=restored", 303)


async def _trial(
    request: Request,
    session: SessionDep,
    actor: Actor,
    trial: RuleTrial,
    *,
    block: str | None = None,
    done: str = "",
    refused: Invalid | Conflict | None = None,
) -> Response:
    subject: Mapping[str, Any] = trial.draft or trial.present
    point = await get_visible(session, actor, Point, int(subject["point_id"]))
    rule = await get_visible(session, actor, AlarmRule, trial.rule_id) if trial.rule_id else None
    made = await followed(session, actor, rule_id=rule.id) if rule else []
    view: TrialView = view_of(trial)
    current = rule is not None and rule.version == trial.rule_version
    suggests = trial.purpose == Purpose.SUGGEST
    response: Response = render(
        request,
        "operations/rule_trial.html",
        block=block,
        trial=trial,
        view=view,
        at_of=lambda seconds: datetime.fromtimestamp(seconds, UTC),
        running=trial.state == TrialState.RUNNING,
        suggests=suggests,
        rule=rule,
        point=point,
        current=current,
        takes=suggests and current and view.can_be_taken and actor.can("rules.edit"),
        edits=actor.can("rules.edit"),
        followed=made,
        own=next((one for one in made if one.change.made.trial_id == trial.id), None),
        open_alarm=await open_alarm(session, actor, rule.id) if rule else None,
        done=done,
        refusal=refused.message if refused else "",
        zone=actor.time_zone,
    )
    response.status_code = refused.status if refused else 200
    return response


def _refused(request: Request, refused: Invalid | Conflict, *, back: str) -> Response:
    response: Response = render(
        request,
        "operations/trial_refused.html",
        block="reason" if "hx-request" in request.headers else None,
        message=refused.message,
        faults=list(dict.fromkeys(refused.fields.values())),
        back=back,
    )
    response.status_code = refused.status
    return response
