"""``/risks``: every risk point, by level, area and words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import Query, Request, Response
from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.pages import drawn, render
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.sharing import shared
from backend.identity.web import ActorDep, SessionDep, allow
from backend.plant.models import Area
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
    asked = _Asked(wanted, database_id(area), words, retired)
    return render(
        request,
        "risks/board.html",
        block="rows" if request.headers.get("hx-target") == "risk-rows" else None,
        board=await shared(request, session, actor, "risks", asked, partial(_board, request, session, actor, asked)),
        area=area,
        level=wanted,
        q=words,
        retired=retired,
        levels=LEVELS,
        edits=actor.can("risks.edit"),
        sets=actor.can("risks.policy"),
        maps=actor.can("risks.map"),
    )


@dataclass(frozen=True)
class _Asked:
    level: str
    area_id: int | None
    words: str
    retired: bool


@dataclass(frozen=True)
class _Board:
    """What stands on the page: how many of each level, areas to choose from, the list as it is drawn."""

    counts: Mapping[str, int]
    areas: Sequence[Area]
    rows: Markup


async def _board(request: Request, session: AsyncSession, actor: Actor, asked: _Asked) -> _Board:
    lines = await queries.board(
        session, actor, level=asked.level, area_id=asked.area_id, words=asked.words, retired=asked.retired
    )
    rows = drawn(
        request,
        "risks/board_rows.html",
        lines=lines,
        narrowed=bool(asked.words or asked.area_id or asked.level or asked.retired),
        kinds=KINDS,
        controls=CONTROLS,
        edits=actor.can("risks.edit"),
    )
    return _Board(await queries.level_counts(session, actor), (await queries.choices(session, actor)).areas, rows)
