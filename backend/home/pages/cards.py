"""``/home/cards``: cards that come after the first paint, as fragments; each run fails alone."""

from typing import Annotated, Any

from fastapi import Query, Request, Response

from backend.core.clock import now
from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.home.cards import LATER
from backend.home.cards.figures import figures, is_old
from backend.home.catalogue import CATALOGUE, Kind
from backend.home.layout import optional, runs
from backend.home.pages.shown import words
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter()
LONGEST = 1000


@router.get("/home/cards", dependencies=[allow()])
async def cards(
    request: Request, session: SessionDep, actor: ActorDep, codes: Annotated[str, Query(max_length=LONGEST)] = ""
) -> Response:
    """The cards of ``codes`` (joined by commas) that come later; those that the actor may not see are left out."""
    wanted = [CATALOGUE[code] for code in optional(codes.split(","))]
    allowed = [one for one in wanted if one.kind in {Kind.FIGURE, Kind.LATER} and one.allowed(actor)]
    asked = [one.code for one in allowed if one.kind == Kind.FIGURE]
    found: dict[str, Any] = {one.code: await LATER[one.code](session, actor) for one in allowed if one.code in LATER}
    figured = await figures(session, actor, asked) if asked else None
    return render(
        request,
        "home/later.html",
        runs=runs(allowed),
        found=found,
        figured=figured,
        old=figured is not None and is_old(figured.as_of),
        at=now(),
        **words(request, actor),
    )
