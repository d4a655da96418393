"""``/maintenance/<plan>``: one plan with its next time, history and versions; made, changed, paused by leaders."""

from typing import Annotated, Any

from fastapi import Depends, Form, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.maintenance import commands, queries
from backend.maintenance.forms import PlanForm, database_id
from backend.maintenance.models import MaintenancePlan
from backend.maintenance.schedule import Terms
from backend.maintenance.wording import DONE, KINDS, STANDINGS, TERMS, TONES

router = APIRouter(prefix="/maintenance")
_PLAN = [allow("maintenance.plan")]
FormDep = Annotated[PlanForm, Depends()]
_Why = Annotated[str, Form(max_length=4000)]


@router.get("/new", dependencies=_PLAN)
async def new_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    equipment: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> Response:
    """An empty plan, for the equipment if one is named."""
    offered = await queries.choices(session, actor)
    owner = next((one.owner_post_id for one in offered.equipment if one.id == equipment), None)
    return await _form(request, session, actor, PlanForm(equipment_id=str(equipment or ""), post_id=str(owner or "")))


@router.post("", dependencies=_PLAN)
async def make(request: Request, session: SessionDep, actor: ActorDep, form: FormDep) -> Response:
    """Make a plan."""
    try:
        terms = form.read(queries.site_day(actor))
        async with session.begin_nested():
            plan = await commands.make_plan(
                session, actor, database_id(form.equipment_id) or 0, terms, why=_plain(form.why)
            )
    except REFUSALS as error:
        return await _form(request, session, actor, form, refused=refusal(request, error))
    return _back(plan, "made")


@router.get("/{maintenance_plan_id}", dependencies=[allow("maintenance.see")])
async def plan_page(
    request: Request, session: SessionDep, actor: ActorDep, maintenance_plan_id: int, done: str = "", record: int = 0
) -> Response:
    """One plan; ``record``: what has just arrived. htmx gets what is due and was done alone, anew."""
    return await _one(request, session, actor, maintenance_plan_id, done=DONE.get(done, ""), record_id=record)


@router.get("/{maintenance_plan_id}/edit", dependencies=_PLAN)
async def edit_page(request: Request, session: SessionDep, actor: ActorDep, maintenance_plan_id: int) -> Response:
    """A plan to be changed."""
    view = await queries.plan_view(session, actor, maintenance_plan_id)
    typed = PlanForm.of(Terms.of(view.plan), view.plan.equipment_id, view.plan.version)
    return await _form(request, session, actor, typed, view=view)


@router.post("/{maintenance_plan_id}/edit", dependencies=_PLAN)
async def change(
    request: Request, session: SessionDep, actor: ActorDep, maintenance_plan_id: int, form: FormDep
) -> Response:
    """Change it."""
    view = await queries.plan_view(session, actor, maintenance_plan_id)
    plan = view.plan
    try:
        terms = form.read(min(plan.since, queries.site_day(actor)))
        version = database_id(form.version)
        async with session.begin_nested():
            await commands.change_plan(session, actor, plan.id, terms, version=version, why=_plain(form.why))
    except REFUSALS as error:
        return await _form(request, session, actor, form, view=view, refused=refusal(request, error))
    return _back(plan, "changed")


@router.post("/{maintenance_plan_id}/pause", dependencies=_PLAN)
async def pause(
    request: Request, session: SessionDep, actor: ActorDep, maintenance_plan_id: int, why: _Why = ""
) -> Response:
    """Ask for it no more."""
    try:
        async with session.begin_nested():
            plan = await commands.pause_plan(session, actor, maintenance_plan_id, _plain(why))
    except REFUSALS as error:
        return await _one(request, session, actor, maintenance_plan_id, why=why, refused=refusal(request, error))
    return _back(plan, "paused")


@router.post("/{maintenance_plan_id}/resume", dependencies=_PLAN)
async def resume(
    request: Request, session: SessionDep, actor: ActorDep, maintenance_plan_id: int, why: _Why = ""
) -> Response:
    """Ask for it again."""
    try:
        async with session.begin_nested():
            plan = await commands.resume_plan(session, actor, maintenance_plan_id, _plain(why))
    except REFUSALS as error:
        return await _one(request, session, actor, maintenance_plan_id, why=why, refused=refusal(request, error))
    return _back(plan, "resumed")


def _plain(words: str) -> str:
    return words.replace("\0", "")


def _back(plan: MaintenancePlan, done: str) -> Response:
    return RedirectResponse(f"/maintenance/{plan.id}?done={done}", 303)


async def _one(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    plan_id: int,
    *,
    done: str = "",
    record_id: int = 0,
    why: str = "",
    refused: Refusal | None = None,
) -> Response:
    refused = refused or Refusal()
    response: Response = render(
        request,
        "maintenance/plan.html",
        block="present" if request.headers.get("hx-target") == "maintenance-present" else None,
        view=await queries.plan_view(session, actor, plan_id),
        plans=actor.can("maintenance.plan"),
        does=actor.can("maintenance.do"),
        leads=actor.can("lessons.see"),
        done=done,
        record_id=record_id,
        why=why,
        refused=refused,
        **_words(),
    )
    response.status_code = refused.status
    return response


async def _form(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    typed: PlanForm,
    *,
    view: queries.PlanView | None = None,
    refused: Refusal | None = None,
) -> Response:
    refused = refused or Refusal()
    response: Response = render(
        request,
        "maintenance/plan_form.html",
        typed=typed,
        plan=view.plan if view else None,
        was_done=bool(view and view.done),
        offer=await queries.choices(session, actor),
        today=queries.site_day(actor),
        refused=refused,
        errors=refused.errors,
        **_words(),
    )
    response.status_code = refused.status
    return response


def _words() -> dict[str, Any]:
    return {"kinds": KINDS, "standings": STANDINGS, "tones": TONES, "terms": TERMS}
