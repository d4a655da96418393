"""What a phone needs to work without a network: the list of files it keeps and a page to fall back on, which say
nothing about a plant or a person; and the pages that its owner will need. The service worker itself comes from
``delivery.pages``.
"""

from functools import lru_cache

from fastapi import Request, Response
from starlette.responses import JSONResponse

from backend.core.pages import STATIC, asset, render
from backend.core.routing import APIRouter
from backend.home.waiting import waiting_for
from backend.identity.web import ActorDep, SessionDep, allow, public

router = APIRouter(include_in_schema=False)

SHELL_KINDS = (".css", ".js", ".svg", ".webmanifest")
LARGEST_BYTES = 200_000
"""Larger files (a decoder, a chart library) are kept when a page has asked for them, not ahead."""

_ALWAYS = (
    ("", "/"),
    ("", "/tasks"),
    ("", "/scan"),
    ("reports.send", "/reports/new"),
    ("feedback.give", "/feedback/new"),
    ("incidents.report", "/incidents/new"),
    ("checkins.do", "/checkins"),
    ("training.see", "/training"),
    ("rectifications.see", "/rectifications"),
    ("maintenance.see", "/maintenance"),
    ("", "/outbox"),
    ("plans.see", "/plans"),
)
"""Capability → page."""
MOST_AHEAD = 40
"""So many pages are fetched ahead, at a few kilobytes each."""


@router.get("/offline/shell.json", dependencies=[public("addresses of public files")])
async def shell() -> Response:
    """Addresses of what a phone keeps ahead: the fallback page, styles, scripts, icons."""
    return JSONResponse(["/offline", *(asset(path) for path in _shell_files())])


@router.get("/offline", dependencies=[public("a page without data")])
async def fallback(request: Request) -> Response:
    """Shown when there is no network and the wanted page was never seen on this phone."""
    return render(request, "outbox/offline.html")


@router.get("/offline/ahead.json", dependencies=[allow()])
async def ahead(session: SessionDep, actor: ActorDep) -> Response:
    """Addresses of the pages that the actor will need: where they report and scan, and what waits for them."""
    waiting = await waiting_for(session, actor)
    always = [url for capability, url in _ALWAYS if not capability or actor.can(capability)]
    urls = [*always, *(task.url for task in (*waiting.late, *waiting.today, *waiting.later))]
    return JSONResponse(list(dict.fromkeys(urls))[:MOST_AHEAD])


@lru_cache(maxsize=1)
def _shell_files() -> list[str]:
    found = (path for path in STATIC.rglob("*") if path.suffix in SHELL_KINDS and path.stat().st_size <= LARGEST_BYTES)
    return sorted(str(path.relative_to(STATIC)) for path in found)
