"""Refused messages into the store, in the transaction of their rejections, and the oldest out of it when it is full.

How full it is, is asked only after each twentieth part of the limit that came in: a flood pays for its own counting,
good messages pay nothing. So a site may be over its limit by a twentieth, and by one batch.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import asyncpg

from backend.core.clock import now
from backend.identity.permissions import system_query
from backend.telemetry.assembly import Held, shown
from backend.telemetry.formats.moments import to_datetime

ROW_BYTES = 160
"""What a message takes beside topic and payload: head, columns, three index entries."""
PART_BYTES = 160
LONGEST_TOPIC = 65_535
LOOKS = 20
_AT_ONCE = 20_000
"""Rows that one statement throws away; more go by further ones."""

_MESSAGES = ("id", "site_id", "received_at", "topic", "source", "payload", "retained", "whole", "size")
_PARTS = ("held_id", "site_id", "reason", "code", "source", "received_at", "parts")


class Holding:
    """What one ingest knows of how full the stores are."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._since_look: defaultdict[int, float] = defaultdict(lambda: float("inf"))

    def forget(self) -> None:
        """Know nothing: what was counted may have been rolled back."""
        self._since_look.clear()

    async def keep(self, connection: Any, held: Sequence[Held]) -> None:
        """Write ``held`` in the caller's transaction; a failed one must be followed by ``forget``."""
        sizes = [size_of(one) for one in held]
        await _copy(connection, held, sizes)
        for one, size in zip(held, sizes, strict=True):
            self._since_look[one.site_id] += size
        for site_id in sorted({one.site_id for one in held}):
            if self._since_look[site_id] * LOOKS >= self._limit:
                await make_room(connection, site_id, self._limit)
                self._since_look[site_id] = 0


def size_of(held: Held) -> int:
    """Bytes that a message is reckoned to take."""
    message = held.message
    return len(message.payload) + len(message.topic) + ROW_BYTES + PART_BYTES * len(held.parts)


@system_query("the ingest holds what it refused of every site")
async def _copy(connection: Any, held: Sequence[Held], sizes: Sequence[int]) -> None:
    ids = [
        row[0]
        for row in await connection.fetch(
            "SELECT nextval(pg_get_serial_sequence('held_message', 'id')) FROM generate_series(1, $1)", len(held)
        )
    ]
    messages, parts = [], []
    for id_, one, size in zip(ids, held, sizes, strict=True):
        message, at = one.message, to_datetime(one.message.received)
        topic = shown(message.topic, LONGEST_TOPIC)
        messages.append(
            (id_, one.site_id, at, topic, one.source, message.payload, message.retain, one.whole, size),
        )
        parts += [(id_, one.site_id, *cause, one.source, at, count) for cause, count in one.parts.items()]
    await connection.copy_records_to_table("held_message", records=messages, columns=_MESSAGES)
    await connection.copy_records_to_table("held_part", records=parts, columns=_PARTS)


_OLDEST = """
WITH oldest AS (
    SELECT id, size, sum(size) OVER (ORDER BY id) AS reached
    FROM (SELECT id, size FROM held_message WHERE site_id = $1 ORDER BY id LIMIT $3) AS first
), aim AS (
    SELECT id FROM held_message
    WHERE id IN (SELECT id FROM oldest WHERE reached - size < $2) ORDER BY id FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM held_message USING aim WHERE held_message.id = aim.id RETURNING held_message.size
)
SELECT count(*), COALESCE(sum(size), 0) FROM gone
"""
_LOST = """
INSERT INTO held_loss(site_id, messages, bytes, since, last_at) VALUES ($1, $2, $3, $4, $4)
ON CONFLICT (site_id) DO UPDATE SET messages = held_loss.messages + EXCLUDED.messages,
    bytes = held_loss.bytes + EXCLUDED.bytes, last_at = EXCLUDED.last_at
"""


@system_query("the ingest bounds what each site holds")
async def make_room(connection: asyncpg.Connection, site_id: int, limit_bytes: int) -> int:
    """Let the oldest go until a twentieth of ``limit_bytes`` is free, and account for them; gives how many went.

    One that is being taken in at this moment is passed over, so that neither waits for the other.
    """
    used = int(await connection.fetchval("SELECT COALESCE(sum(size), 0) FROM held_message WHERE site_id = $1", site_id))
    over = used - limit_bytes * (LOOKS - 1) // LOOKS if used > limit_bytes else 0
    went = went_bytes = 0
    while over > 0:
        count, size = await connection.fetchrow(_OLDEST, site_id, over, _AT_ONCE)
        if not count:
            break
        went, went_bytes, over = went + count, went_bytes + int(size), over - int(size)
    if went:
        await connection.execute(_LOST, site_id, went, went_bytes, now())
    return went
