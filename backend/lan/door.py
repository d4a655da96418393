"""The door: plain http beside the web role's https. It shows how to trust us and leads everything else to https."""

from collections.abc import Sequence

import uvicorn
from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse

from backend.core import failures
from backend.core.observability import RequestLog, configure_logs
from backend.core.pages import mount_static
from backend.core.security import Wall
from backend.core.settings import settings
from backend.identity.web import public
from backend.lan import pages

GRACE_S = 2


def run(_argv: Sequence[str] = ()) -> int:
    """Serve until SIGTERM or SIGINT; gives the exit code."""
    configure_logs("door")
    uvicorn.run(
        "backend.lan.door:create_door",
        factory=True,
        host=settings().host,
        port=settings().port,
        timeout_graceful_shutdown=GRACE_S,
        server_header=False,
        access_log=False,
        log_config=None,
    )
    return 0


def create_door() -> FastAPI:
    """The door's application."""
    door = FastAPI(title="AnSu 安溯", docs_url=None, redoc_url=None, openapi_url=None)
    failures.install(door)
    mount_static(door)
    door.include_router(pages.router)
    door.add_api_route(
        "/{path:path}", lead_on, methods=["GET", "HEAD"], dependencies=[public("only says where to go by https")]
    )
    door.add_middleware(Wall)
    door.add_middleware(RequestLog)
    return door


async def lead_on(request: Request) -> RedirectResponse:
    """To the same page by https; a phone that has no reason to trust it yet begins with how to."""
    asked = f"?{request.url.query}" if request.url.query else ""
    there = "/trust" if request.url.path == "/" else f"{pages.secure_url(request)}{request.url.path}{asked}"
    return RedirectResponse(there, 307)
