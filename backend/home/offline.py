"""What a phone needs to open AnSu without a network: the list of files it keeps, a page to fall back on. None of it
says anything about a plant or a person. The service worker itself comes from ``delivery.pages``.
"""

from functools import lru_cache

from fastapi import APIRouter, Request, Response
from starlette.responses import JSONResponse

from backend.core.pages import STATIC, asset, render
from backend.identity.web import public

router = APIRouter(include_in_schema=False)

SHELL_KINDS = (".css", ".js", ".svg", ".webmanifest")
LARGEST_BYTES = 200_000
"""Larger files (a decoder, a chart library) are kept when a page has asked for them, not ahead."""


@router.get("/offline/shell.json", dependencies=[public("addresses of public files")])
async def shell() -> Response:
    """Addresses of what a phone keeps ahead: the fallback page, styles, scripts, icons."""
    return JSONResponse(["/offline", *(asset(path) for path in _shell_files())])


@router.get("/offline", dependencies=[public("a page without data")])
async def fallback(request: Request) -> Response:
    """Shown when there is no network and the wanted page was never seen on this phone."""
    return render(request, "outbox/offline.html")


@lru_cache(maxsize=1)
def _shell_files() -> list[str]:
    found = (path for path in STATIC.rglob("*") if path.suffix in SHELL_KINDS and path.stat().st_size <= LARGEST_BYTES)
    return sorted(str(path.relative_to(STATIC)) for path in found)
