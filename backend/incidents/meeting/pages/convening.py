"""Convening a meeting, changing it, calling it off, ticking who came."""

from typing import Annotated

from fastapi import Depends, Form, Request, Response

from backend.core.routing import APIRouter
from backend.hazards.forms import database_id
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.forms import Short
from backend.incidents.meeting import commands
from backend.incidents.meeting.forms import Long, WishForm
from backend.incidents.meeting.pages.showing import taken

router = APIRouter(prefix="/incidents/{incident_id}/meeting")

WishDep = Annotated[WishForm, Depends()]


@router.post("", dependencies=[allow("incidents.lead")])
async def convene(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    typed: WishDep,
    idempotency_key: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Convene one."""

    async def command() -> None:
        await commands.convene(session, actor, incident_id, typed.wish(actor.zone), idempotency_key)

    return await taken(
        request, session, actor, incident_id, command, form="convene", typed=vars(typed), step="attend", done="convened"
    )


@router.post("/plan", dependencies=[allow("incidents.lead")])
async def amend(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    typed: WishDep,
    version: Annotated[int | None, Form()] = None,
) -> Response:
    """Change when, where and who."""

    async def command() -> None:
        await commands.amend(session, actor, incident_id, typed.wish(actor.zone), version)

    return await taken(
        request, session, actor, incident_id, command, form="plan", typed=vars(typed), step="attend", done="amended"
    )


@router.post("/call-off", dependencies=[allow("incidents.lead")])
async def call_off(
    request: Request, session: SessionDep, actor: ActorDep, incident_id: int, words: Long = ""
) -> Response:
    """It isn't held."""

    async def command() -> None:
        await commands.call_off(session, actor, incident_id, words)

    typed = {"words": words}
    return await taken(
        request, session, actor, incident_id, command, form="call-off", typed=typed, step="attend", done="called_off"
    )


@router.post("/presence", dependencies=[allow("incidents.lead")])
async def tick(
    request: Request, session: SessionDep, actor: ActorDep, incident_id: int, person: Short = "", state: Short = ""
) -> Response:
    """Somebody came, or didn't."""

    async def command() -> None:
        await commands.tick(session, actor, incident_id, database_id(person), state == "present")

    return await taken(
        request, session, actor, incident_id, command, form="presence", typed={}, step="attend", done="ticked"
    )
