"""``/plant/edit/links``: what flows from where to where, as a list; one link, to change or take away."""

from typing import Annotated

from fastapi import Form, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.clock import now
from backend.core.errors import N_, Conflict, Invalid, NotFound
from backend.core.pages import render
from backend.core.refusals import Refusal, refusal
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.plant.editing import queries
from backend.plant.editing.commands import linking
from backend.plant.editing.fields import LINK_KINDS, read_all, shown
from backend.plant.queries import active_points, floor_plans

router = APIRouter(prefix="/plant/edit/links")
Short = Annotated[str, Form(max_length=60)]
_DONE = {"joined": N_("已添加"), "edited": N_("已保存"), "removed": N_("已去掉；可以在更改记录里撤销")}


@router.get("", dependencies=[allow("plant.edit")])
async def links_page(request: Request, session: SessionDep, actor: ActorDep, done: str = "") -> Response:
    """All of them, and a form for another one, between equipment or points."""
    return await _list(request, session, actor, done=_DONE.get(done, ""))


@router.post("", dependencies=[allow("plant.edit")])
async def add_link(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    source: Short = "",
    target: Short = "",
    kind: Short = "",
    delay_s: Short = "",
) -> Response:
    """Add one."""
    typed = {"source": source, "target": target, "kind": kind, "delay_s": delay_s}
    try:
        wanted = read_all("link", typed, now().astimezone(actor.zone).date())
        async with session.begin_nested():
            await linking.add_link(session, actor, linking.Joining(source, target), wanted)
    except (Invalid, Conflict) as error:
        return await _list(request, session, actor, typed, refusal(request, error))
    return RedirectResponse("/plant/edit/links?done=joined", 303)


@router.get("/{link_id}", dependencies=[allow("plant.edit")])
async def link_page(request: Request, session: SessionDep, actor: ActorDep, link_id: int, done: str = "") -> Response:
    """One link."""
    return await _one(request, session, actor, link_id, done=_DONE.get(done, ""))


@router.post("/{link_id}", dependencies=[allow("plant.edit")])
async def edit_link(
    request: Request, session: SessionDep, actor: ActorDep, link_id: int, kind: Short = "", delay_s: Short = ""
) -> Response:
    """What flows, and how long it takes."""
    typed = {"kind": kind, "delay_s": delay_s}
    try:
        wanted = read_all("link", typed, now().astimezone(actor.zone).date())
        async with session.begin_nested():
            await linking.edit_link(session, actor, link_id, wanted)
    except (Invalid, Conflict) as error:
        return await _one(request, session, actor, link_id, typed, refusal(request, error))
    return RedirectResponse(f"/plant/edit/links/{link_id}?done=edited", 303)


@router.post("/{link_id}/remove", dependencies=[allow("plant.edit")])
async def remove_link(session: SessionDep, actor: ActorDep, link_id: int) -> Response:
    """Take it away."""
    await linking.remove_link(session, actor, link_id)
    return RedirectResponse("/plant/edit/links?done=removed", 303)


async def _list(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    typed: dict[str, str] | None = None,
    refused: Refusal | None = None,
    done: str = "",
) -> Response:
    refused = refused or Refusal()
    options = await queries.choices(session, actor)
    plans = await floor_plans(session, actor)
    response: Response = render(
        request,
        "plant/editing/links.html",
        links=await queries.links(session, actor),
        equipment=options["equipment"],
        points=await active_points(session, actor),
        kinds=LINK_KINDS,
        plan=plans[0] if plans else None,
        typed=typed or {"source": "", "target": "", "kind": "material", "delay_s": ""},
        refused=refused,
        done=done,
    )
    response.status_code = refused.status
    return response


async def _one(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    link_id: int,
    typed: dict[str, str] | None = None,
    refused: Refusal | None = None,
    done: str = "",
) -> Response:
    refused = refused or Refusal()
    found = await queries.links(session, actor, link_id=link_id) if link_id in range(1, 2**63) else []
    if not found:
        raise NotFound()
    link = found[0].link
    response: Response = render(
        request,
        "plant/editing/link.html",
        row=found[0],
        kinds=LINK_KINDS,
        typed=typed or {"kind": link.kind, "delay_s": shown(link.delay_s)},
        refused=refused,
        done=done,
    )
    response.status_code = refused.status
    return response
