"""``/incidents/{id}/duties``: duties not done that touch an incident, and the answers of those whose they were."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Form, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.form_keys import form_key
from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.recording import MOST_LETTERS
from backend.incidents.review import commands, wording
from backend.incidents.review.queries import duties

router = APIRouter(prefix="/incidents/{incident_id}/duties")


@dataclass(frozen=True)
class Tried:
    """An answer that was refused: to which duty, what had been typed, and why."""

    lapse_id: int = 0
    words: str = ""
    refused: Refusal = field(default_factory=Refusal)


@router.get("", dependencies=[allow("incidents.see")])
async def duties_page(
    request: Request, session: SessionDep, actor: ActorDep, incident_id: int, done: str = ""
) -> Response:
    """All that the reader may see; the incident's page gets the short part alone."""
    block = "part" if request.headers.get("hx-target") == "incident-duties" else None
    return await _show(request, session, actor, incident_id, block=block, done=wording.DONE.get(done, ""))


@router.post("/{lapse_id}/replies", dependencies=[allow("incidents.see")])
async def reply(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    lapse_id: int,
    words: Annotated[str, Form(max_length=4000)] = "",
    idempotency_key: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """The person concerned answers."""
    try:
        async with session.begin_nested():
            lapse = await commands.reply(session, actor, lapse_id, words, idempotency_key)
    except REFUSALS as error:
        tried = Tried(lapse_id, words, refusal(request, error))
        return await _show(request, session, actor, incident_id, tried=tried)
    return RedirectResponse(f"/incidents/{lapse.incident_id}/duties?done=replied", 303)


async def _show(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    incident_id: int,
    *,
    block: str | None = None,
    done: str = "",
    tried: Tried | None = None,
) -> Response:
    tried = tried or Tried()
    found = await duties(session, actor, incident_id)
    response: Response = render(
        request,
        "incidents/duties.html",
        block=block,
        found=found,
        words=wording.LAPSES,
        most=MOST_LETTERS,
        keys={view.lapse.id: form_key() for view in found.views if view.own},
        done=done,
        tried=tried,
        refused=tried.refused,
    )
    response.status_code = tried.refused.status
    return response
