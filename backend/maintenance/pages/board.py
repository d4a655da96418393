"""``/maintenance``: what is late, due soon, and further ahead; of one's own posts, of a team, of all."""

from typing import Annotated

from fastapi import Query, Request, Response

from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow
from backend.maintenance import queries
from backend.maintenance.schedule import Standing
from backend.maintenance.wording import KINDS, STANDINGS, TONES

router = APIRouter(prefix="/maintenance")
MINE, ALL = "mine", "all"


@router.get("", dependencies=[allow("maintenance.see")])
async def board_page(
    request: Request, session: SessionDep, actor: ActorDep, show: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """``show``: ``mine``, ``all``, or a team's id; who holds a post begins with their own. htmx gets the rows alone."""
    show = show or (MINE if actor.post_ids else ALL)
    team_id = int(show) if show.isascii() and show.isdigit() and len(show) < 19 else None
    found = await queries.upcoming(session, actor, team_id=team_id, mine=show == MINE)
    return render(
        request,
        "maintenance/board.html",
        block="rows" if request.headers.get("hx-target") == "maintenance-rows" else None,
        parts=[(standing, [one for one in found if one.standing is standing]) for standing in Standing],
        show=show,
        teams=await queries.teams(session, actor),
        holds=bool(actor.post_ids),
        kinds=KINDS,
        standings=STANDINGS,
        tones=TONES,
        plans=actor.can("maintenance.plan"),
    )
