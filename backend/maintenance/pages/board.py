"""``/maintenance``: what is late, due soon, and further ahead; of one's own posts, of a team, of all."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query, Request, Response

from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.alike import alike
from backend.identity.web import ActorDep, SessionDep, allow
from backend.maintenance import queries
from backend.maintenance.schedule import Standing
from backend.maintenance.wording import KINDS, STANDINGS, TONES

router = APIRouter(prefix="/maintenance")
MINE, ALL = "mine", "all"
FURTHER = "maintenance-further"
"""The button below some rows that asks for those after them."""


@router.get("", dependencies=[allow("maintenance.see")])
@alike
async def board_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    show: Annotated[str, Query(max_length=20)] = "",
    standing: Annotated[str, Query(max_length=10)] = "",
    after: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """``show``: ``mine``, ``all``, or a team's id; who holds a post begins with their own. ``standing`` with ``after``:
    further ones that stand so. htmx gets the rows alone."""
    show = show or (MINE if actor.post_ids else ALL)
    team_id = int(show) if show.isascii() and show.isdigit() and len(show) < 19 else None
    asks_further = bool(after) and standing in set(Standing)
    if asks_further:
        parts: Sequence[queries.Part] = [
            await queries.board_after(session, actor, Standing(standing), after, team_id=team_id, mine=show == MINE)
        ]
    else:
        parts = await queries.board(session, actor, team_id=team_id, mine=show == MINE)
    aimed_at = request.headers.get("hx-target")
    return render(
        request,
        "maintenance/board.html",
        block="rows" if aimed_at in {"maintenance-rows", FURTHER} else None,
        parts=parts,
        show=show,
        teams=() if aimed_at else await queries.teams(session, actor),
        holds=bool(actor.post_ids),
        further=FURTHER,
        asks_further=asks_further,
        rows_alone=aimed_at == FURTHER,
        kinds=KINDS,
        standings=STANDINGS,
        tones=TONES,
        plans=actor.can("maintenance.plan"),
    )
