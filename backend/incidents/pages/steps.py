"""The steps of an incident as plain forms, each at its own address; a refused one is shown as it was typed."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Annotated

from fastapi import Depends, Form, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.refusals import REFUSALS, refusal
from backend.core.routing import APIRouter
from backend.hazards.accidents import read_accident
from backend.hazards.forms import database_id
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents import commands
from backend.incidents.commands import Setting
from backend.incidents.forms import Coded, EndingForm, SaidForm, Short
from backend.incidents.pages.one import Tried, show
from backend.incidents.queries.story import story
from backend.incidents.recording import Said

router = APIRouter(prefix="/incidents/{incident_id}")

SaidDep = Annotated[SaidForm, Depends()]
Step = Callable[[Said], Awaitable[object]]


@router.post("/disposals", dependencies=[allow("incidents.report")])
async def dispose(
    request: Request, session: SessionDep, actor: ActorDep, incident_id: int, said: SaidDep, deed: Short = ""
) -> Response:
    """Log what was done."""

    async def step(words: Said) -> None:
        await commands.log_disposal(session, actor, incident_id, deed, words)

    here = _Attempt(request, session, actor, incident_id, "disposals", "logged", {"deed": deed})
    return await here.take(said, step)


@router.post("/lead", dependencies=[allow("incidents.lead")])
async def lead(
    request: Request, session: SessionDep, actor: ActorDep, incident_id: int, said: SaidDep, lead_id: Short = ""
) -> Response:
    """Put somebody in charge; nobody named: oneself."""

    async def step(words: Said) -> None:
        await commands.put_in_charge(session, actor, incident_id, database_id(lead_id), words)

    here = _Attempt(request, session, actor, incident_id, "lead", "led", {"lead_id": lead_id})
    return await here.take(said, step)


@router.post("/facts", dependencies=[allow("incidents.lead")])
async def facts(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    said: SaidDep,
    kind: Annotated[str, Form(max_length=40)] = "",
    phase: Short = "",
    level: Short = "",
    accident: Coded = "",
) -> Response:
    """Correct kind, phase, level and accident type."""

    async def step(words: Said) -> None:
        setting = Setting(kind, phase, level, read_accident(accident))
        await commands.set_facts(session, actor, incident_id, setting, words)

    typed = {"kind": kind, "phase": phase, "level": level, "accident": accident}
    here = _Attempt(request, session, actor, incident_id, "facts", "set", typed)
    return await here.take(said, step)


@router.post("/contain", dependencies=[allow("incidents.lead")])
async def contain(request: Request, session: SessionDep, actor: ActorDep, incident_id: int, said: SaidDep) -> Response:
    """It is under control."""

    async def step(words: Said) -> None:
        await commands.contain(session, actor, incident_id, words)

    return await _Attempt(request, session, actor, incident_id, "contain", "contained", {}).take(said, step)


@router.post("/close", dependencies=[allow("incidents.lead")])
async def close(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    said: SaidDep,
    ending: Annotated[EndingForm, Depends()],
) -> Response:
    """It is over."""

    async def step(words: Said) -> None:
        await commands.close(session, actor, incident_id, ending.read(), words)

    return await _Attempt(request, session, actor, incident_id, "close", "closed", asdict(ending)).take(said, step)


@router.post("/accident", dependencies=[allow("incidents.lead")])
async def classify(
    request: Request, session: SessionDep, actor: ActorDep, incident_id: int, said: SaidDep, accident: Coded = ""
) -> Response:
    """Tell its accident type, also after its end."""

    async def step(words: Said) -> None:
        await commands.classify(session, actor, incident_id, read_accident(accident) or "", words)

    typed = {"accident": accident}
    return await _Attempt(request, session, actor, incident_id, "accident", "classified", typed).take(said, step)


@router.post("/call-off", dependencies=[allow("incidents.lead")])
async def call_off(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    said: SaidDep,
    evacuation_over: Short = "",
) -> Response:
    """It was none."""

    async def step(words: Said) -> None:
        await commands.call_off(session, actor, incident_id, words, evacuation_over=bool(evacuation_over))

    typed = {"evacuation_over": evacuation_over}
    return await _Attempt(request, session, actor, incident_id, "call-off", "called_off", typed).take(said, step)


class _Attempt:
    """One form of one incident's page that somebody sent."""

    def __init__(
        self,
        request: Request,
        session: AsyncSession,
        actor: Actor,
        incident_id: int,
        form: str,
        done: str,
        typed: dict[str, str],
    ) -> None:
        self._request, self._session, self._actor = request, session, actor
        self._id, self._form, self._done, self._typed = incident_id, form, done, typed

    async def take(self, said: SaidForm, step: Step) -> Response:
        """Take the step and show the incident; where it is refused, the page as it was typed. Raises NotFound."""
        try:
            words = await said.read()
            async with self._session.begin_nested():
                await step(words)
        except REFUSALS as error:
            shown = await story(self._session, self._actor, self._id)
            refused = refusal(self._request, error, photos_lost=said.has_files)
            tried = Tried(self._form, {**self._typed, "words": said.words}, refused)
            return await show(self._request, self._session, self._actor, shown, tried=tried)
        return RedirectResponse(f"/incidents/{self._id}?done={self._done}", 303)
