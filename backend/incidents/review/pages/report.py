"""``/incidents/{id}/review``: the report in its versions, and its remarks."""

from dataclasses import dataclass, field
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Form, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.pages import locale_of, render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.review import commands, wording
from backend.incidents.review.blocks import Reader
from backend.incidents.review.queries import report
from backend.incidents.review.telling import tell

router = APIRouter(prefix="/incidents/{incident_id}/review")

Version = Annotated[int | None, Query(ge=1, lt=2**31)]


@dataclass(frozen=True)
class Tried:
    """Remarks that were refused: what had been typed, and why."""

    words: str | None = None
    refused: Refusal = field(default_factory=Refusal)


@router.get("", dependencies=[allow("incidents.see")])
async def report_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    version: Version = None,
    done: str = "",
) -> Response:
    """The newest version, or the one asked for."""
    return await _show(request, session, actor, incident_id, version, done=wording.DONE.get(done, ""))


@router.post("/remarks", dependencies=[allow("incidents.lead")])
async def remark(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    words: Annotated[str, Form(max_length=20_000)] = "",
    version: Annotated[int | None, Form()] = None,
    idempotency_key: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Write the remarks anew, as a further version."""
    try:
        async with session.begin_nested():
            await commands.remark(session, actor, incident_id, words, version, idempotency_key)
    except REFUSALS as error:
        tried = Tried(words, refusal(request, error))
        return await _show(request, session, actor, incident_id, None, tried=tried)
    return RedirectResponse(f"/incidents/{incident_id}/review?done=remarked", 303)


async def _show(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    incident_id: int,
    version: int | None,
    *,
    done: str = "",
    tried: Tried | None = None,
) -> Response:
    tried = tried or Tried()
    found = await report(session, actor, incident_id, version)
    reader = Reader(locale_of(request), actor.zone)
    shown = found.shown
    response: Response = render(
        request,
        "incidents/review.html",
        found=found,
        one=found.card.incident,
        sections=tell(found.card.incident, shown.content, shown.remarks, reader) if shown else [],
        remarks=tried.words if tried.words is not None else (shown.remarks if shown else ""),
        most=commands.MOST_REMARKS,
        key=uuid4().hex,
        done=done,
        refused=tried.refused,
    )
    response.status_code = tried.refused.status
    return response
