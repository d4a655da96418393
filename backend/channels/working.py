"""What the worker does for channels, round after round: follow the events, send, give up what is too old, forget."""

import asyncio
from datetime import timedelta

import structlog
from prometheus_client import Counter
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.channels.answers import Reason
from backend.channels.delivering import AT_ONCE, deliver
from backend.channels.following import follow_events
from backend.channels.leasing import Call, lease_one
from backend.channels.models import Channel
from backend.channels.noting import GAVE_UP, note, tell_keepers
from backend.channels.pacing import GIVEN_UP_AFTER
from backend.core.clock import now
from backend.core.database import Database
from backend.identity.permissions import system_query

log = structlog.get_logger()

CALLS = Counter("ansu_channel_calls_total", "Calls of channels", ["kind", "outcome"])
TEST_GIVEN_UP_AFTER = timedelta(minutes=10)
KEPT = timedelta(days=90)
PATIENCE_S = 3.0


async def follow_all(database: Database) -> int:
    """Keep all news there is; gives how many events were read."""
    read = 0
    while True:
        async with database.session() as session:
            found = await follow_events(session)
        read += found
        if not found:
            return read


class Sender:
    """Makes the calls that are due, a few at once, each channel one at a time: a slow one holds up no other."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._calls: set[asyncio.Task[None]] = set()

    async def round(self) -> None:
        """Begin what can be begun now."""
        while len(self._calls) < AT_ONCE:
            async with self._database.session() as session:
                call = await lease_one(session)
            if call is None:
                return
            task = asyncio.create_task(send(self._database, call))
            self._calls.add(task)
            task.add_done_callback(self._done)

    async def close(self) -> None:
        """Let what is under way come to its end, but not for long: what is left then is sent again after its lease."""
        if self._calls:
            await asyncio.wait(self._calls, timeout=PATIENCE_S)
        for task in self._calls:
            task.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._calls.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("channel.not_noted", error=repr(task.exception()))


async def send(database: Database, call: Call) -> None:
    """Make one call that was leased and note what came of it."""
    answer = await deliver(call)
    CALLS.labels(call.kind, answer.outcome.name.lower()).inc()
    async with database.session() as session:
        await note(session, call, answer)


async def send_due(database: Database) -> int:
    """Make all calls that are due, one after the other; gives how many."""
    made = 0
    while True:
        async with database.session() as session:
            call = await lease_one(session)
        if call is None:
            return made
        await send(database, call)
        made += 1


_OLD = """
SELECT c.id FROM channel c WHERE c.retired_at IS NULL AND (c.leased_until IS NULL OR c.leased_until < :now) AND (
    EXISTS (SELECT FROM channel_news n WHERE n.channel_id = c.id AND n.site_id = c.site_id AND n.message_id IS NULL
        AND n.due_at < :before)
    OR EXISTS (SELECT FROM channel_message m WHERE m.channel_id = c.id AND m.state = 'waiting'
        AND m.made_at < CASE WHEN m.kind = 'test' THEN CAST(:test AS timestamptz) ELSE :before END))
ORDER BY c.id FOR UPDATE OF c SKIP LOCKED
"""
_GIVE_UP = """
WITH loose AS (
    INSERT INTO channel_message(site_id, channel_id, kind, state, level, items, made_at, attempts, ended_at, reason,
        detail)
    SELECT n.site_id, n.channel_id, 'news', 'given_up', '', count(*), CAST(:now AS timestamptz), 0,
        CAST(:now AS timestamptz), CAST(:reason AS text), ''
    FROM channel_news n WHERE n.channel_id = :id AND n.site_id = :site AND n.message_id IS NULL AND n.due_at < :before
    GROUP BY n.site_id, n.channel_id RETURNING id, items
), bound AS (
    UPDATE channel_news n SET message_id = loose.id FROM loose
    WHERE n.channel_id = :id AND n.site_id = :site AND n.message_id IS NULL AND n.due_at < :before
), late AS (
    UPDATE channel_message m SET state = 'given_up', ended_at = CAST(:now AS timestamptz),
        reason = CASE WHEN m.reason = '' THEN CAST(:reason AS text) ELSE m.reason END
    WHERE m.channel_id = :id AND m.site_id = :site AND m.state = 'waiting'
        AND m.made_at < CASE WHEN m.kind = 'test' THEN CAST(:test AS timestamptz) ELSE :before END
    RETURNING m.items
)
SELECT COALESCE((SELECT sum(items) FROM loose), 0) + COALESCE((SELECT sum(items) FROM late), 0)
"""
_GAVE_UP_LATELY = """
SELECT EXISTS (SELECT FROM event WHERE site_id = :site AND story = :story AND kind = 'channel.gave_up' AND at > :since)
"""


@system_query("the worker sends for every site")
async def give_up_old(session: AsyncSession) -> int:
    """Give up what couldn't be sent within a day, and tests that nobody looks at any more; those who keep the channel
    are told, at most once a day. Gives how many things were given up."""
    at, given_up = now(), 0
    moments = {"now": at, "before": at - GIVEN_UP_AFTER, "test": at - TEST_GIVEN_UP_AFTER}
    for id_ in (await session.scalars(text(_OLD), moments)).all():
        channel = await session.get_one(Channel, id_)
        asked = {"id": id_, "site": channel.site_id, "reason": Reason.TOO_OLD, **moments}
        things = int(await session.scalar(text(_GIVE_UP), asked) or 0)
        given_up += things
        story = {"site": channel.site_id, "story": f"channel:{id_}", "since": at - GIVEN_UP_AFTER}
        if things and not await session.scalar(text(_GAVE_UP_LATELY), story):
            await tell_keepers(session, channel, "channel.gave_up", GAVE_UP, n=things)
    return given_up


@system_query("the worker forgets for every site")
async def forget_sent(session: AsyncSession) -> int:
    """Delete messages that ended ``KEPT`` ago with what they told; gives how many."""
    gone = await session.execute(
        text("DELETE FROM channel_message WHERE site_id IS NOT NULL AND state <> 'waiting' AND made_at < :before"),
        {"before": now() - KEPT},
    )
    return int(getattr(gone, "rowcount", 0))
