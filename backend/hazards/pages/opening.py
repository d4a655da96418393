"""``/rectifications/new``: fixing the five things (五定), with everything that can be guessed filled in."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Form, Query, Request, Response
from starlette.responses import RedirectResponse

from backend.alarms.models import Level
from backend.core.clock import now
from backend.core.form_keys import form_key
from backend.core.pages import locale_of, render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.hazards import commands, origins, plan
from backend.hazards.forms import OTHER, PlanForm, StepForm, database_id
from backend.hazards.lifecycle import Step
from backend.hazards.origins import Origin
from backend.hazards.queries import recurrence
from backend.hazards.reports import queries as reports
from backend.hazards.reports.commands import rectify
from backend.hazards.wording import LEVELS
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/rectifications")


@router.get("/new", dependencies=[allow("rectifications.open")])
async def new_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    alarm_id: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    report_id: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> Response:
    """The form; from an alarm with its title, level, the rule's advice and the equipment's owner.

    From an accepted report with its words, level, and the owner of the equipment.
    """
    source = await origins.origin(session, actor, alarm_id) if alarm_id else None
    report = await reports.card(session, actor, report_id) if report_id else None
    typed = await _reported(session, actor, report) if report else _guessed(source, locale_of(request))
    return await _form(request, session, actor, typed, source, report=report)


@router.post("", dependencies=[allow("rectifications.open")])
async def open_rectification(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    typed: Annotated[PlanForm, Depends()],
    step: Annotated[StepForm, Depends()],
    report_id: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Open it and show it; a refused one shows the form again as it was typed."""
    of_report = database_id(report_id)
    try:
        wanted = typed.read(actor)
        sent = await step.read()
        async with session.begin_nested():
            if of_report:
                opened = await rectify(session, actor, of_report, wanted, sent)
            else:
                opened = await commands.open_rectification(session, actor, wanted, sent)
    except REFUSALS as error:
        alarm_id = database_id(typed.alarm_id)
        source = await origins.origin(session, actor, alarm_id) if alarm_id else None
        report = await reports.card(session, actor, of_report) if of_report else None
        refused = refusal(request, error, photos_lost=step.has_photos)
        return await _form(request, session, actor, typed, source, refused, report=report)
    return RedirectResponse(f"/rectifications/{opened.id}?done={Step.OPENED}", 303)


@router.get("/again", dependencies=[allow("rectifications.open")])
async def again_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    of: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> Response:
    """The form for a hazard that has come back, filled from the former rectification ``of``; 409 when too long ago."""
    if of is None:
        return await _form(request, session, actor, PlanForm(), None)
    former = await recurrence.former(session, actor, of)
    typed = PlanForm(
        title=former.title,
        cause=former.cause,
        measure=former.measure,
        owner_id=str(former.owner_id),
        level=former.level,
        recurs_id=str(former.id),
    )
    return await _form(request, session, actor, typed, None)


def _guessed(source: Origin | None, locale: str) -> PlanForm:
    if source is None:
        return PlanForm()
    english = locale == "en"
    alarm = source.alarm
    return PlanForm(
        title=(english and alarm.title_en) or alarm.title,
        measure=(english and source.advice_en) or source.advice,
        owner_id=str(source.owner_id or ""),
        level=alarm.level,
        alarm_id=str(alarm.id),
    )


async def _reported(session: SessionDep, actor: Actor, card: reports.Card) -> PlanForm:
    owner = await origins.keeper(session, actor, card.report.equipment_id)
    return PlanForm(
        title=card.headline or card.report.number,
        cause=card.report.details,
        owner_id=str(owner or ""),
        level=card.report.level,
    )


@dataclass(frozen=True)
class Deadlines:
    """The deadlines to choose from, and which is chosen; ``other`` is what stands in the field beside them."""

    choices: list[plan.DeadlineChoice]
    chosen: str
    other: str


def _deadlines(typed: PlanForm, actor: Actor) -> Deadlines:
    level = typed.level if typed.level in set(Level) else Level.GENERAL
    choices = plan.deadline_choices(level, now(), actor.zone)
    usual = plan.typed_deadline(plan.suggested_deadline(level, now(), actor.zone))
    if not typed.deadline:
        suggested = next((choice.typed for choice in choices if choice.suggested), OTHER)
        return Deadlines(choices, suggested, typed.deadline_other or usual)
    if typed.deadline in {choice.typed for choice in choices}:
        return Deadlines(choices, typed.deadline, typed.deadline_other or usual)
    moment = typed.deadline_other if typed.deadline == OTHER else typed.deadline
    return Deadlines(choices, OTHER, moment)


async def _form(
    request: Request,
    session: SessionDep,
    actor: Actor,
    typed: PlanForm,
    source: Origin | None,
    refused: Refusal | None = None,
    *,
    report: reports.Card | None = None,
) -> Response:
    refused = refused or Refusal()
    response: Response = render(
        request,
        "hazards/new.html",
        typed=typed,
        report=report,
        source=source,
        deadlines=_deadlines(typed, actor),
        candidates=await origins.candidates(session, actor),
        levels=LEVELS,
        most=plan.MOST_LETTERS,
        key=form_key(),
        refused=refused,
        errors=refused.errors,
    )
    response.status_code = refused.status
    return response
