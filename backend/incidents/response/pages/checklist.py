"""``/incidents/{id}/plan``: the plan of an incident as a checklist; the incident's page shows it as a part."""

from typing import Annotated

from fastapi import Depends, Form, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.forms import SaidForm, Short
from backend.incidents.response.commands import tick_step
from backend.incidents.response.queries.plans import checklist
from backend.incidents.response.queries.posts import posts_of
from backend.incidents.response.wording import DOES, TICKS, WHO
from backend.incidents.wording import KINDS

router = APIRouter(prefix="/incidents/{incident_id}/plan")

SHORT, WHOLE = "incident-plan", "plan-list"
"""The section of the incident's page, which shows what comes next, and that of its own page."""
NEXT = 3
"""So many steps that nobody ticked stand on the incident's page."""


@router.get("", dependencies=[allow("incidents.see")])
async def checklist_page(request: Request, session: SessionDep, actor: ActorDep, incident_id: int) -> Response:
    """The checklist; htmx gets it alone, and for the incident's page what comes next."""
    return await _page(request, session, actor, incident_id)


@router.post("/ticks", dependencies=[allow("incidents.report")])
async def tick(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    said: Annotated[SaidForm, Depends()],
    step: Annotated[str, Form(max_length=60)] = "",
    state: Short = "",
    back: Short = "",
) -> Response:
    """Tick a step, and show the list, or the incident for who ticked it there."""
    try:
        words = await said.read()
        async with session.begin_nested():
            await tick_step(session, actor, incident_id, step, state, words)
    except REFUSALS as error:
        return await _page(request, session, actor, incident_id, refusal(request, error))
    return RedirectResponse(
        f"/incidents/{incident_id}" if back == "incident" else f"/incidents/{incident_id}/plan", 303
    )


async def _page(
    request: Request, session: AsyncSession, actor: Actor, incident_id: int, refused: Refusal | None = None
) -> Response:
    refused = refused or Refusal()
    found = await checklist(session, actor, incident_id)
    target = request.headers.get("hx-target")
    response: Response = render(
        request,
        "incidents/response/checklist.html",
        block="part" if target in (SHORT, WHOLE) else None,
        list=found,
        posts=await posts_of(session, actor, found.plan.steps),
        items=found.open_items[:NEXT] if target == SHORT else list(enumerate(found.items, 1)),
        short=target == SHORT,
        one=found.incident,
        kinds=KINDS,
        who=WHO,
        does=DOES,
        ticks=TICKS,
        refused=refused,
    )
    response.status_code = refused.status
    return response
