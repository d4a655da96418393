"""``/ws``: the phone's live line. It resumes after what the phone last saw, and takes its receipts."""

import asyncio
import contextlib
import json
from typing import Any

from fastapi import WebSocket, WebSocketDisconnect

from backend.core.clock import now
from backend.core.database import Database
from backend.core.events import Batch, Cursor, present_cursor, read_events
from backend.core.routing import APIRouter
from backend.core.security import same_origin
from backend.delivery.audience import may_be_told
from backend.delivery.commands import keep_receipts
from backend.delivery.frames import event_frame, ping_frame, snapshot_frame
from backend.delivery.hub import Hub, Phone
from backend.delivery.wire import wire_of
from backend.identity.actor import Actor
from backend.identity.sessions import actor_of
from backend.identity.web import cookie_name, public

router = APIRouter()

BACKLOG = 1000
"""More missed events than this are not told one by one: the phone gets a snapshot frame."""


@router.websocket("/ws", dependencies=[public("signs in by its cookie in the handshake, before accepting")])
async def live_line(socket: WebSocket, since: str = "") -> None:
    """Serve one phone until it goes, is too slow, or its sign-in ends."""
    actor = await _admit(socket)
    if actor is None:
        await socket.close(4401)
        return
    await socket.accept()
    hub: Hub = socket.app.state.hub
    phone = Phone(actor, wire_of(socket.scope))
    hub.join(phone)
    try:
        await _serve(socket, hub, phone, since)
    finally:
        hub.leave(phone)


async def _admit(socket: WebSocket) -> Actor | None:
    token = socket.cookies.get(cookie_name())
    if not token or not same_origin(socket.headers):
        return None
    database: Database = socket.app.state.database
    async with database.session() as session:
        return await actor_of(session, token, address=socket.client.host if socket.client else "")


async def _serve(socket: WebSocket, hub: Hub, phone: Phone, since: str) -> None:
    tasks = [
        asyncio.create_task(_send(socket, hub, phone, since)),
        asyncio.create_task(_receive(socket, phone)),
        asyncio.create_task(phone.cut.wait()),
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    with contextlib.suppress(RuntimeError, WebSocketDisconnect):
        await socket.close(phone.cut_code)


async def _send(socket: WebSocket, hub: Hub, phone: Phone, since: str) -> None:
    await hub.stands()
    reached = await _catch_up(socket, phone, since)
    while phone.missed:
        phone.begin_anew()
        reached = await _catch_up(socket, phone, str(reached))
    phone.caught_up = reached
    while True:
        event, frame = await phone.next()
        if not phone.knows(event):
            await socket.send_text(frame)


async def _catch_up(socket: WebSocket, phone: Phone, since: str) -> Cursor:
    """Send what was missed since the phone's cursor; gives where it stands then."""
    database: Database = socket.app.state.database
    try:
        cursor = Cursor.parse(since) if since else None
    except ValueError:
        cursor = None
    if cursor is not None:
        async with database.session() as session:
            batch = await read_events(session, cursor, site_id=phone.actor.site_id, most=BACKLOG)
        if not batch.more:
            return await _send_batch(socket, phone.actor, cursor, batch)
    async with database.session() as session:
        cursor = await present_cursor(session)
    await socket.send_text(snapshot_frame(cursor) if since else ping_frame(cursor, now(), None))
    return cursor


async def _send_batch(socket: WebSocket, actor: Actor, cursor: Cursor, batch: Batch) -> Cursor:
    for event in batch.events:
        cursor = Cursor(cursor.horizon, cursor.above | {event.id})
        if may_be_told(actor, event):
            await socket.send_text(event_frame(event, cursor))
    await socket.send_text(ping_frame(batch.cursor, now(), None))
    return batch.cursor


async def _receive(socket: WebSocket, phone: Phone) -> None:
    database: Database = socket.app.state.database
    async for words in socket.iter_text():
        message = _read(words)
        subscriptions = message.get("subscribe")
        if isinstance(subscriptions, list):
            phone.wants_readings = "readings" in subscriptions
        received = message.get("received")
        if isinstance(received, list):
            ids = [id_ for id_ in received[:500] if isinstance(id_, int)]
            async with database.session(site_id=phone.actor.site_id) as session:
                await keep_receipts(session, phone.actor, ids)


def _read(words: str) -> dict[str, Any]:
    try:
        message = json.loads(words[:20_000])
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}
