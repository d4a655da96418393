"""``/incidents/{id}/glance``: what is fresh on the page of an incident whenever something happens to it; the parts that
are folded stay as they are."""

from fastapi import Request, Response

from backend.core.clock import now
from backend.core.form_keys import form_key
from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents import wording
from backend.incidents.glance.queries import glance
from backend.incidents.queries.story import story
from backend.incidents.response.wording import WHO

router = APIRouter(prefix="/incidents/{incident_id}", include_in_schema=False)


@router.get("/glance", dependencies=[allow("incidents.see")])
async def glance_part(request: Request, session: SessionDep, actor: ActorDep, incident_id: int) -> Response:
    """The head, a line for each folded part, the log and the signs, for htmx to put in their places."""
    told = await story(session, actor, incident_id)
    return render(
        request,
        "incidents/glance.html",
        story=told,
        card=told.card,
        one=told.card.incident,
        glance=await glance(session, actor, told.card, now()),
        words=wording,
        who=WHO,
        key=form_key(),
    )
