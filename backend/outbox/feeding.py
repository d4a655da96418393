"""Gives a form the body that came before it in pieces, as if all had come in one request.

The form's own request names the body in a header; what it brings itself (what is known only at the moment of
sending) follows. Only the person who brought a body can send it, and it is bounded like any form.
"""

import asyncio
import os
from typing import IO

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.core.database import Database
from backend.core.errors import N_, Conflict, DomainError, TooLarge
from backend.core.failures import answer
from backend.core.security import bounded, most_bytes
from backend.identity.actor import Actor
from backend.identity.web import optional_actor
from backend.outbox import bodies

BODY = "X-Outbox-Body"
"""Header with the name of a body."""
_PIECE = 256 * 1024


class Feeding:
    """ASGI middleware inside the wall: see the module."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Who isn't signed in gets no body: their form is refused as it is."""
        named = scope["type"] == "http" and scope["method"] == "POST" and BODY in Headers(scope=scope)
        actor = await _actor(scope) if named else None
        if actor is None or actor.must_change_password:
            await self.app(scope, receive, send)
            return
        file = await bodies.opened(actor.person_id, Headers(scope=scope)[BODY])
        if file is None:
            await _refuse(scope, receive, send, Conflict(N_("上传的内容不完整，正在重新上传")))
            return
        with file:
            limit = most_bytes(Headers(scope=scope).get("content-type", ""))
            if _lengthen(scope, os.fstat(file.fileno()).st_size) > limit:
                await _refuse(scope, receive, send, TooLarge(N_("内容过大，请减少照片后再提交")))
            else:
                await self.app(scope, bounded(_first(file, receive), limit), send)


async def _actor(scope: Scope) -> Actor | None:
    database: Database = scope["app"].state.database
    async with database.session() as session:
        return await optional_actor(Request(scope), session)


def _lengthen(scope: Scope, length: int) -> int:
    """Let the request's headers tell of ``length`` bytes more; gives how long it is then."""
    headers = MutableHeaders(scope=scope)
    told = int(headers.get("content-length") or 0)
    if "content-length" in headers:
        headers["content-length"] = str(told + length)
    return told + length


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


async def _refuse(scope: Scope, receive: Receive, send: Send, error: DomainError) -> None:
    """Answer with words; the header tells the phone that a new try helps where it is a conflict."""
    headers = {"Upload-Offset": "0"} if isinstance(error, Conflict) else None
    await answer(Request(scope), error, headers=headers)(scope, receive, send)
