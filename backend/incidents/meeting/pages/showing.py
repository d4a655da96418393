"""The page of a meeting, one step a screen, in the state and for the reader that it is shown to."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.clock import now
from backend.core.errors import NotFound
from backend.core.form_keys import form_key
from backend.core.pages import locale_of, render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.hazards.origins import candidates
from backend.hazards.plan import typed_deadline
from backend.identity.actor import Actor
from backend.identity.scoping import get_visible
from backend.incidents.meeting import whys, wording
from backend.incidents.meeting.lifecycle import NONE, OTHER
from backend.incidents.meeting.models import MeetingState
from backend.incidents.meeting.queries.evidence import LAPSE, evidence_of
from backend.incidents.meeting.queries.invitees import invitees
from backend.incidents.meeting.queries.views import View, view_of
from backend.incidents.meeting.reporting import agreement_sentence, standing
from backend.incidents.models import Incident, IncidentState
from backend.incidents.review.blocks import Reader

PART = "incident-meeting"
"""The section of the report's page that says how the meeting stands."""


@dataclass(frozen=True)
class Tried:
    """A form that was refused: which, what had been typed, and why."""

    form: str = ""
    typed: Mapping[str, Any] = field(default_factory=dict)
    refused: Refusal = field(default_factory=Refusal)


@dataclass(frozen=True)
class Wanted:
    """Which step of which meeting is asked for; ``done``: what a form did."""

    step: str = ""
    number: int | None = None
    done: str = ""


Command = Callable[[], Awaitable[object]]


async def taken(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    incident_id: int,
    command: Command,
    *,
    form: str,
    typed: Mapping[str, Any],
    step: str,
    done: str,
    then: str = "",
) -> Response:
    """Do what a form asks and lead on to ``then``; where it is refused, show the ``step`` as it was typed."""
    try:
        async with session.begin_nested():
            await command()
    except REFUSALS as error:
        tried = Tried(form, typed, refusal(request, error))
        return await show(request, session, actor, incident_id, Wanted(step), tried)
    return RedirectResponse(f"/incidents/{incident_id}/meeting?step={then or step}&done={done}", 303)


async def show(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    incident_id: int,
    wanted: Wanted,
    tried: Tried | None = None,
) -> Response:
    """The meeting, or where there is none the form that convenes one. Raises NotFound."""
    tried = tried or Tried()
    incident = await get_visible(session, actor, Incident, incident_id)
    view = await view_of(session, actor, incident_id, wanted.number)
    if view is None and wanted.number is not None:
        raise NotFound()
    brief = request.headers.get("hx-target") == PART
    leads = actor.can("incidents.lead")
    convenes = leads and incident.state == IncidentState.CLOSED and (view is None or not view.live)
    step = wanted.step if wanted.step in wording.STEPS else (_first(view, leads) if view else "")
    response: Response = render(
        request,
        "incidents/meeting/meeting.html",
        block="brief" if brief else None,
        brief=brief,
        one=incident,
        view=view,
        step=step,
        leads=leads,
        runs=leads and view is not None and view.live,
        convenes=convenes,
        convening=convenes and (view is None or wanted.step == "again" or tried.form == "convene"),
        words=wording,
        other=OTHER,
        nothing=NONE,
        lapse=LAPSE,
        most_whys=whys.MOST,
        key=form_key(),
        done=wording.DONE.get(wanted.done, ""),
        tried=tried,
        refused=tried.refused,
        **({} if brief else await _further(request, session, actor, incident, view, step, convenes)),
    )
    response.status_code = tried.refused.status
    return response


def _first(view: View, leads: bool) -> str:
    """Where somebody goes on: what they haven't done yet, then what the meeting hasn't."""
    if view.asked and view.own is None and view.state == MeetingState.CONVENED:
        return "choose"
    if view.discussed is None:
        return "attend" if leads else "choose"
    if not view.live:
        return "compare"
    if not view.discussed.cause:
        return "compare"
    if view.discussed.whys is None:
        return "why"
    return "close" if view.discussed.decisions else "decide"


async def _further(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    incident: Incident,
    view: View | None,
    step: str,
    convenes: bool,
) -> dict[str, Any]:
    """What only some steps need."""
    reader = Reader(locale_of(request), actor.zone)
    runs = view is not None and view.live and actor.can("incidents.lead")
    compared = view.compared if view else None
    return {
        "agreement": agreement_sentence(compared, reader) if compared else "",
        "standing": lambda one: standing(one, reader),
        "people": await invitees(session, actor, incident) if convenes or (runs and step == "attend") else [],
        "owners": await candidates(session, actor) if runs and step == "decide" else [],
        "evidence": await evidence_of(session, actor, incident.id) if runs and step == "why" else {},
        "usual_at": typed_deadline(_usual_at(now().astimezone(actor.zone))),
        "at_typed": typed_deadline(view.at.astimezone(actor.zone)) if view else "",
        "soon": (now().astimezone(actor.zone).date() + timedelta(days=7)).isoformat(),
        "today": now().astimezone(actor.zone).date().isoformat(),
    }


def _usual_at(here: datetime) -> datetime:
    """The next full hour."""
    return (here + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
