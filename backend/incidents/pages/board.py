"""``/incidents``: those that aren't over, then those that are."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request, Response

from backend.core.pages import render
from backend.core.paging import cut
from backend.core.routing import APIRouter
from backend.identity.alike import alike
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.queries import listing
from backend.incidents.wording import KINDS, STATES, TONES

router = APIRouter(prefix="/incidents")


@router.get("", dependencies=[allow("incidents.see")])
@alike
async def board_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    search: Annotated[str, Query(max_length=60)] = "",
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> Response:
    """Both lists; htmx gets them or further rows alone."""
    part = {"incident-lists": "lists", "incident-rows": "rows"}.get(request.headers.get("hx-target", ""))
    wanted = search.strip()
    found = await listing.ended_incidents(session, actor, search=wanted, before=before, most=listing.PAGE + 1)
    ended, last = cut(found, listing.PAGE)
    here = {"search": wanted} if wanted else {}
    more_url = f"/incidents?{urlencode({**here, 'before': last.incident.id})}" if last else ""
    return render(
        request,
        "incidents/incidents.html",
        block=part,
        live=await listing.open_incidents(session, actor, search=wanted) if part != "rows" else [],
        ended=ended,
        search=wanted,
        here=f"/incidents?{urlencode(here)}" if here else "/incidents",
        more_url=more_url,
        states=STATES,
        tones=TONES,
        kinds=KINDS,
        rules=actor.can("incidents.policy"),
    )
