"""``/incidents/{id}/meeting``: the meeting, and the blind choice, which waits on the phone without a network."""

from typing import Annotated

from fastapi import Depends, Query, Request, Response

from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.hazards.models import Rectification
from backend.identity.scoping import get_visible
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.forms import SaidForm
from backend.incidents.meeting import commands
from backend.incidents.meeting.forms import PickForm
from backend.incidents.meeting.pages.showing import Wanted, show, taken
from backend.incidents.meeting.queries.meetings import behind

router = APIRouter()


@router.get("/incidents/{incident_id}/meeting", dependencies=[allow("incidents.see")])
async def meeting_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    step: Annotated[str, Query(max_length=20)] = "",
    number: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The newest meeting, or the one asked for, where the reader goes on; htmx gets how it stands."""
    return await show(request, session, actor, incident_id, Wanted(step, number, done))


@router.post("/incidents/{incident_id}/meeting/choice", dependencies=[allow("incidents.see")])
async def choose(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    said: Annotated[SaidForm, Depends()],
    typed: Annotated[PickForm, Depends()],
) -> Response:
    """Choose, once."""

    async def command() -> None:
        await commands.choose(session, actor, incident_id, typed.pick(), await said.read())

    kept = {**vars(typed), "words": said.words}
    return await taken(
        request,
        session,
        actor,
        incident_id,
        command,
        form="choice",
        typed=kept,
        step="choose",
        done="chosen",
        then="compare",
    )


@router.get("/rectifications/{rectification_id}/meeting", dependencies=[allow("incidents.see")])
async def of_rectification(request: Request, session: SessionDep, actor: ActorDep, rectification_id: int) -> Response:
    """A link back to the meeting that decided it; nothing where none did."""
    await get_visible(session, actor, Rectification, rectification_id)
    found = await behind(session, actor, rectification_id)
    return render(request, "incidents/meeting/behind.html", found=found)
