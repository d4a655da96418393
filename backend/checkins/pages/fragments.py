"""Parts for the page of equipment or of an area: what is to be checked there now, and who was there last."""

from typing import Annotated

from fastapi import Query, Request, Response

from backend.checkins import queries
from backend.checkins.queries import ChecksHere
from backend.checkins.wording import STATES, TONES
from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter()

_Label = Annotated[str, Query(max_length=400)]


@router.get("/equipment/{equipment_id}/checkins", dependencies=[allow("checkins.see")])
async def checks_of_equipment(
    request: Request, session: SessionDep, actor: ActorDep, equipment_id: int, label: _Label = ""
) -> Response:
    """Checks of the equipment; nothing when none waits and none was made. ``label``: what was scanned there."""
    return _checks(request, await queries.checks_here(session, actor, equipment_id=equipment_id), label)


@router.get("/areas/{area_id}/checkins", dependencies=[allow("checkins.see")])
async def checks_of_area(
    request: Request, session: SessionDep, actor: ActorDep, area_id: int, label: _Label = ""
) -> Response:
    """Checks of the area and of what is in it."""
    return _checks(request, await queries.checks_here(session, actor, area_id=area_id), label)


def _checks(request: Request, here: ChecksHere, label: str) -> Response:
    return render(request, "checkins/of_place.html", here=here, label=label, states=STATES, tones=TONES)
