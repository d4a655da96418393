"""``/alarms``: what calls, the worst flood first; and the few that wait, for the first page."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request, Response

from backend.alarms.labels import EMPTY, LEVELS, TABS, state_label
from backend.alarms.queries import listing as queries
from backend.alarms.queries.listing import Show, Wanted
from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.alike import alike
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/alarms")

MOST_PAGES = 10
"""So many are shown on one page; what lies beyond begins a new one, so that a list in use stays quick to refresh."""


@router.get("", dependencies=[allow("alarms.see")])
@alike
async def board_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    show: str = "",
    level: str = "",
    mine: bool = False,
    search: Annotated[str, Query(max_length=60)] = "",
    pages: Annotated[int, Query(ge=1, le=MOST_PAGES)] = 1,
    after: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """The list; htmx gets it without its frame when somebody types or wants more, or an event tells of a change."""
    wanted = Wanted(
        show=Show(show) if show in set(Show) else Show.OPEN,
        level=level if level in LEVELS else "",
        mine=mine,
        search=search.strip(),
    )
    page = await queries.alarms(session, actor, wanted, after=after, most=queries.PAGE * pages)
    further = {"pages": pages + 1, "after": after} if pages < MOST_PAGES else {"after": page.following}
    return render(
        request,
        "alarms/alarms.html",
        block="list" if request.headers.get("hx-target") == "alarm-list" else None,
        page=page,
        wanted=wanted,
        tally=await queries.tally(session, actor),
        tabs=TABS,
        levels=LEVELS,
        here=_url(wanted, pages=pages, after=after),
        tab_urls={tab: _url(Wanted(tab, wanted.level, wanted.mine, wanted.search)) for tab in Show},
        more_url=_url(wanted, **further) if page.following else "",
        more_here=pages < MOST_PAGES,
        empty_words=EMPTY[wanted.show],
        narrowed=bool(wanted.level or wanted.mine or wanted.search),
        state_label=state_label,
        owns=bool(actor.post_ids),
    )


def _url(wanted: Wanted, **further: object) -> str:
    """Address of the list; what is as usual is left out."""
    usual = {"pages": 1}
    narrowed = {
        "show": "" if wanted.show == Show.OPEN else wanted.show.value,
        "level": wanted.level,
        "mine": "true" if wanted.mine else "",
        "search": wanted.search,
        **further,
    }
    query = urlencode({name: value for name, value in narrowed.items() if value and usual.get(name) != value})
    return f"/alarms?{query}" if query else "/alarms"
