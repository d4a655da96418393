"""Rectifications for programs, with the permissions of the pages."""

from typing import Annotated

from fastapi import Depends, Form, Query

from backend.core.routing import APIRouter
from backend.hazards import commands, extending, plan, queries, splitting
from backend.hazards.forms import PlanForm, SplitForm, StepForm
from backend.hazards.queries import Tab
from backend.hazards.shapes import (
    RectificationsOut,
    RectificationStoryOut,
    StateOut,
    card_out,
    state_out,
    story_out,
)
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/api/v1/rectifications", tags=["rectifications"])

StepDep = Annotated[StepForm, Depends()]
PlanDep = Annotated[PlanForm, Depends()]


@router.get("", dependencies=[allow("rectifications.see")])
async def list_rectifications(
    session: SessionDep,
    actor: ActorDep,
    tab: Tab = Tab.ALL,
    alarm_id: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    search: Annotated[str, Query(max_length=60)] = "",
    after: Annotated[str, Query(max_length=120)] = "",
    most: Annotated[int, Query(ge=1, le=100)] = queries.PAGE,
) -> RectificationsOut:
    """Those the caller may see: unfinished before finished, own before others', urgent before the rest."""
    page = await queries.rectifications(
        session, actor, tab=tab, alarm_id=alarm_id, search=search.strip(), after=after, most=most
    )
    return RectificationsOut(items=[card_out(card) for card in page.cards], following=page.following)


@router.post("", dependencies=[allow("rectifications.open")], status_code=201)
async def open_rectification(session: SessionDep, actor: ActorDep, wanted: PlanDep, step: StepDep) -> StateOut:
    """Open one, with photos from before; from an alarm it takes level, equipment and area."""
    fixed = wanted.read(actor)
    return state_out(await commands.open_rectification(session, actor, fixed, await step.read()))


@router.get("/{rectification_id}", dependencies=[allow("rectifications.see")])
async def read_rectification(session: SessionDep, actor: ActorDep, rectification_id: int) -> RectificationStoryOut:
    """One with its steps and photos."""
    return story_out(await queries.story(session, actor, rectification_id))


@router.post("/{rectification_id}/start", dependencies=[allow("rectifications.see")])
async def start(session: SessionDep, actor: ActorDep, rectification_id: int, step: StepDep) -> StateOut:
    """Begin the work; photos are of before."""
    return state_out(await commands.start(session, actor, rectification_id, await step.read()))


@router.post("/{rectification_id}/progress", dependencies=[allow("rectifications.see")])
async def report_progress(session: SessionDep, actor: ActorDep, rectification_id: int, step: StepDep) -> StateOut:
    """Tell how far it is."""
    return state_out(await commands.report_progress(session, actor, rectification_id, await step.read()))


@router.post("/{rectification_id}/submit", dependencies=[allow("rectifications.see")])
async def submit(session: SessionDep, actor: ActorDep, rectification_id: int, step: StepDep) -> StateOut:
    """Hand it in for verification; photos are of after."""
    return state_out(await commands.submit(session, actor, rectification_id, await step.read()))


@router.post("/{rectification_id}/verify", dependencies=[allow("rectifications.see")])
async def verify(session: SessionDep, actor: ActorDep, rectification_id: int, step: StepDep) -> StateOut:
    """Close it as done: only for a second person."""
    return state_out(await commands.verify(session, actor, rectification_id, await step.read()))


@router.post("/{rectification_id}/return", dependencies=[allow("rectifications.see")])
async def return_for_rework(session: SessionDep, actor: ActorDep, rectification_id: int, step: StepDep) -> StateOut:
    """Send it back; ``note`` is the reason."""
    return state_out(await commands.return_for_rework(session, actor, rectification_id, await step.read()))


@router.post("/{rectification_id}/reassign", dependencies=[allow("rectifications.see")])
async def reassign(
    session: SessionDep,
    actor: ActorDep,
    rectification_id: int,
    step: StepDep,
    owner_id: Annotated[int, Form(ge=1, lt=2**63)],
) -> StateOut:
    """Give it to another owner, who starts anew."""
    return state_out(await commands.reassign(session, actor, rectification_id, owner_id, await step.read()))


@router.post("/{rectification_id}/cancel", dependencies=[allow("rectifications.see")])
async def cancel(session: SessionDep, actor: ActorDep, rectification_id: int, step: StepDep) -> StateOut:
    """Drop it unverified; ``note`` is the reason."""
    return state_out(await commands.cancel(session, actor, rectification_id, await step.read()))


@router.post("/{rectification_id}/extension", dependencies=[allow("rectifications.see")])
async def ask_extension(
    session: SessionDep,
    actor: ActorDep,
    rectification_id: int,
    step: StepDep,
    deadline: Annotated[str, Form(max_length=40)],
) -> StateOut:
    """Ask for a later ``deadline`` (ISO 8601; without an offset in the site's zone); ``note`` is the reason."""
    wanted = plan.read_deadline(deadline, actor.zone)
    return state_out(await extending.ask_extension(session, actor, rectification_id, wanted, await step.read()))


@router.post("/{rectification_id}/extend", dependencies=[allow("rectifications.see")])
async def extend(session: SessionDep, actor: ActorDep, rectification_id: int, step: StepDep) -> StateOut:
    """Grant the deadline that was asked for."""
    return state_out(await extending.extend(session, actor, rectification_id, await step.read()))


@router.post("/{rectification_id}/refuse-extension", dependencies=[allow("rectifications.see")])
async def refuse_extension(session: SessionDep, actor: ActorDep, rectification_id: int, step: StepDep) -> StateOut:
    """Leave the deadline; ``note`` is the reason."""
    return state_out(await extending.refuse_extension(session, actor, rectification_id, await step.read()))


@router.post("/{rectification_id}/split", dependencies=[allow("rectifications.open")])
async def split(
    session: SessionDep, actor: ActorDep, rectification_id: int, parts: Annotated[SplitForm, Depends()], step: StepDep
) -> StateOut:
    """Split it into parts: ``part_measure``, ``part_owner_id`` and ``part_deadline`` repeated, once for each."""
    wanted = parts.read(actor)
    return state_out(await splitting.split(session, actor, rectification_id, wanted, await step.read()))


@router.post("/{rectification_id}/urge", dependencies=[allow("rectifications.see")])
async def urge(session: SessionDep, actor: ActorDep, rectification_id: int, step: StepDep) -> StateOut:
    """Remind its owner of it now."""
    return state_out(await commands.urge(session, actor, rectification_id, await step.read()))
