"""What is posted to ``/rectifications/{id}/…``: each step, by its own verb. Without a script too."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Form, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.refusals import REFUSALS, refusal
from backend.core.routing import APIRouter
from backend.hazards import commands, extending, plan
from backend.hazards.forms import StepForm, database_id
from backend.hazards.lifecycle import Step
from backend.hazards.models import Rectification
from backend.hazards.pages.one import Tried, page
from backend.hazards.queries import Tab
from backend.hazards.recording import Sent
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/rectifications/{rectification_id}")

Command = Callable[[AsyncSession, Actor, int, Sent], Awaitable[Rectification]]


@dataclass
class Asked:
    """A step that somebody asks for, with the form they sent."""

    request: Request
    session: SessionDep
    actor: ActorDep
    rectification_id: int
    form: Annotated[StepForm, Depends()]


AskedDep = Annotated[Asked, Depends()]


@router.post("/start", dependencies=[allow("rectifications.see")])
async def start(asked: AskedDep) -> Response:
    """Begin the work; photos are of before."""
    return await _take(asked, Step.STARTED, commands.start)


@router.post("/progress", dependencies=[allow("rectifications.see")])
async def report_progress(asked: AskedDep) -> Response:
    """Tell how far it is."""
    return await _take(asked, Step.PROGRESS, commands.report_progress)


@router.post("/submit", dependencies=[allow("rectifications.see")])
async def submit(asked: AskedDep) -> Response:
    """Hand it in for verification; photos are of after."""
    return await _take(asked, Step.SUBMITTED, commands.submit)


@router.post("/verify", dependencies=[allow("rectifications.see")])
async def verify(asked: AskedDep) -> Response:
    """Close it as done: only for a second person."""
    return await _take(asked, Step.VERIFIED, commands.verify)


@router.post("/return", dependencies=[allow("rectifications.see")])
async def return_for_rework(asked: AskedDep) -> Response:
    """Send it back with the reason."""
    return await _take(asked, Step.RETURNED, commands.return_for_rework)


@router.post("/reassign", dependencies=[allow("rectifications.see")])
async def reassign(asked: AskedDep, owner_id: Annotated[str, Form(max_length=20)] = "") -> Response:
    """Give it to another owner."""

    async def hand_over(session: AsyncSession, actor: Actor, rectification_id: int, sent: Sent) -> Rectification:
        return await commands.reassign(session, actor, rectification_id, database_id(owner_id) or 0, sent)

    return await _take(asked, Step.REASSIGNED, hand_over, owner_id=owner_id)


@router.post("/cancel", dependencies=[allow("rectifications.see")])
async def cancel(asked: AskedDep) -> Response:
    """Drop it with the reason."""
    return await _take(asked, Step.CANCELLED, commands.cancel)


@router.post("/extension", dependencies=[allow("rectifications.see")])
async def ask_extension(asked: AskedDep, deadline: Annotated[str, Form(max_length=40)] = "") -> Response:
    """Ask for a later deadline, with the reason."""

    async def ask(session: AsyncSession, actor: Actor, rectification_id: int, sent: Sent) -> Rectification:
        wanted = plan.read_deadline(deadline, actor.zone)
        return await extending.ask_extension(session, actor, rectification_id, wanted, sent)

    return await _take(asked, Step.EXTENSION_ASKED, ask, deadline=deadline)


@router.post("/extend", dependencies=[allow("rectifications.see")])
async def extend(asked: AskedDep) -> Response:
    """Grant the later deadline."""
    return await _take(asked, Step.EXTENDED, extending.extend)


@router.post("/refuse-extension", dependencies=[allow("rectifications.see")])
async def refuse_extension(asked: AskedDep) -> Response:
    """Leave the deadline, with the reason."""
    return await _take(asked, Step.EXTENSION_REFUSED, extending.refuse_extension)


@router.post("/urge", dependencies=[allow("rectifications.see")])
async def urge(asked: AskedDep, tab: str = "") -> Response:
    """Press its owner; from the board (``tab``) back to the board."""
    answer = await _take(asked, Step.URGED, commands.urge)
    if tab in set(Tab) and answer.status_code == 303:
        return RedirectResponse(f"/rectifications?tab={tab}&done={Step.URGED}", 303)
    return answer


async def _take(asked: Asked, step: Step, command: Command, **fields: str) -> Response:
    session, actor, form = asked.session, asked.actor, asked.form
    try:
        sent = await form.read()
        async with session.begin_nested():
            await command(session, actor, asked.rectification_id, sent)
    except REFUSALS as error:
        refused = refusal(asked.request, error, photos_lost=form.has_photos)
        tried = Tried(step, form.note, refused, fields)
        return await page(asked.request, session, actor, asked.rectification_id, tried=tried)
    return RedirectResponse(f"/rectifications/{asked.rectification_id}?done={step}", 303)
