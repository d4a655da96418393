"""``/labels/equipment/5`` and ``/labels/areas/2``: a thing's label, replacing and revoking it, and those it had."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Form, Request, Response
from starlette.responses import RedirectResponse

from backend.core.errors import Invalid, NotFound
from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.labels import commands, queries
from backend.labels.codes import spelled, token_of
from backend.labels.forms import base_url, phones_can_open
from backend.labels.keys import label_key
from backend.labels.qr import address, matrix, svg_path
from backend.labels.queries import Kind, Thing
from backend.labels.wording import DONE, REASONS

router = APIRouter(prefix="/labels")

ReasonForm = Annotated[str, Form()]


@router.get("/equipment/{equipment_id}", dependencies=[allow("plant.edit")])
async def of_equipment(
    request: Request, session: SessionDep, actor: ActorDep, equipment_id: int, done: str = ""
) -> Response:
    """The label of a piece of equipment."""
    return await _page(request, session, actor, (Kind.EQUIPMENT, equipment_id), done=done)


@router.get("/areas/{area_id}", dependencies=[allow("plant.edit")])
async def of_area(request: Request, session: SessionDep, actor: ActorDep, area_id: int, done: str = "") -> Response:
    """The label of an area."""
    return await _page(request, session, actor, (Kind.AREA, area_id), done=done)


@router.post("/equipment/{equipment_id}/replace", dependencies=[allow("plant.edit")])
async def replace_on_equipment(
    request: Request, session: SessionDep, actor: ActorDep, equipment_id: int, reason: ReasonForm = ""
) -> Response:
    """A new label; the old one proves nothing any more."""
    return await _replace(request, session, actor, (Kind.EQUIPMENT, equipment_id), reason)


@router.post("/areas/{area_id}/replace", dependencies=[allow("plant.edit")])
async def replace_in_area(
    request: Request, session: SessionDep, actor: ActorDep, area_id: int, reason: ReasonForm = ""
) -> Response:
    """The same for an area."""
    return await _replace(request, session, actor, (Kind.AREA, area_id), reason)


@router.post("/equipment/{equipment_id}/revoke", dependencies=[allow("plant.edit")])
async def revoke_on_equipment(
    request: Request, session: SessionDep, actor: ActorDep, equipment_id: int, reason: ReasonForm = ""
) -> Response:
    """No label from now on."""
    return await _revoke(request, session, actor, (Kind.EQUIPMENT, equipment_id), reason)


@router.post("/areas/{area_id}/revoke", dependencies=[allow("plant.edit")])
async def revoke_in_area(
    request: Request, session: SessionDep, actor: ActorDep, area_id: int, reason: ReasonForm = ""
) -> Response:
    """The same for an area."""
    return await _revoke(request, session, actor, (Kind.AREA, area_id), reason)


async def _replace(
    request: Request, session: SessionDep, actor: Actor, named: tuple[Kind, int], reason: str
) -> Response:
    try:
        async with session.begin_nested():
            await commands.replace_label(session, actor, *named, reason)
    except Invalid as refused:
        return await _page(request, session, actor, named, errors=refused.fields, reason=reason, tried="replace")
    return RedirectResponse(f"{(await _thing(session, actor, named)).page}?done=replaced", 303)


async def _revoke(
    request: Request, session: SessionDep, actor: Actor, named: tuple[Kind, int], reason: str
) -> Response:
    try:
        async with session.begin_nested():
            await commands.revoke_label(session, actor, *named, reason)
    except Invalid as refused:
        return await _page(request, session, actor, named, errors=refused.fields, reason=reason, tried="revoke")
    return RedirectResponse(f"{(await _thing(session, actor, named)).page}?done=revoked", 303)


async def _thing(session: SessionDep, actor: Actor, named: tuple[Kind, int]) -> Thing:
    found = await queries.things_named(session, actor, [named])
    if not found:
        raise NotFound()
    return found[0]


async def _page(
    request: Request,
    session: SessionDep,
    actor: Actor,
    named: tuple[Kind, int],
    *,
    done: str = "",
    errors: Mapping[str, str] | None = None,
    reason: str = "",
    tried: str = "",
) -> Response:
    thing = await _thing(session, actor, named)
    base = base_url(request)
    token = token_of(thing.label.token_name, label_key()) if thing.label else ""
    rows = matrix(base, token) if token else ()
    response: Response = render(
        request,
        "labels/label.html",
        thing=thing,
        url=address(base, token) if token else "",
        reachable=phones_can_open(base),
        qr=svg_path(rows),
        side=len(rows),
        spelled=spelled,
        past=await queries.past(session, actor, *named),
        reasons=REASONS,
        done=DONE.get(done, ""),
        errors=errors or {},
        reason=reason,
        tried=tried,
    )
    response.status_code = 422 if errors else 200
    return response
