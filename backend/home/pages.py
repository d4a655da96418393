"""``/``: what waits for the person who looks, and how the plant stands."""

from datetime import datetime, timedelta

from fastapi import APIRouter, Request, Response

from backend.core.clock import now
from backend.core.errors import N_
from backend.core.pages import render
from backend.home.queries import standing
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(include_in_schema=False)

_GREETINGS = (
    (5, N_("夜里好")),
    (9, N_("早上好")),
    (12, N_("上午好")),
    (14, N_("中午好")),
    (18, N_("下午好")),
    (24, N_("晚上好")),
)
STALE_AFTER = timedelta(minutes=2)
"""Data older than this is shown as old: sources usually send every few seconds."""


def greeting(moment: datetime) -> str:
    """The words for the hour of ``moment``, which is in the site's zone."""
    return next(words for before, words in _GREETINGS if moment.hour < before)


@router.get("/", dependencies=[allow()])
async def home(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """The first page. Asked by htmx for ``standing`` it answers with the figures alone."""
    moment = now()
    stands = await standing(session, actor)
    newest = stands.newest_reading_at
    return render(
        request,
        "home/home.html",
        block="standing" if request.headers.get("hx-target") == "standing" else None,
        stands=stands,
        greeting=greeting(moment.astimezone(actor.zone)),
        today=moment.astimezone(actor.zone),
        stale=newest is None or moment - newest > STALE_AFTER,
        governs=actor.can("audit.see"),
    )
