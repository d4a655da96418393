"""``/labels``: which equipment and areas have a label, and printing them."""

from collections.abc import Mapping

from fastapi import Request, Response

from backend.core.errors import Invalid
from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.labels import commands, queries
from backend.labels.forms import Filter, FilterDep, SheetFormDep, base_url, phones_can_open, print_for
from backend.labels.printing import pdf_of
from backend.labels.sheets import unprintable
from backend.labels.wording import KINDS, STATES

router = APIRouter(prefix="/labels")

MOST_SHOWN = 300
"""Rows on the page; more are found by the filter, and printed all the same."""


@router.get("", dependencies=[allow("plant.edit")])
async def board_page(request: Request, session: SessionDep, actor: ActorDep, chosen: FilterDep) -> Response:
    """The list; htmx gets the rows alone."""
    return await _page(request, session, actor, chosen)


@router.post("/sheet", dependencies=[allow("plant.edit")])
async def sheet(request: Request, session: SessionDep, actor: ActorDep, typed: SheetFormDep) -> Response:
    """The PDF of what is ticked; what has no label yet gets one now."""
    try:
        async with session.begin_nested():
            if typed.everything:
                things = await queries.things(session, actor, typed.filter.read())
            else:
                things = await queries.things_named(session, actor, typed.keys())
            if await commands.make_labels(session, actor, things):
                things = await queries.things_named(session, actor, [(thing.kind, thing.id) for thing in things])
            pdf = await pdf_of(things, print_for(request, actor, typed.layout))
    except Invalid as refused:
        return await _page(request, session, actor, typed.filter, errors=refused.fields)
    headers = {"Content-Disposition": f'attachment; filename="ansu-labels-{typed.layout}.pdf"'}
    return Response(pdf, media_type="application/pdf", headers=headers)


async def _page(
    request: Request,
    session: SessionDep,
    actor: Actor,
    chosen: Filter,
    *,
    errors: Mapping[str, str] | None = None,
) -> Response:
    things = await queries.things(session, actor, chosen.read())
    response: Response = render(
        request,
        "labels/labels.html",
        block="rows" if request.headers.get("hx-target") == "label-rows" else None,
        things=things[:MOST_SHOWN],
        count=len(things),
        chosen=chosen,
        areas=await queries.areas(session, actor),
        kinds=KINDS,
        states=STATES,
        base=base_url(request),
        reachable=phones_can_open(base_url(request)),
        unprintable=unprintable(word for thing in things for word in (thing.name, thing.code)),
        errors=errors or {},
    )
    response.status_code = 422 if errors else 200
    return response
