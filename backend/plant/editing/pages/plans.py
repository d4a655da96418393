"""``/plant/edit/plans``: floor plans, their pictures; and giving out the pictures to whoever sees the plant."""

from typing import Annotated

from fastapi import File, Form, Request, Response, UploadFile
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.errors import N_, NotFound
from backend.core.pages import render
from backend.core.pictures import Picture, convert, read_upload
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.core.showing import show_picture
from backend.identity.actor import Actor
from backend.identity.scoping import get_visible
from backend.identity.web import ActorDep, SessionDep, allow
from backend.plant.editing import queries
from backend.plant.editing.commands import drawing, restoring, things
from backend.plant.models import FloorPlan
from backend.plant.queries import floor_plan

router = APIRouter()
Name = Annotated[str, Form(max_length=200)]
Uploaded = Annotated[UploadFile | None, File()]
_DONE = {
    "made": N_("已添加，接着画区域"),
    "edited": N_("已保存"),
    "retired": N_("已停用，新的工作里不再出现；以前的记录不变"),
    "restored": N_("已恢复使用"),
}


@router.get("/plant/pictures/{floor_plan_id}", dependencies=[allow("plant.see")])
async def picture(request: Request, session: SessionDep, actor: ActorDep, floor_plan_id: int) -> Response:
    """The picture under a plan."""
    plan = await get_visible(session, actor, FloorPlan, floor_plan_id)
    if not plan.picture_path:
        raise NotFound()
    return show_picture(request, plan.picture_path)


@router.get("/plant/edit/plans", dependencies=[allow("plant.edit")])
async def plans_page(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """All plans, and a form for a further one."""
    return await _list(request, session, actor)


@router.post("/plant/edit/plans", dependencies=[allow("plant.edit")])
async def add_plan(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    name: Name = "",
    name_en: Name = "",
    picture: Uploaded = None,
) -> Response:
    """Add a plan, on a picture or an empty sheet."""
    try:
        taken = await _taken(picture)
        async with session.begin_nested():
            plan = await drawing.add_plan(session, actor, name, name_en, taken)
    except REFUSALS as error:
        return await _list(request, session, actor, {"name": name, "name_en": name_en}, _refused(request, error))
    return RedirectResponse(f"/plant/edit/plans/{plan.id}?done=made", 303)


@router.get("/plant/edit/plans/{floor_plan_id}", dependencies=[allow("plant.edit")])
async def plan_page(
    request: Request, session: SessionDep, actor: ActorDep, floor_plan_id: int, done: str = ""
) -> Response:
    """One plan: what to draw on it, its name, its picture."""
    return await _one(request, session, actor, floor_plan_id, done=_DONE.get(done, ""))


@router.post("/plant/edit/plans/{floor_plan_id}", dependencies=[allow("plant.edit")])
async def edit_plan(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    floor_plan_id: int,
    name: Name = "",
    name_en: Name = "",
    picture: Uploaded = None,
) -> Response:
    """Rename it, or lay another picture under it."""
    await get_visible(session, actor, FloorPlan, floor_plan_id)
    try:
        taken = await _taken(picture)
        async with session.begin_nested():
            await drawing.edit_plan(session, actor, floor_plan_id, name, name_en, taken)
    except REFUSALS as error:
        typed = {"name": name, "name_en": name_en}
        return await _one(request, session, actor, floor_plan_id, typed, _refused(request, error))
    return RedirectResponse(f"/plant/edit/plans/{floor_plan_id}?done=edited", 303)


@router.post("/plant/edit/plans/{floor_plan_id}/bare", dependencies=[allow("plant.edit")])
async def remove_picture(session: SessionDep, actor: ActorDep, floor_plan_id: int) -> Response:
    """Without a picture again."""
    await drawing.remove_picture(session, actor, floor_plan_id)
    return RedirectResponse(f"/plant/edit/plans/{floor_plan_id}?done=edited", 303)


@router.post("/plant/edit/plans/{floor_plan_id}/move", dependencies=[allow("plant.edit")])
async def move_plan(
    session: SessionDep, actor: ActorDep, floor_plan_id: int, where: Annotated[str, Form(max_length=10)] = "up"
) -> Response:
    """Earlier or later; the first is what other pages show."""
    await things.move(session, actor, "floor_plan", floor_plan_id, -1 if where == "up" else 1)
    return RedirectResponse("/plant/edit/plans", 303)


@router.post("/plant/edit/plans/{floor_plan_id}/retire", dependencies=[allow("plant.edit")])
async def retire_plan(session: SessionDep, actor: ActorDep, floor_plan_id: int) -> Response:
    """Out of use; what is drawn on it stays kept."""
    await things.retire(session, actor, "floor_plan", floor_plan_id)
    return RedirectResponse(f"/plant/edit/plans/{floor_plan_id}?done=retired", 303)


@router.post("/plant/edit/plans/{floor_plan_id}/restore", dependencies=[allow("plant.edit")])
async def restore_plan(session: SessionDep, actor: ActorDep, floor_plan_id: int) -> Response:
    """Into use again."""
    await restoring.restore(session, actor, "floor_plan", floor_plan_id)
    return RedirectResponse(f"/plant/edit/plans/{floor_plan_id}?done=restored", 303)


async def _taken(upload: UploadFile | None) -> Picture | None:
    """The uploaded picture made safe, None where nothing came. Raises Invalid, TooLarge, TooMany."""
    if upload is None or not (upload.filename or upload.size):
        return None
    return await convert(await read_upload(upload))


def _refused(request: Request, error: "Exception") -> Refusal:
    """The refusal with what is said of photos standing beside the field of this form."""
    told = refusal(request, error)  # type: ignore[arg-type]
    if "photos" in told.errors:
        told.errors["picture"] = told.errors.pop("photos")
    return told


async def _list(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    typed: dict[str, str] | None = None,
    refused: Refusal | None = None,
) -> Response:
    refused = refused or Refusal()
    response: Response = render(
        request,
        "plant/editing/plans.html",
        plans=await queries.plans(session, actor),
        typed=typed or {"name": "", "name_en": ""},
        refused=refused,
    )
    response.status_code = refused.status
    return response


async def _one(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    plan_id: int,
    typed: dict[str, str] | None = None,
    refused: Refusal | None = None,
    done: str = "",
) -> Response:
    refused = refused or Refusal()
    plan = await get_visible(session, actor, FloorPlan, plan_id)
    response: Response = render(
        request,
        "plant/editing/plan.html",
        plan=plan,
        drawing=await floor_plan(session, actor, plan_id),
        typed=typed or {"name": plan.name, "name_en": plan.name_en},
        refused=refused,
        done=done,
    )
    response.status_code = refused.status
    return response
