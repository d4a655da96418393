"""Running a meeting: the choices opened, the cause confirmed, the 5-why, decisions, the end."""

from typing import Annotated

from fastapi import Depends, Form, Request, Response

from backend.core.routing import APIRouter
from backend.hazards.forms import database_id
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.forms import Short
from backend.incidents.meeting import commands
from backend.incidents.meeting.forms import DraftForm, VerdictForm, WhysForm
from backend.incidents.meeting.pages.showing import taken

router = APIRouter(prefix="/incidents/{incident_id}/meeting")

KeyDep = Annotated[str, Form(max_length=64)]


@router.post("/opening", dependencies=[allow("incidents.lead")])
async def open_choices(request: Request, session: SessionDep, actor: ActorDep, incident_id: int) -> Response:
    """Show everybody the choices and the ranking."""

    async def command() -> None:
        await commands.open_choices(session, actor, incident_id)

    return await taken(
        request,
        session,
        actor,
        incident_id,
        command,
        form="opening",
        typed={},
        step="choose",
        done="opened",
        then="compare",
    )


@router.post("/cause", dependencies=[allow("incidents.lead")])
async def confirm(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    typed: Annotated[VerdictForm, Depends()],
) -> Response:
    """Confirm the root cause."""

    async def command() -> None:
        await commands.confirm(session, actor, incident_id, typed.verdict())

    return await taken(
        request, session, actor, incident_id, command, form="cause", typed=vars(typed), step="compare", done="confirmed"
    )


@router.post("/whys", dependencies=[allow("incidents.lead")])
async def ask_why(
    request: Request, session: SessionDep, actor: ActorDep, incident_id: int, typed: Annotated[WhysForm, Depends()]
) -> Response:
    """Keep the 5-why as a further version."""

    async def command() -> None:
        await commands.ask_why(session, actor, incident_id, typed.lines(), typed.factor, typed.version)

    kept = {"lines": typed.lines(), "factor": typed.factor, "version": typed.version}
    return await taken(request, session, actor, incident_id, command, form="whys", typed=kept, step="why", done="asked")


@router.post("/decisions", dependencies=[allow("incidents.lead")])
async def decide(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    typed: Annotated[DraftForm, Depends()],
    idempotency_key: KeyDep = "",
) -> Response:
    """Add a decision."""

    async def command() -> None:
        await commands.decide(session, actor, incident_id, typed.draft(), idempotency_key)

    return await taken(
        request, session, actor, incident_id, command, form="decision", typed=vars(typed), step="decide", done="decided"
    )


@router.post("/decisions/drop", dependencies=[allow("incidents.lead")])
async def drop(
    request: Request, session: SessionDep, actor: ActorDep, incident_id: int, decision: Short = ""
) -> Response:
    """Take one back."""

    async def command() -> None:
        await commands.drop(session, actor, incident_id, database_id(decision) or 0)

    return await taken(
        request, session, actor, incident_id, command, form="drop", typed={}, step="decide", done="dropped"
    )


@router.post("/minutes", dependencies=[allow("incidents.lead")])
async def write_minutes(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    minutes: Annotated[str, Form(max_length=20_000)] = "",
    version: Annotated[int | None, Form()] = None,
) -> Response:
    """Keep the minutes and go on."""

    async def command() -> None:
        await commands.write_minutes(session, actor, incident_id, minutes, version)

    typed = {"minutes": minutes}
    return await taken(
        request, session, actor, incident_id, command, form="end", typed=typed, step="close", done="noted"
    )


@router.post("/end", dependencies=[allow("incidents.lead")])
async def close(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    minutes: Annotated[str, Form(max_length=20_000)] = "",
    version: Annotated[int | None, Form()] = None,
    idempotency_key: KeyDep = "",
) -> Response:
    """End it: its decisions become rectifications."""

    async def command() -> None:
        await commands.close(session, actor, incident_id, minutes, version, idempotency_key)

    typed = {"minutes": minutes}
    return await taken(
        request,
        session,
        actor,
        incident_id,
        command,
        form="end",
        typed=typed,
        step="close",
        done="closed",
        then="decide",
    )
