"""``/risk-map``: the floor plan in four colours, still or live, with the areas and their reasons beside it."""

from dataclasses import replace
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
from backend.operations.riskmap import queries
from backend.operations.riskmap.rules import WORDS
from backend.plant.drawing import Drawing
from backend.plant.queries import floor_plan
from backend.risks.codes import RANK

router = APIRouter(include_in_schema=False)
SHOWN = 6
"""Reasons of an area that stand open; the others unfold."""

CROWDED = 30
"""With more pieces of equipment their marks would lie over the colours: then the areas stand alone."""


@router.get("/risk-map", dependencies=[allow("risks.map")])
async def map_page(
    request: Request, session: SessionDep, actor: ActorDep, show: Annotated[str, Query(max_length=10)] = "live"
) -> Response:
    """``show``: ``live`` or ``still``. htmx gets map and list alone, anew."""
    live = show != "still"
    return render(
        request,
        "operations/risk_map.html",
        block="present" if request.headers.get("hx-target") == "risk-map" else None,
        live=live,
        present=await shared(
            request, session, actor, "risk map", live, partial(_present, request, session, actor, live)
        ),
    )


async def _present(request: Request, session: AsyncSession, actor: Actor, live: bool) -> Markup:
    places = await queries.areas(session, actor)
    standings = await queries.standings(session, actor, places)
    levels = {id_: (one.live if live else one.still) for id_, one in standings.items()}
    return drawn(
        request,
        "operations/risk_map_present.html",
        drawing=_uncrowded(await floor_plan(session, actor)),
        areas=sorted(places, key=lambda area: (-RANK[levels[area.id]], area.code)),
        standings=standings,
        levels=levels,
        live=live,
        whys=WORDS,
        shown=SHOWN,
        risks=actor.can("risks.see"),
    )


def _uncrowded(drawing: Drawing | None) -> Drawing | None:
    if drawing is None or len(drawing.equipment) <= CROWDED:
        return drawing
    return replace(drawing, equipment=(), pipes=())
