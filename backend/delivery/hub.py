"""Tells every open phone of what happened, in one web process.

One loop reads the event log (woken by NOTIFY, at the latest after a second), encodes each event once and
writes it to each phone that may see it; what a line can't take now waits in its queue. A phone that is too
slow is cut and resumes from its cursor. Nothing here is remembered: the log is the truth, the cursor is the phone's.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import asyncpg
import structlog

from backend.core.clock import now
from backend.core.database import Database
from backend.core.events import CHANNEL, Cursor, Entry, fetch_events, noticed_event, present_cursor
from backend.delivery.audience import Told, may_be_told, may_role_be_told
from backend.delivery.frames import event_frame, ping_frame, reading_frame
from backend.delivery.wire import Wire, framed
from backend.identity.actor import Actor
from backend.identity.models import Role
from backend.identity.sessions import still_valid

log = structlog.get_logger()

QUEUE_LENGTH = 256
PING_EVERY_S = 10
CHECK_SESSIONS_EVERY_S = 4
READINGS_EVERY_S = 1
READ_PATIENCE_S = 15

PipelineAge = Callable[[int], Awaitable[float | None]]
"""Site id → seconds since its canary last came round."""
LiveValues = Callable[[int, datetime], Awaitable[dict[int, tuple[int, float, int]]]]
"""Site id, since when → values received after it, as ``reading_frame`` takes them."""


class Frame:
    """A frame for many phones: its text, and as it goes over the wire."""

    __slots__ = ("bytes", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.bytes = framed(text)


@dataclass(eq=False, slots=True)
class Phone:
    """One open socket."""

    actor: Actor
    wire: Wire | None = None
    queue: asyncio.Queue[tuple[Entry | None, str]] = field(default_factory=lambda: asyncio.Queue(QUEUE_LENGTH))
    caught_up: Cursor | None = None
    """Where the phone stood when it had been told what it missed; None until then."""
    missed: bool = False
    """Whether more happened while it caught up than its queue holds: then it must catch up again."""
    idle: bool = False
    """Whether it has caught up, nothing waits in the queue and nothing of it is on its way."""
    wants_readings: bool = False
    cut: asyncio.Event = field(default_factory=asyncio.Event)
    cut_code: int = 1000

    def offer(self, event: Entry | None, frame: Frame) -> None:
        """Write a frame, or queue it behind what waits already; a full queue cuts a phone that had caught up.

        Many phones are offered one frame while their owners wait: what is usual touches few objects.
        """
        known = self.caught_up
        if event is not None and known is not None and known.knows(event):
            return
        if self.idle and self.wire is not None and self.wire.put(frame.bytes):
            return
        self.idle = False
        try:
            self.queue.put_nowait((event, frame.text))
        except asyncio.QueueFull:
            if known is None:
                self.missed = True
            else:
                self.drop(4008)

    async def next(self) -> tuple[Entry | None, str]:
        """What waits longest; the phone is idle until there is something. What was given before must be sent."""
        self.idle = self.queue.empty()
        return await self.queue.get()

    def knows(self, event: Entry | None) -> bool:
        """Whether the phone was told of ``event`` while it caught up."""
        return event is not None and self.caught_up is not None and self.caught_up.knows(event)

    def begin_anew(self) -> None:
        """Forget what waits: it is read from the log."""
        self.missed = False
        while not self.queue.empty():
            self.queue.get_nowait()

    def drop(self, code: int) -> None:
        """Close the socket with ``code``: 4008 too slow (resume at once), 4401 no longer signed in."""
        self.cut_code = code
        self.cut.set()


class Hub:
    """The open sockets of this process."""

    def __init__(
        self, database: Database, *, pipeline_age: PipelineAge | None = None, live_values: LiveValues | None = None
    ) -> None:
        self._database = database
        self._pipeline_age = pipeline_age
        self._live_values = live_values
        self._phones: set[Phone] = set()
        self._audiences: dict[tuple[int, Role], set[Phone]] = {}
        """The same by site and role, which mostly decide who may be told."""
        self._wake = asyncio.Event()
        self._reading = True
        self._standing = asyncio.Event()
        self.cursor = Cursor()

    async def stands(self) -> None:
        """Wait until the hub knows from where it tells: who caught up before would miss what happened between."""
        await self._standing.wait()

    def join(self, phone: Phone) -> None:
        """From now on ``phone`` gets what happens."""
        self._phones.add(phone)
        self._audiences.setdefault((phone.actor.site_id, phone.actor.role), set()).add(phone)

    def leave(self, phone: Phone) -> None:
        """``phone`` is gone."""
        self._phones.discard(phone)
        self._audiences[phone.actor.site_id, phone.actor.role].discard(phone)

    @property
    def open_phones(self) -> int:
        """How many sockets are open."""
        return len(self._phones)

    async def run(self) -> None:
        """Tell until cancelled, whatever becomes of the database meanwhile."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._always(self._tell))
            tasks.create_task(self._always(self._ping))
            tasks.create_task(self._always(self._check_sessions))
            if self._live_values is not None:
                tasks.create_task(self._always(self._tell_readings))

    async def _always(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, Exception) as error:
                log.warning("hub.interrupted", work=work.__name__, error=repr(error))
            await asyncio.sleep(0.5)

    async def _tell(self) -> None:
        """Hear and read on one connection of our own: what was heard is read with one way there and back."""
        if self.cursor.horizon == 0:
            async with self._database.session() as session:
                self.cursor = await present_cursor(session)
            self._standing.set()
        connection = await asyncpg.connect(self._database.url, timeout=5, command_timeout=READ_PATIENCE_S)
        try:
            connection.add_termination_listener(lambda _connection: self._wake.set())
            await connection.add_listener(CHANNEL, self._hear)
            while True:
                self._reading = True
                self._wake.clear()
                while await self._tell_batch(connection):
                    pass
                self._reading = False
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(1):
                        await self._wake.wait()
        finally:
            connection.terminate()

    async def _tell_batch(self, connection: Any) -> bool:
        batch = await fetch_events(connection, self.cursor)
        for position, event in enumerate(batch.events, 1):
            last = position == len(batch.events)
            self.cursor = batch.cursor if last else Cursor(self.cursor.horizon, self.cursor.above | {event.id})
            self._offer(event)
        self.cursor = batch.cursor
        return batch.more

    def _hear(self, _connection: Any, _pid: int, _channel: str, notice: str) -> None:
        """Wake, and tell at once of an event that came with its notice.

        Only when all was read that was noticed before: notices come in the order of commits, so nothing is passed
        over, and the reading that follows finds this event told.
        """
        all_read = not self._reading and not self._wake.is_set()
        self._wake.set()
        event = noticed_event(notice) if all_read else None
        if event is not None and not self.cursor.knows(event):
            self.cursor = Cursor(self.cursor.horizon, self.cursor.above | {event.id})
            self._offer(event)

    def _offer(self, event: Entry) -> None:
        frame: Frame | None = None
        for (site_id, role), audience in self._audiences.items():
            told = may_role_be_told(site_id, role, event)
            if told is Told.NOBODY or not audience:
                continue
            frame = frame or Frame(event_frame(event, self.cursor))
            for phone in audience:
                if told is Told.ALL or may_be_told(phone.actor, event):
                    phone.offer(event, frame)

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(PING_EVERY_S)
            for site_id, phones in self._by_site().items():
                age = await self._pipeline_age(site_id) if self._pipeline_age else None
                frame = Frame(ping_frame(self.cursor, now(), age))
                for phone in phones:
                    phone.offer(None, frame)

    async def _check_sessions(self) -> None:
        while True:
            await asyncio.sleep(CHECK_SESSIONS_EVERY_S)
            phones = list(self._phones)
            if not phones:
                continue
            async with self._database.session() as session:
                valid = await still_valid(session, [phone.actor.session_id for phone in phones])
            for phone in phones:
                if phone.actor.session_id not in valid:
                    phone.drop(4401)

    async def _tell_readings(self) -> None:
        assert self._live_values is not None
        since = now()
        while True:
            await asyncio.sleep(READINGS_EVERY_S)
            until = now()
            for site_id, phones in self._by_site(readings=True).items():
                values = await self._live_values(site_id, since)
                if values:
                    frame = Frame(reading_frame(values))
                    for phone in phones:
                        phone.offer(None, frame)
            since = until

    def _by_site(self, *, readings: bool = False) -> dict[int, list[Phone]]:
        sites: dict[int, list[Phone]] = {}
        for phone in self._phones:
            if phone.wants_readings or not readings:
                sites.setdefault(phone.actor.site_id, []).append(phone)
        return sites
