"""``/incidents/{id}/lessons``: what the review of an incident asks to be changed, a page and a part of the review's."""

from fastapi import Request, Response

from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow
from backend.lessons.queries.sources import of_incident
from backend.lessons.wording import STATES, TONES, WISHES

router = APIRouter()


@router.get("/incidents/{incident_id}/lessons", dependencies=[allow("lessons.see")])
async def of_review(request: Request, session: SessionDep, actor: ActorDep, incident_id: int) -> Response:
    """Its suggestions, those that wait first; the review's page gets the list alone."""
    return render(
        request,
        "lessons/of_incident.html",
        block="part" if request.headers.get("hx-target") == "incident-lessons" else None,
        found=await of_incident(session, actor, incident_id),
        wishes=WISHES,
        states=STATES,
        tones=TONES,
    )
