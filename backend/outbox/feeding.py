"""Gives a form the body that came before it in pieces, as if all had come in one request.

The form's own request names the body in a header; what it brings itself (what is known only at the moment of
sending) follows. Only the person who brought a body can send it, and it is bounded like any form.
"""

import asyncio
import contextlib
import os
from typing import IO

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.core.database import Database
from backend.core.errors import N_, Conflict, DomainError, TooLarge
from backend.core.failures import answer, perhaps_away
from backend.core.security import bounded, most_bytes
from backend.identity.actor import Actor
from backend.identity.web import optional_actor
from backend.outbox import bodies

BODY = "X-Outbox-Body"
"""Header with the name of a body."""
OFFSET = "Upload-Offset"
"""Header with where a body ends, in bytes."""
_PIECE = 256 * 1024


class Feeding:
    """ASGI middleware inside the wall: see the module."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        with contextlib.ExitStack() as open_files:
            if scope["type"] == "http" and scope["method"] == "POST" and BODY in Headers(scope=scope):
                try:
                    receive = await _fed(scope, receive, open_files)
                except Exception as error:
                    await (await _refusal(Request(scope), error))(scope, receive, send)
                    return
            await self.app(scope, receive, send)


async def _fed(scope: Scope, receive: Receive, open_files: contextlib.ExitStack) -> Receive:
    """``receive`` with the named body before it. Who isn't signed in gets none: their form is refused as it is.

    Raises Conflict when the body isn't there as a whole, TooLarge when both together are more than a form may be.
    """
    actor = await _actor(scope)
    if actor is None or actor.must_change_password:
        return receive
    headers = MutableHeaders(scope=scope)
    file = await bodies.opened(actor.person_id, headers[BODY])
    if file is None:
        raise Conflict(N_("上传的内容不完整，正在重新上传"))
    open_files.enter_context(file)
    most = most_bytes(headers.get("content-type", ""))
    length = os.fstat(file.fileno()).st_size + int(headers.get("content-length") or 0)
    if length > most:
        raise TooLarge(bodies.TOO_LARGE)
    if "content-length" in headers:
        headers["content-length"] = str(length)
    return bounded(_first(file, receive), most)


async def _actor(scope: Scope) -> Actor | None:
    database: Database = scope["app"].state.database
    async with database.session() as session:
        return await optional_actor(Request(scope), session)


def _first(file: IO[bytes], receive: Receive) -> Receive:
    """``receive`` that gives what is in ``file`` before anything else."""
    read_up = False

    async def take() -> Message:
        nonlocal read_up
        if not read_up:
            if piece := await asyncio.to_thread(file.read, _PIECE):
                return {"type": "http.request", "body": piece, "more_body": True}
            read_up = True
        return await receive()

    return take


async def _refusal(request: Request, error: Exception) -> Response:
    """Words for what went wrong; where it is the body that is missing, the phone is told to begin it anew."""
    if isinstance(error, DomainError):
        return answer(request, error, headers={OFFSET: "0"} if isinstance(error, Conflict) else None)
    return await perhaps_away(request, error)
