"""``/incidents/history/rows``: the incidents themselves, the newest first."""

from typing import Annotated

from fastapi import Depends, Query, Request, Response

from backend.core.paging import cut
from backend.core.routing import APIRouter
from backend.hazards.accidents import ACCIDENTS
from backend.identity.alike import alike
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.history import wording
from backend.incidents.history.asked import Asked
from backend.incidents.history.pages.frame import framed, shown
from backend.incidents.history.queries.names import causes_called
from backend.incidents.history.queries.rows import MOST_EXPORTED, PAGE, how_many, page
from backend.incidents.wording import STATES, TONES

router = APIRouter(prefix="/incidents/history")


@router.get("/rows", dependencies=[allow("incidents.see")])
@alike
async def rows_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    asked: Annotated[Asked, Depends()],
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> Response:
    """A page of them; htmx gets further rows alone."""
    further = request.headers.get("hx-target") == "history-rows"
    frame = await framed(request, session, actor, asked)
    wanted = frame.wanted
    found, last = cut(await page(session, actor, wanted, before) if wanted else [], PAGE)
    return shown(
        request,
        actor,
        frame,
        "rows",
        block="rows" if further else None,
        rows=found,
        total=await how_many(session, actor, wanted) if wanted and not further else 0,
        most=MOST_EXPORTED,
        names=await causes_called(session, actor, {row.cause for row in found}, frame.known),
        more_url=f"{asked.url('/rows')}{'&' if '?' in asked.url('/rows') else '?'}before={last.incident.id}"
        if last
        else "",
        states=STATES,
        tones=TONES,
        unknown=wording.UNKNOWN,
        accidents=ACCIDENTS,
    )
