"""``/plant/edit/plans/<id>/areas|marks|links``: drawing on a plan. Each is a form that works without a script too."""

from typing import Annotated, Any

from fastapi import Form, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.clock import now
from backend.core.errors import N_, Conflict, Invalid, NotFound
from backend.core.pages import render
from backend.core.refusals import Refusal, refusal
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.scoping import get_visible
from backend.identity.web import ActorDep, SessionDep, allow
from backend.plant.editing import queries
from backend.plant.editing.commands import drawing, linking, things
from backend.plant.editing.fields import FIELDS, LINK_KINDS, read_all
from backend.plant.editing.shapes import check_polygon, read_corners
from backend.plant.history import new_batch, tell
from backend.plant.models import Area, FloorPlan
from backend.plant.queries import floor_plan

router = APIRouter(prefix="/plant/edit/plans/{floor_plan_id}")
Short = Annotated[str, Form(max_length=60)]
Long = Annotated[str, Form(max_length=4000)]
Id = Annotated[int | None, Query(ge=1, lt=2**63)]
_DONE = {"drawn": N_("已保存"), "cleared": N_("已从图上去掉"), "placed": N_("已放好"), "joined": N_("已画好关联")}


@router.get("/areas", dependencies=[allow("plant.edit")])
async def areas_page(
    request: Request, session: SessionDep, actor: ActorDep, floor_plan_id: int, area: Id = None, done: str = ""
) -> Response:
    """Draw a new area, or ``area`` anew."""
    return await _areas(request, session, actor, floor_plan_id, area, done=_DONE.get(done, ""))


@router.post("/areas", dependencies=[allow("plant.edit")])
async def draw_area(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    floor_plan_id: int,
    corners: Long = "",
    area: Short = "",
    code: Long = "",
    name: Long = "",
) -> Response:
    """Keep the outline; without ``area`` it is a new one called ``name``."""
    plan = await get_visible(session, actor, FloorPlan, floor_plan_id)
    typed = {"corners": corners, "code": code, "name": name}
    area_id = int(area) if area.isascii() and area.isdigit() and int(area) < 2**63 else None
    try:
        async with session.begin_nested():
            await _drawn(session, actor, plan, area_id, typed)
    except (Invalid, Conflict) as error:
        return await _areas(request, session, actor, floor_plan_id, area_id, typed, refusal(request, error))
    done = "drawn" if corners.strip() else "cleared"
    return RedirectResponse(f"/plant/edit/plans/{floor_plan_id}/areas?done={done}", 303)


async def _drawn(
    session: AsyncSession, actor: Actor, plan: FloorPlan, area_id: int | None, typed: dict[str, str]
) -> None:
    outline = read_corners(typed["corners"])
    batch = new_batch()
    if area_id is None:
        wrong: dict[str, str] = {}
        values: dict[str, Any] = {}
        wanted: dict[str, Any] = {}
        try:
            check_polygon(outline, plan.width, plan.height)
        except Invalid as error:
            wrong, values = error.fields, error.values
        try:
            wanted = read_all("area", typed, now().astimezone(actor.zone).date())
        except Invalid as error:
            wrong = {**wrong, **error.fields}
        if wrong:
            raise Invalid(fields=wrong, **values)
        area_id = (await things.create(session, actor, "area", wanted, batch=batch)).id
        await tell(session, actor)
    await drawing.outline(session, actor, plan.id, area_id or 0, outline, batch=batch)


@router.get("/marks", dependencies=[allow("plant.edit")])
async def marks_page(
    request: Request, session: SessionDep, actor: ActorDep, floor_plan_id: int, equipment: Id = None, done: str = ""
) -> Response:
    """Put equipment on the plan, or move its mark."""
    typed = {"equipment_id": str(equipment or ""), "x": "", "y": ""}
    return await _marks(request, session, actor, floor_plan_id, typed, done=_DONE.get(done, ""))


@router.post("/marks", dependencies=[allow("plant.edit")])
async def place_mark(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    floor_plan_id: int,
    equipment_id: Short = "",
    x: Short = "",
    y: Short = "",
) -> Response:
    """Keep where it stands; without coordinates it stands nowhere."""
    await get_visible(session, actor, FloorPlan, floor_plan_id)
    typed = {"equipment_id": equipment_id, "x": x, "y": y}
    try:
        if not (equipment_id.isascii() and equipment_id.isdigit()):
            raise Invalid(fields={"equipment_id": N_("请选择设备")})
        at = _place(x, y)
        async with session.begin_nested():
            await drawing.place(session, actor, floor_plan_id, int(equipment_id), at)
    except (Invalid, Conflict) as error:
        return await _marks(request, session, actor, floor_plan_id, typed, refusal(request, error))
    return RedirectResponse(f"/plant/edit/plans/{floor_plan_id}/marks?done={'placed' if at else 'cleared'}", 303)


def _place(x: str, y: str) -> tuple[float, float] | None:
    if not x.strip() and not y.strip():
        return None
    try:
        return float(x), float(y)
    except ValueError:
        raise Invalid(fields={"x": N_("请在图上点一下，或填两个数")}) from None


@router.get("/links", dependencies=[allow("plant.edit")])
async def links_page(
    request: Request, session: SessionDep, actor: ActorDep, floor_plan_id: int, done: str = ""
) -> Response:
    """Draw what flows from one mark to another."""
    return await _links(request, session, actor, floor_plan_id, done=_DONE.get(done, ""))


@router.post("/links", dependencies=[allow("plant.edit")])
async def draw_link(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    floor_plan_id: int,
    source: Short = "",
    target: Short = "",
    kind: Short = "",
    delay_s: Short = "",
) -> Response:
    """Keep it."""
    await get_visible(session, actor, FloorPlan, floor_plan_id)
    typed = {"source": source, "target": target, "kind": kind, "delay_s": delay_s}
    try:
        wanted = read_all("link", typed, now().astimezone(actor.zone).date())
        async with session.begin_nested():
            await linking.add_link(session, actor, linking.Joining(source, target), wanted)
    except (Invalid, Conflict) as error:
        return await _links(request, session, actor, floor_plan_id, typed, refusal(request, error))
    return RedirectResponse(f"/plant/edit/plans/{floor_plan_id}/links?done=joined", 303)


async def _areas(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    plan_id: int,
    area_id: int | None,
    typed: dict[str, str] | None = None,
    refused: Refusal | None = None,
    done: str = "",
) -> Response:
    area = await get_visible(session, actor, Area, area_id) if area_id is not None else None
    outlines = await queries.outlines(session, actor, plan_id)
    if typed is None:
        corners = "\n".join(f"{x:g}, {y:g}" for x, y in area.polygon) if area else ""
        typed = {"corners": corners, "code": "" if area else _next_code(outlines), "name": ""}
    context = {"area": area, "areas": outlines, "typed": typed}
    return await _tool(request, session, actor, "areas", plan_id, context, refused, done)


async def _marks(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    plan_id: int,
    typed: dict[str, str],
    refused: Refusal | None = None,
    done: str = "",
) -> Response:
    options = await queries.choices(session, actor)
    context = {"equipment": options["equipment"], "typed": typed}
    return await _tool(request, session, actor, "marks", plan_id, context, refused, done)


async def _links(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    plan_id: int,
    typed: dict[str, str] | None = None,
    refused: Refusal | None = None,
    done: str = "",
) -> Response:
    options = await queries.choices(session, actor)
    context = {
        "equipment": options["equipment"],
        "links": await queries.links(session, actor),
        "kinds": LINK_KINDS,
        "fields": FIELDS["link"],
        "typed": typed or {"source": "", "target": "", "kind": "material", "delay_s": ""},
    }
    return await _tool(request, session, actor, "links", plan_id, context, refused, done)


async def _tool(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    tool: str,
    plan_id: int,
    context: dict[str, Any],
    refused: Refusal | None,
    done: str,
) -> Response:
    drawn = await floor_plan(session, actor, plan_id)
    if drawn is None:
        raise NotFound()
    refused = refused or Refusal()
    response: Response = render(
        request, f"plant/editing/plan_{tool}.html", drawing=drawn, tool=tool, refused=refused, done=done, **context
    )
    response.status_code = refused.status
    return response


def _next_code(areas: list[Area]) -> str:
    """A code that is free, for somebody who has no codes of their own."""
    taken = {area.code for area in areas}
    return next(code for number in range(len(taken) + 1, 10**6) if (code := f"A{number:02}") not in taken)
