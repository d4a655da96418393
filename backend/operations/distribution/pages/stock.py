"""``/distribution/risk-points``: the stock of risk points beside what happened, and the points behind each mark."""

from typing import Annotated, Any

from fastapi import Depends, Request, Response

from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.hazards.accidents import ACCIDENTS, Accident
from backend.identity.alike import alike
from backend.identity.permissions import require
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.history.shares import ranked
from backend.operations.distribution import wording
from backend.operations.distribution.asked import NONE, Asked
from backend.operations.distribution.pages.frame import Chip
from backend.operations.distribution.queries.names import Known, known
from backend.operations.distribution.queries.stock import MOST, stock_rows
from backend.operations.distribution.stock import AGAINST, AskedStock, stock_view
from backend.risks.wording import LEVELS

router = APIRouter(prefix="/distribution/risk-points")
AskedDep = Annotated[AskedStock, Depends()]
MOST_BARS = 8


@router.get("", dependencies=[allow("operations.see")])
@alike
async def stock_page(request: Request, session: SessionDep, actor: ActorDep, asked: AskedDep) -> Response:
    """How many of what level, where, of which kind of accident, whose; and where the list says too little."""
    require(actor, "risks.see")
    everything = await known(session, actor)
    seen = await stock_view(session, actor, asked)
    found = seen.stock
    order = [*map(str, LEVELS), ""]
    return _shown(
        request,
        "stock",
        asked,
        everything,
        seen=seen,
        found=found,
        by_level=[(level, found.levels.get(level, 0), found.inherent.get(level, 0)) for level in order],
        areas=ranked(found.areas),
        stages=ranked(found.stages),
        posts=ranked(found.posts)[:MOST_BARS],
        accidents=ranked(found.accidents)[:MOST_BARS],
        called=everything.called,
        sources=wording.SOURCES,
        event_url=_event_url,
        edits=actor.can("risks.edit"),
    )


@router.get("/rows", dependencies=[allow("operations.see")])
async def stock_rows_page(request: Request, session: SessionDep, actor: ActorDep, asked: AskedDep) -> Response:
    """The risk points behind a mark."""
    require(actor, "risks.see")
    everything = await known(session, actor)
    rows = await stock_rows(session, actor, asked.read())
    return _shown(request, "stock_rows", asked, everything, rows=rows, called=everything.called, most=MOST)


def _event_url(area_id: int, source: str, level: str) -> str:
    """The rows of the distribution that a mark counts."""
    return Asked(source=source, period=AGAINST, area=str(area_id), level=level).url("/rows")


def _shown(request: Request, view: str, asked: AskedStock, everything: Known, **context: Any) -> Response:
    return render(
        request,
        f"operations/distribution/{view}.html",
        asked=asked,
        chips=[_chip(asked, name, everything) for name in asked.narrowed()],
        filters=wording.STOCK_FILTERS,
        unknown=wording.UNKNOWN,
        levels=LEVELS,
        accident_words=ACCIDENTS,
        **context,
    )


def _chip(asked: AskedStock, name: str, everything: Known) -> Chip:
    value = asked.typed(name)
    if name in ("level", "inherent"):
        return Chip(name, None, LEVELS.get(value, wording.NOT_GRADED))  # type: ignore[call-overload]
    if name == "accident":
        return Chip(name, None, ACCIDENTS[Accident(value)] if value in set(Accident) else wording.UNKNOWN["type"])
    called = everything.called(name, value)
    return Chip(name, called, "" if called else wording.UNKNOWN[name] if value == NONE else value)
