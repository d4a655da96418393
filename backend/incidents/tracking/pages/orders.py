"""``/incidents/orders``: the production orders that an incident may stop, taken in as rows."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Form, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.clock import now
from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.tracking.commands import remove_order, take_rows
from backend.incidents.tracking.ordering import RefusedRow
from backend.incidents.tracking.queries.orders import open_orders, stages

router = APIRouter(prefix="/incidents/orders", include_in_schema=False)
MOST_LETTERS = 400_000


@router.get("", dependencies=[allow("incidents.policy")])
async def orders(request: Request, session: SessionDep, actor: ActorDep, taken: int = -1) -> Response:
    """Those that aren't over, and the form for more."""
    return await _page(request, session, actor, taken=taken)


@router.post("", dependencies=[allow("incidents.policy")])
async def take_orders(
    request: Request, session: SessionDep, actor: ActorDep, rows: Annotated[str, Form(max_length=MOST_LETTERS)] = ""
) -> Response:
    """Take in what can be read; the other rows stay in the form, each with why."""
    taken, refused = await take_rows(session, actor, rows)
    if refused:
        response = await _page(request, session, actor, taken=taken, refused=refused)
        response.status_code = 422
        return response
    return RedirectResponse(f"/incidents/orders?taken={taken}", 303)


@router.post("/{order_id}/remove", dependencies=[allow("incidents.policy")])
async def drop_order(session: SessionDep, actor: ActorDep, order_id: int) -> Response:
    """Take one out."""
    await remove_order(session, actor, order_id)
    return RedirectResponse("/incidents/orders", 303)


async def _page(
    request: Request, session: AsyncSession, actor: Actor, *, taken: int, refused: Sequence[RefusedRow] = ()
) -> Response:
    response: Response = render(
        request,
        "incidents/tracking/orders.html",
        listed=await open_orders(session, actor, now()),
        stages=await stages(session, actor),
        taken=taken,
        refused=refused,
    )
    return response
