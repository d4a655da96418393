"""One piece of equipment, one area: what it is and how it is now, and what somebody who stands there can do."""

from typing import Annotated, Any

from fastapi import Form, Query, Request, Response
from starlette.responses import RedirectResponse

from backend.alarms.labels import state_label
from backend.alarms.queries import places as alarms
from backend.core.clock import now
from backend.core.errors import N_, Invalid, NotFound
from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.alike import alike
from backend.identity.web import ActorDep, SessionDep, allow
from backend.labels.queries import Kind
from backend.live import queries
from backend.live.arriving import arrive
from backend.live.views import worst
from backend.live.wording import EQUIPMENT_CLASSES, LINK_KINDS
from backend.plant import commands
from backend.plant import queries as plant
from backend.plant.age import read_commissioning, years_in_service

router = APIRouter()

Token = Annotated[str, Query(max_length=40)]


@router.get("/equipment/{equipment_id}", dependencies=[allow("plant.see")])
@alike
async def equipment_page(
    request: Request, session: SessionDep, actor: ActorDep, equipment_id: int, label: Token = "", done: str = ""
) -> Response:
    """What it is, who answers for it, how it is now, what it is linked to."""
    return await _equipment(request, session, actor, equipment_id, token=label, done=N_("已保存") if done else "")


@router.post("/equipment/{equipment_id}/owner", dependencies=[allow("plant.edit")])
async def assign_owner(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    equipment_id: int,
    owner_post_id: Annotated[int, Form()] = 0,
) -> Response:
    """Let another post answer for it."""
    try:
        async with session.begin_nested():
            await commands.assign_owner(session, actor, equipment_id, owner_post_id)
    except Invalid as refused:
        return await _equipment(request, session, actor, equipment_id, errors=refused.fields)
    return RedirectResponse(f"/equipment/{equipment_id}?done=1", 303)


@router.post("/equipment/{equipment_id}/commissioning", dependencies=[allow("plant.edit")])
async def set_commissioning(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    equipment_id: int,
    commissioned_on: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Record since when it is in service; nothing typed: unknown."""
    try:
        day = read_commissioning(commissioned_on, now().astimezone(actor.zone).date())
        async with session.begin_nested():
            await commands.set_commissioning(session, actor, equipment_id, day)
    except Invalid as refused:
        return await _equipment(request, session, actor, equipment_id, errors=refused.fields, typed=commissioned_on)
    return RedirectResponse(f"/equipment/{equipment_id}?done=1", 303)


@router.get("/areas/{area_id}", dependencies=[allow("plant.see")])
@alike
async def area_page(
    request: Request, session: SessionDep, actor: ActorDep, area_id: int, label: Token = ""
) -> Response:
    """What stands there, what is wrong there now, who keeps it."""
    found = await plant.area_view(session, actor, area_id)
    if found is None:
        raise NotFound()
    levels = await queries.open_levels(session, actor)
    wrong = await alarms.open_in_area(session, actor, area_id)
    points = await plant.active_points(session, actor, of_area=area_id)
    return render(
        request,
        "plant/area.html",
        area=found,
        levels=levels,
        level=worst(line.alarm.level for line in wrong),
        alarms=wrong,
        state_label=state_label,
        points=await queries.live_points(session, actor, points, levels, now()),
        classes=EQUIPMENT_CLASSES,
        arrival=await arrive(session, actor, request.app, (Kind.AREA, area_id), label),
        edits=actor.can("plant.edit"),
    )


async def _equipment(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    equipment_id: int,
    *,
    token: str = "",
    errors: Any = None,
    typed: str = "",
    done: str = "",
) -> Response:
    found = await plant.equipment_view(session, actor, equipment_id)
    if found is None:
        raise NotFound()
    moment = now()
    today = moment.astimezone(actor.zone).date()
    levels = await queries.open_levels(session, actor)
    points = await plant.active_points(session, actor, equipment_id=equipment_id)
    upstream, downstream = await plant.neighbours(session, actor, equipment_id)
    edits = actor.can("plant.edit")
    response: Response = render(
        request,
        "plant/equipment.html",
        equipment=found,
        level=levels.equipment.get(equipment_id, ""),
        alarms=await alarms.open_on_equipment(session, actor, equipment_id),
        latest_alarm=await alarms.latest_on_equipment(session, actor, equipment_id),
        state_label=state_label,
        points=await queries.live_points(session, actor, points, levels, moment),
        upstream=upstream,
        downstream=downstream,
        today=today,
        years=years_in_service(found.commissioned_on, today) if found.commissioned_on else None,
        classes=EQUIPMENT_CLASSES,
        link_kinds=LINK_KINDS,
        arrival=await arrive(session, actor, request.app, (Kind.EQUIPMENT, equipment_id), token),
        posts=await plant.posts(session, actor) if edits else [],
        edits=edits,
        errors=errors or {},
        typed=typed,
        done=done,
    )
    response.status_code = 422 if errors else 200
    return response
