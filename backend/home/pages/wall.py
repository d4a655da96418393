"""``/wall``: the manager's cards on a big screen that nobody touches."""

from fastapi import Request, Response

from backend.core.clock import now
from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.home.layout import Arrangement, page
from backend.home.pages.shown import first_paint
from backend.home.queries import layouts, look
from backend.identity.models import Role
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter()
NOT_THERE = frozenset({"doors", "own", "to_verify", "triage", "checkins", "maintenance", "courses", "urgent"})
"""Doors and what waits for one person: nobody taps a wall, and it belongs to nobody."""


@router.get("/wall", dependencies=[allow("dashboards.wall")])
async def wall(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """As the site has arranged it for managers, of what the actor may see. htmx gets what changes alone, anew."""
    seen = await look(session, actor)
    layout = (await layouts(session, actor))[Role.MANAGER]
    cards = [one for one in page(layout, Arrangement(), lambda one: one.allowed(actor)) if one.code not in NOT_THERE]
    return render(
        request,
        "home/wall.html",
        block="present" if request.headers.get("hx-target") == "wall" else None,
        at=now(),
        **await first_paint(session, actor, seen, cards),
    )
