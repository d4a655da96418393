"""A batch into the database: each reading once, with the account, in the caller's transaction.

The key (site, point, at) is what makes re-delivery harmless. Rows that lie after all that this process
stored of their points can't repeat a key, so they go by binary COPY straight into the partitions; the
doubtful rest by INSERT … ON CONFLICT. Should COPY meet a stored key after all (after a restart the
process knows less), it fails as a whole and everything is doubtful.
"""

import struct
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import msgspec
from asyncpg import UniqueViolationError

from backend.core.clock import now
from backend.identity.permissions import system_query
from backend.telemetry.assembly import Assembly, Rejected, Row, Tally
from backend.telemetry.formats.moments import EPOCH, Micros, from_datetime, to_datetime
from backend.telemetry.plant_map import KnownPoint
from backend.telemetry.quality.accounting import QUARTER, hour_of, note_behind

Connection = Any
"""An asyncpg connection."""

_COLUMNS = ("site_id", "point_id", "at", "value", "quality", "received_at")
_TUPLE = struct.Struct(">hiqiqiqidihiq")
_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"
_POSTGRES_EPOCH = from_datetime(EPOCH.replace(year=2000))


class NotFresh(Exception):
    """A row that should have been new was stored already: roll back and store all as doubtful."""


async def store(connection: Connection, batch: Assembly, *, all_doubtful: bool = False) -> int:
    """Write rows, account, rejections and moved sources; gives how many rows were already there.

    Raises NotFresh; ``batch.tallies`` are exact afterwards.
    """
    doubtful, tallies = batch.doubtful, batch.doubtful_tallies
    if all_doubtful:
        doubtful, tallies = batch.fresh + doubtful, batch.fresh_tallies + tallies
    elif batch.fresh:
        await copy_rows(connection, batch.fresh)
    repeated = await insert_doubtful(connection, doubtful, tallies) if doubtful else 0
    if batch.rejections:
        await _insert_rejections(connection, list(batch.rejections.values()))
    if batch.tallies:
        await _add_tallies(connection, list(batch.tallies.values()))
    if batch.moved:
        await _move_sources(connection, list(batch.moved.values()))
    if batch.oldest // QUARTER < from_datetime(now()) // QUARTER:
        # What waited to be written may be too late for its hour, though it was received in time.
        batch.behind.update((row.site_id, row.point_id, hour_of(row.at)) for row in (*batch.fresh, *batch.doubtful))
    if batch.behind:
        await note_behind(connection, batch.behind)
    return repeated


async def copy_rows(connection: Connection, rows: Sequence[Row]) -> None:
    """Binary COPY of ``rows`` into ``reading``; all or nothing. Raises NotFresh."""
    source = BytesIO(encode_rows(rows))
    try:
        await connection.copy_to_table("reading", source=source, columns=_COLUMNS, format="binary")
    except UniqueViolationError as error:
        raise NotFresh from error


@system_query("the ingest asks about the readings of every site")
async def stored_already(connection: Connection, rows: Sequence[Row]) -> set[tuple[int, Micros, float]]:
    """(point id, at, value) of those ``rows`` that the database has."""
    found = await connection.fetch(
        "SELECT point_id, at, value FROM reading JOIN unnest($1::bigint[], $2::bigint[], $3::timestamptz[])"
        " AS u(s, p, t) ON site_id = s AND point_id = p AND at = t",
        [row.site_id for row in rows],
        [row.point_id for row in rows],
        [to_datetime(row.at) for row in rows],
    )
    return {(point, from_datetime(at), value) for point, at, value in found}


def encode_rows(rows: Sequence[Row]) -> bytes:
    """``rows`` in PostgreSQL's binary COPY format: packing them here costs a third of handing over records."""
    pack, start = _TUPLE.pack, _POSTGRES_EPOCH
    body = [
        pack(6, 8, site, 8, point, 8, at - start, 8, value, 2, quality, 8, received - start)
        for site, point, at, value, quality, received in rows
    ]
    return b"".join((_HEADER, *body, _END))


_INSERT = """
INSERT INTO reading(site_id, point_id, at, value, quality, received_at)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::float8[], $5::smallint[], $6::timestamptz[])
ON CONFLICT DO NOTHING RETURNING point_id, at
"""


@system_query("the ingest stores the readings of every site")
async def insert_doubtful(connection: Connection, rows: Sequence[Row], tallies: Sequence[Tally]) -> int:
    """Write rows whose keys may be there; gives how many were, each moved in its tally from stored to duplicate."""
    sites, points, ats, values, qualities, received = (list(column) for column in zip(*rows, strict=True))
    moments = [to_datetime(at) for at in ats]
    put = await connection.fetch(
        _INSERT, sites, points, moments, values, qualities, [to_datetime(at) for at in received]
    )
    new = {(row[0], row[1]) for row in put}
    repeated = 0
    for point, moment, tally in zip(points, moments, tallies, strict=True):
        if (point, moment) in new:
            new.discard((point, moment))
        else:
            tally.stored -= 1
            tally.duplicate += 1
            repeated += 1
    return repeated


_REJECT = """
INSERT INTO rejection(site_id, received_at, topic, source, point_code, reason, detail, payload, digest, count)
SELECT * FROM unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                     $8::text[], $9::text[], $10::int[])
ON CONFLICT (site_id, digest) DO UPDATE
SET count = rejection.count + EXCLUDED.count, received_at = EXCLUDED.received_at
"""


@system_query("the ingest keeps the refusals of every site")
async def _insert_rejections(connection: Connection, rejections: Sequence[Rejected]) -> None:
    await connection.execute(
        _REJECT,
        [r.site_id for r in rejections],
        [to_datetime(r.received) for r in rejections],
        [r.topic for r in rejections],
        [_plain(r.address.source) for r in rejections],
        [_plain(r.refusal.code) for r in rejections],
        [r.refusal.reason.value for r in rejections],
        [_plain(r.refusal.detail) for r in rejections],
        [r.payload for r in rejections],
        [r.digest for r in rejections],
        [r.count for r in rejections],
    )


def _plain(raw: str) -> str:
    return raw[:200].encode("utf-8", "replace").decode().replace("\0", "\ufffd")


_TALLY = """
WITH batch AS (
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::bigint[], $5::bigint[], $6::bigint[],
        $7::bigint[]) AS u(site_id, code, at, received, stored, duplicate, rejected)
), by_quarter AS (
    INSERT INTO source_tally AS t (site_id, source, at, received, stored, duplicate, rejected)
    SELECT site_id, code, date_bin('15 minutes', at, '2000-01-01 00:00+00'), received, stored, duplicate, rejected
    FROM batch ORDER BY 1, 2, 3
    ON CONFLICT (site_id, source, at) DO UPDATE
    SET received = t.received + EXCLUDED.received, stored = t.stored + EXCLUDED.stored,
        duplicate = t.duplicate + EXCLUDED.duplicate, rejected = t.rejected + EXCLUDED.rejected
)
INSERT INTO source(site_id, code, first_seen_at, last_seen_at, received, stored, duplicate, rejected)
SELECT site_id, code, at, at, received, stored, duplicate, rejected FROM batch ORDER BY 1, 2
ON CONFLICT (site_id, code) DO UPDATE
SET last_seen_at = GREATEST(source.last_seen_at, EXCLUDED.last_seen_at), received = source.received + EXCLUDED.received,
    stored = source.stored + EXCLUDED.stored, duplicate = source.duplicate + EXCLUDED.duplicate,
    rejected = source.rejected + EXCLUDED.rejected
"""


@system_query("the ingest accounts for the sources of every site")
async def _add_tallies(connection: Connection, tallies: Sequence[Tally]) -> None:
    await connection.execute(
        _TALLY,
        [t.site_id for t in tallies],
        [t.source for t in tallies],
        [to_datetime(t.seen) for t in tallies],
        [t.received for t in tallies],
        [t.stored for t in tallies],
        [t.duplicate for t in tallies],
        [t.rejected for t in tallies],
    )


@system_query("the ingest notes which source sends a point, of every site")
async def _move_sources(connection: Connection, points: Sequence[KnownPoint]) -> None:
    await connection.execute(
        "UPDATE point SET source = u.source FROM unnest($1::bigint[], $2::text[]) AS u(id, source)"
        " WHERE point.id = u.id AND point.source <> u.source",
        [point.id for point in points],
        [_plain(point.source) for point in points],
    )


_STATES = """
INSERT INTO point_state(point_id, site_id, at, value, quality, received_at, memory)
SELECT p, s, at, value, quality, received, CAST(memory AS jsonb)
FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::float8[], $5::smallint[], $6::timestamptz[], $7::text[])
     AS u(p, s, at, value, quality, received, memory)
ON CONFLICT (point_id) DO UPDATE
SET at = EXCLUDED.at, value = EXCLUDED.value, quality = EXCLUDED.quality, received_at = EXCLUDED.received_at,
    memory = EXCLUDED.memory
"""


@system_query("the ingest keeps the latest value of every site's points")
async def store_states(connection: Connection, points: Sequence[KnownPoint]) -> None:
    """Write the latest live value of ``points`` and what cleaning remembers of them."""
    await connection.execute(
        _STATES,
        [p.id for p in points],
        [p.site_id for p in points],
        [to_datetime(p.at) for p in points],
        [p.value for p in points],
        [p.quality for p in points],
        [to_datetime(p.received) for p in points],
        [msgspec.json.encode(p.memory.to_keep()).decode() for p in points],
    )


RECEIPT_BYTES = 10
RECEIPTS_KEPT = 10_000
"""More than any broker sends without acknowledgement (500 asked of MQTT 5, 1,000 of NATS), with what may come in
between before NATS repeats it."""


@system_query("receipts belong to an ingest, not to a site")
async def load_receipts(connection: Connection, client_id: str) -> list[tuple[int, bytes]]:
    """(sequence, receipts) of the deliveries ``client_id`` committed lately, oldest first."""
    rows = await connection.fetch(
        "SELECT seq, messages FROM ingest_receipt WHERE client_id = $1 ORDER BY seq", client_id
    )
    return [(row[0], bytes(row[1])) for row in rows]


@system_query("receipts belong to an ingest, not to a site")
async def keep_receipts(connection: Connection, client_id: str, seq: int, receipts: bytes, oldest: int) -> None:
    """Remember ``receipts`` as number ``seq`` and forget those before ``oldest``."""
    await connection.execute(
        "WITH gone AS (DELETE FROM ingest_receipt WHERE client_id = $1 AND seq < $4)"
        " INSERT INTO ingest_receipt(client_id, seq, messages) VALUES ($1, $2, $3)",
        client_id,
        seq,
        receipts,
        oldest,
    )
