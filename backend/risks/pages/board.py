"""``/risks``: every risk point, by level, area and words."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from backend.core.pages import render
from backend.identity.web import ActorDep, SessionDep, allow
from backend.risks import queries
from backend.risks.codes import CONTROLS, KINDS
from backend.risks.forms import database_id
from backend.risks.wording import LEVELS

router = APIRouter(prefix="/risks")


@router.get("", dependencies=[allow("risks.see")])
async def board_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    level: Annotated[str, Query(max_length=20)] = "",
    area: Annotated[str, Query(max_length=20)] = "",
    q: Annotated[str, Query(max_length=60)] = "",
    show: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The list; ``level`` ``none``: not graded, ``show`` ``retired``: out of use. htmx gets the rows alone."""
    words = q.replace("\0", "")
    retired = show == "retired"
    wanted = level if level in {*LEVELS, "none"} else ""
    lines = await queries.board(session, actor, level=wanted, area_id=database_id(area), words=words, retired=retired)
    return render(
        request,
        "risks/board.html",
        block="rows" if request.headers.get("hx-target") == "risk-rows" else None,
        lines=lines,
        counts=await queries.level_counts(session, actor),
        areas=(await queries.choices(session, actor)).areas,
        level=wanted,
        area=area,
        q=words,
        retired=retired,
        levels=LEVELS,
        kinds=KINDS,
        controls=CONTROLS,
        edits=actor.can("risks.edit"),
        sets=actor.can("risks.policy"),
        maps=actor.can("risks.map"),
    )
