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
from backend.plant.floors import PlanId, drawing_of, floors_of
from backend.risks.codes import RANK, highest

router = APIRouter(include_in_schema=False)
SHOWN = 6
"""Reasons of an area that stand open; the others unfold."""

CROWDED = 30
"""With more pieces of equipment their marks would lie over the colours: then the areas stand alone."""


@router.get("/risk-map", dependencies=[allow("risks.map")])
async def map_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    show: Annotated[str, Query(max_length=10)] = "live",
    plan: PlanId = None,
) -> Response:
    """``show``: ``live`` or ``still``; ``plan``: else the one with the worst area. htmx gets map and list alone, anew.
    Raises NotFound for a plan that isn't in use."""
    live = show != "still"
    return render(
        request,
        "operations/risk_map.html",
        block="present" if request.headers.get("hx-target") == "risk-map" else None,
        live=live,
        plan=plan,
        present=await shared(
            request, session, actor, "risk map", (live, plan), partial(_present, request, session, actor, live, plan)
        ),
    )


async def _present(request: Request, session: AsyncSession, actor: Actor, live: bool, plan: int | None) -> Markup:
    places = await queries.areas(session, actor)
    standings = await queries.standings(session, actor, places)
    levels = {id_: (one.live if live else one.still) for id_, one in standings.items()}
    floors = await floors_of(session, actor, levels)
    worst = {id_: highest(on) for id_, on in floors.gathered(levels).items()}
    shown = floors.chosen(plan, floors.most({id_: RANK[level] for id_, level in worst.items()}))
    return drawn(
        request,
        "operations/risk_map_present.html",
        drawing=_uncrowded(await drawing_of(session, actor, floors, shown)),
        floors=floors,
        shown_plan=shown,
        plan_levels=worst,
        here="/risk-map" if live else "/risk-map?show=still",
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
