"""``/plans``: who checks what how often. Leaders see them, safety officers make, change and stop them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Form, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.checkins import calendar, commands, queries
from backend.checkins.checklists import TypedQuestion
from backend.checkins.commands import PlanWish
from backend.checkins.forms import PlanForm, database_id
from backend.checkins.models import InspectionPlan
from backend.checkins.position import Fence, read_position
from backend.checkins.queries import PlanView
from backend.checkins.queries.past import plan_past
from backend.checkins.wording import KINDS, RHYTHMS
from backend.core.errors import N_, Invalid, NotFound
from backend.core.pages import locale_of, render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.alike import alike
from backend.identity.undoing import in_words
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/plans")
_EDIT = [allow("plans.edit")]
_SEE = [allow("plans.see")]
FormDep = Annotated[PlanForm, Depends()]
_Text = Annotated[str, Form(max_length=8000)]
_Short = Annotated[str, Form(max_length=40)]
_DONE = {
    "made": N_("计划已建好，到点会出现在责任岗位的巡检里"),
    "changed": N_("计划已修改"),
    "stopped": N_("计划已停用"),
    "resumed": N_("计划已恢复"),
    "fence": N_("位置已保存"),
}
LARGEST_FENCE_M = 5000


@router.get("", dependencies=_SEE)
@alike
async def plans_page(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """All plans, with how the last week's visits went."""
    return render(
        request,
        "checkins/plans.html",
        cards=await queries.plans(session, actor),
        days=queries.LOOK_BACK.days,
        rhythms=RHYTHMS,
        edits=actor.can("plans.edit"),
    )


@router.get("/new", dependencies=_EDIT)
async def new_page(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """An empty plan."""
    return await _form(request, session, actor, PlanForm())


@router.post("", dependencies=_EDIT)
async def make(request: Request, session: SessionDep, actor: ActorDep, form: FormDep) -> Response:
    """Make a plan; pressing “more” only shows further empty items."""
    if form.more:
        return await _form(request, session, actor, form)
    try:
        wish = form.read()
        async with session.begin_nested():
            plan = await commands.make_plan(session, actor, wish)
    except REFUSALS as error:
        return await _form(request, session, actor, form, refused=refusal(request, error))
    return _back(plan, "made")


@router.get("/calendar", dependencies=_EDIT)
async def calendar_page(request: Request, session: SessionDep, actor: ActorDep, done: bool = False) -> Response:
    """The site's shifts and holidays."""
    known = await queries.site_calendar(session, actor)
    return await _calendar(request, session, actor, " ".join(known.shifts), "\n".join(known.holidays), done=done)


@router.post("/calendar", dependencies=_EDIT)
async def set_calendar(
    request: Request, session: SessionDep, actor: ActorDep, shifts: _Text = "", holidays: _Text = ""
) -> Response:
    """Set them."""
    try:
        read = calendar.read_shifts(shifts), calendar.read_holidays(holidays)
    except Invalid as error:
        return await _calendar(request, session, actor, shifts, holidays, refused=refusal(request, error))
    await commands.set_calendar(session, actor, *read)
    return RedirectResponse("/plans/calendar?done=1", 303)


@router.post("/calendar/restore", dependencies=_EDIT)
async def restore_calendar(session: SessionDep, actor: ActorDep, entry: _Short = "") -> Response:
    """Put them back to how they stood before a change."""
    await commands.restore_calendar(session, actor, database_id(entry) or 0)
    return RedirectResponse("/plans/calendar?done=1", 303)


async def _calendar(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    shifts: str,
    holidays: str,
    *,
    done: bool = False,
    refused: Refusal | None = None,
) -> Response:
    refused = refused or Refusal()
    response: Response = render(
        request,
        "checkins/calendar.html",
        shifts=shifts,
        holidays=holidays,
        past=in_words(await queries.calendar_changes(session, actor), actor.zone),
        done=done,
        errors=refused.errors,
    )
    response.status_code = refused.status
    return response


@router.get("/{plan_id}", dependencies=_SEE)
@alike
async def plan_page(request: Request, session: SessionDep, actor: ActorDep, plan_id: int, done: str = "") -> Response:
    """One plan with its places, checklist and last check-ins."""
    return await _one(request, session, actor, plan_id, done=_DONE.get(done, ""))


@router.get("/{plan_id}/edit", dependencies=_EDIT)
async def edit_page(request: Request, session: SessionDep, actor: ActorDep, plan_id: int) -> Response:
    """A plan to be changed."""
    view = await queries.plan_view(session, actor, plan_id)
    return await _form(request, session, actor, typed_again(view), plan=view.plan)


@router.post("/{plan_id}/edit", dependencies=_EDIT)
async def change(request: Request, session: SessionDep, actor: ActorDep, plan_id: int, form: FormDep) -> Response:
    """Change it."""
    view = await queries.plan_view(session, actor, plan_id)
    if form.more:
        return await _form(request, session, actor, form, plan=view.plan)
    try:
        wish = in_the_order_of(view, form.read())
        async with session.begin_nested():
            plan = await commands.change_plan(session, actor, plan_id, wish, database_id(form.version))
    except REFUSALS as error:
        return await _form(request, session, actor, form, plan=view.plan, refused=refusal(request, error))
    return _back(plan, "changed")


@router.post("/{plan_id}/restore", dependencies=_EDIT)
async def restore(request: Request, session: SessionDep, actor: ActorDep, plan_id: int, entry: _Short = "") -> Response:
    """Put it back to how it stood before a change."""
    try:
        async with session.begin_nested():
            plan = await commands.restore_plan(session, actor, plan_id, database_id(entry) or 0)
    except REFUSALS as error:
        return await _one(request, session, actor, plan_id, refused=refusal(request, error))
    return _back(plan, "changed")


@router.post("/{plan_id}/stop", dependencies=_EDIT)
async def stop(session: SessionDep, actor: ActorDep, plan_id: int) -> Response:
    """Ask for no more visits."""
    return _back(await commands.stop_plan(session, actor, plan_id), "stopped")


@router.post("/{plan_id}/resume", dependencies=_EDIT)
async def resume(session: SessionDep, actor: ActorDep, plan_id: int) -> Response:
    """Ask again."""
    return _back(await commands.resume_plan(session, actor, plan_id), "resumed")


@router.post("/{plan_id}/fence", dependencies=_EDIT)
async def set_fence(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    plan_id: int,
    stop_id: _Short = "",
    lat: _Short = "",
    lon: _Short = "",
    radius_m: _Short = "",
) -> Response:
    """Say where a place of the plan is; all fields empty forget it."""
    view = await queries.plan_view(session, actor, plan_id)
    place = next((one.place for one in view.stops if str(one.id) == stop_id), None)
    if place is None:
        raise NotFound()
    try:
        await commands.set_fence(session, actor, place, read_fence(lat, lon, radius_m))
    except Invalid as error:
        return await _one(request, session, actor, plan_id, refused=refusal(request, error))
    return RedirectResponse(f"/plans/{plan_id}?done=fence", 303)


def in_the_order_of(view: PlanView, wish: PlanWish) -> PlanWish:
    """The wish with places in the order in which the round goes now, further ones behind: the form can't tell it."""
    stands = [(stop.place.is_area, stop.place.id) for stop in view.stops]
    order = {place: at for at, place in enumerate(stands)}

    def ordered(ids: Sequence[int], is_area: bool) -> tuple[int, ...]:
        return tuple(sorted(ids, key=lambda id_: order.get((is_area, id_), len(order))))

    return replace(wish, equipment_ids=ordered(wish.equipment_ids, False), area_ids=ordered(wish.area_ids, True))


def read_fence(lat: str, lon: str, radius_m: str) -> Fence | None:
    """A fence as typed; None for three empty fields. Raises Invalid."""
    if not (lat + lon).strip():
        return None
    position = read_position(lat, lon)
    try:
        radius = float(radius_m or 50)
    except ValueError:
        radius = 0
    if position is None or not 5 <= radius <= LARGEST_FENCE_M:
        raise Invalid(N_("请填写正确的经纬度，半径 5 到 5000 米"))
    return Fence(position.lat, position.lon, radius)


def _back(plan: InspectionPlan, done: str) -> Response:
    return RedirectResponse(f"/plans/{plan.id}?done={done}", 303)


def typed_again(view: PlanView) -> PlanForm:
    """A plan as it would be typed."""
    plan = view.plan
    rows = [TypedQuestion.of(question) for question in view.questions]
    places = [stop.place for stop in view.stops]
    return PlanForm(
        name=plan.name,
        name_en=plan.name_en,
        post_id=str(plan.post_id),
        rhythm=plan.rhythm,
        interval_h=f"{plan.interval_minutes / 60:g}" if plan.interval_minutes else "",
        skips_holidays="on" if plan.skips_holidays else "",
        asks_photo="on" if plan.asks_photo else "",
        equipment=[str(place.id) for place in places if not place.is_area],
        area=[str(place.id) for place in places if place.is_area],
        item_kind=[row.kind for row in rows],
        item_title=[row.title for row in rows],
        item_title_en=[row.title_en for row in rows],
        item_low=[row.low for row in rows],
        item_high=[row.high for row in rows],
        item_unit=[row.unit for row in rows],
        item_choices=[row.choices for row in rows],
        item_choices_en=[row.choices_en for row in rows],
        version=str(plan.version),
    )


async def _one(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    plan_id: int,
    *,
    done: str = "",
    refused: Refusal | None = None,
) -> Response:
    refused = refused or Refusal()
    response: Response = render(
        request,
        "checkins/plan.html",
        view=await queries.plan_view(session, actor, plan_id),
        recent=await queries.recent(session, actor, plan_id=plan_id),
        past=await plan_past(session, actor, plan_id, locale_of(request)),
        rhythms=RHYTHMS,
        kinds=KINDS,
        edits=actor.can("plans.edit"),
        done=done,
        refused=refused,
    )
    response.status_code = refused.status
    return response


async def _form(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    typed: PlanForm,
    *,
    plan: InspectionPlan | None = None,
    refused: Refusal | None = None,
) -> Response:
    refused = refused or Refusal()
    response: Response = render(
        request,
        "checkins/plan_form.html",
        typed=typed,
        rows=typed.shown_rows(),
        plan=plan,
        places=await queries.places(session, actor),
        rhythms=RHYTHMS,
        kinds=KINDS,
        refused=refused,
        errors=refused.errors,
    )
    response.status_code = refused.status
    return response
