"""Refused messages into the store, in the transaction of their rejections, and the oldest out of it when it is full.

How full it is, the ingest adds up by itself; since others take away from it, it is asked anew when it seems full, at
most after each twentieth part of the limit that came in. A full store then gives way to as much as comes: a flood pays
for itself batch by batch, good messages pay nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from backend.core.clock import now
from backend.identity.permissions import system_query
from backend.telemetry.assembly import Held, shown
from backend.telemetry.formats.moments import to_datetime

ROW_BYTES = 180
"""What a message takes beside topic and payload: head, columns, three index entries."""
PART_BYTES = 240
"""The same of a part, whose index of causes is wide; measured 490 with 110 of topic and payload."""
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
        self._used: dict[int, int] = {}
        """At most so much is held: others only take away. Missing: not asked yet."""
        self._since_look: defaultdict[int, int] = defaultdict(int)

    def forget(self) -> None:
        """Know nothing: what was counted may have been rolled back."""
        self._used.clear()
        self._since_look.clear()

    async def keep(self, connection: Any, held: Sequence[Held]) -> None:
        """Write ``held`` in the caller's transaction; a failed one must be followed by ``forget``."""
        sizes = [size_of(one) for one in held]
        await _copy(connection, held, sizes)
        came: Counter[int] = Counter()
        for one, size in zip(held, sizes, strict=True):
            came[one.site_id] += size
        for site_id, size in came.items():
            await self._bound(connection, site_id, size)

    async def _bound(self, connection: Any, site_id: int, came: int) -> None:
        self._since_look[site_id] += came
        used = self._used.get(site_id)
        used = used + came if used is not None else None
        if used is None or (used > self._limit and self._since_look[site_id] * LOOKS >= self._limit):
            used = await used_bytes(connection, site_id)
            self._since_look[site_id] = 0
        if used > self._limit:
            used -= await make_room(connection, site_id, used - self._limit)
        self._used[site_id] = used


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
async def used_bytes(connection: Any, site_id: int) -> int:
    """What the site's store takes, as reckoned by ``size_of``."""
    return int(await connection.fetchval("SELECT COALESCE(sum(size), 0) FROM held_message WHERE site_id = $1", site_id))


@system_query("the ingest bounds what each site holds")
async def make_room(connection: Any, site_id: int, over: int) -> int:
    """Let the oldest go until ``over`` bytes are free, and account for them; gives how many bytes went.

    One that is being taken in at this moment is passed over, so that neither waits for the other.
    """
    went = went_bytes = 0
    while went_bytes < over:
        count, size = await connection.fetchrow(_OLDEST, site_id, over - went_bytes, _AT_ONCE)
        if not count:
            break
        went, went_bytes = went + count, went_bytes + int(size)
    if went:
        await connection.execute(_LOST, site_id, went, went_bytes, now())
    return went_bytes
