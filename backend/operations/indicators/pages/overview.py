"""``/indicators``: a card for each."""

from typing import Annotated, Any

from fastapi import Depends, Request, Response

from backend.core.routing import APIRouter
from backend.identity.alike import alike
from backend.identity.web import ActorDep, SessionDep, allow
from backend.operations.indicators.asked import Asked, today_of
from backend.operations.indicators.overview import cards
from backend.operations.indicators.pages.frame import called, figures_of, shown
from backend.operations.indicators.queries.reading import members

router = APIRouter(prefix="/indicators")


@router.get("", dependencies=[allow("operations.see")])
@alike
async def all_of_them(
    request: Request, session: SessionDep, actor: ActorDep, asked: Annotated[Asked, Depends()]
) -> Response:
    """Of the whole site, or of what is chosen; a leader's are of their team."""
    scope, window = asked.read_scope(), asked.read_window(today_of(actor))

    async def reckon() -> dict[str, Any]:
        names = await members(session, actor)
        found = await cards(session, actor, scope, window)
        return {"cards": found, "names": names, "of": called(names, scope), "scope": scope}

    drawing = await figures_of(request, session, actor, ("cards", ""), asked, reckon)
    return await shown(request, session, actor, "overview", asked, drawing=drawing)
