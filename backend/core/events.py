"""The event log: what happened, written in the transaction that made it happen, read by all who tell of it.

A transaction that commits late carries an older id than one that committed before it, so a reader that
remembers the last id would skip it. Every event therefore carries its transaction id, and a reader's
cursor is the oldest transaction that was still running when it read (``pg_snapshot_xmin``): all below
is complete. It never lies beyond the newest event: PostgreSQL that crashed gives the ids of transactions that left
nothing on the disk to new ones, which would then be taken for told. What a reader already took above its horizon
stands in the cursor by id, so an event is told at once and never twice. NOTIFY only wakes readers, or brings them
the event itself to tell of it sooner; nothing depends on it.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Index, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel

from backend.core.database import driver_connection
from backend.core.tables import SiteScoped, document, identity_key, moment, reference

CHANNEL = "ansu_event"
LONGEST_NOTICE = 7000
"""Bytes: a notice that holds a whole event must be shorter than PostgreSQL's 8,000."""

RAISED = "kind = 'alarm.raised' AND data ->> 'state' <> 'shelved'"
"""SQL: alarms that called people, again and again counted; what was shelved didn't call."""


class Event(SiteScoped, table=True):
    """One thing that happened. ``story`` joins events that one timeline tells, e.g. ``alarm:5``."""

    __tablename__ = "event"
    __table_args__ = (
        Index("event_txid", "txid", "id"),
        Index("event_site_txid", "site_id", "txid", "id"),
        Index("event_story", "site_id", "story", "id"),
        Index(
            "event_alarm_raised",
            "site_id",
            "at",
            postgresql_where=text(RAISED),
            postgresql_include=["subject_id", "level"],
        ),
    )

    id: int = identity_key()
    txid: int = Field(
        default=None,
        sa_type=BigInteger,
        nullable=False,
        sa_column_kwargs={"server_default": text("pg_current_xact_id()::text::bigint")},
    )
    at: datetime = moment(now=True)
    kind: str
    subject: str
    subject_id: int = Field(sa_type=BigInteger)
    story: str = ""
    level: str = ""
    actor_id: int | None = reference("person.id", nullable=True)
    data: dict[str, Any] = document()


class Entry(msgspec.Struct, frozen=True):
    """An ``Event`` as those who follow the log get it. A row of the ORM takes 60 µs to make, this takes 2."""

    id: int
    site_id: int
    txid: int
    at: datetime
    kind: str
    subject: str
    subject_id: int
    story: str = ""
    level: str = ""
    actor_id: int | None = None
    data: dict[str, Any] = msgspec.field(default_factory=dict)


@dataclass(frozen=True)
class Cursor:
    """How far a reader has come: everything below ``horizon``, and ``above`` it the ids it already took.

    ``horizon`` is a transaction that is on the disk, or the one after it. Written as ``"812"`` or ``"812:90.91"``;
    phones keep it as an opaque word.
    """

    horizon: int = 0
    above: frozenset[int] = field(default_factory=frozenset)

    @classmethod
    def parse(cls, word: str) -> "Cursor":
        """Read a written cursor. Raises ValueError for anything else."""
        horizon, _, above = word.partition(":")
        return cls(int(horizon), frozenset(int(id_) for id_ in above.split(".") if id_))

    def knows(self, event: Entry) -> bool:
        """Whether who stands here was told of ``event``."""
        return event.txid < self.horizon or event.id in self.above

    def __str__(self) -> str:
        above = ".".join(str(id_) for id_ in sorted(self.above))
        return f"{self.horizon}:{above}" if above else str(self.horizon)


@dataclass(frozen=True)
class Batch:
    """Events in the order of their ids, and where the reader stands after them."""

    events: list[Entry]
    cursor: Cursor
    more: bool = False


async def record_event(
    session: AsyncSession,
    *,
    site_id: int,
    kind: str,
    subject: str,
    subject_id: int,
    story: str = "",
    level: str = "",
    actor_id: int | None = None,
    data: dict[str, Any] | None = None,
) -> Event:
    """Write what happened into ``session``'s transaction and wake the readers when it commits.

    ``kind`` is ``subject.verb`` (``alarm.raised``); ``data`` holds what a timeline or phone shows
    (``title_zh``, ``title_en``, ``url``, ``note`` …).
    """
    event = Event(
        site_id=site_id,
        kind=kind,
        subject=subject,
        subject_id=subject_id,
        story=story or f"{subject}:{subject_id}",
        level=level,
        actor_id=actor_id,
        data=data or {},
    )
    session.add(event)
    await session.flush()
    await session.execute(text(f"SELECT pg_notify('{CHANNEL}', '')"))
    return event


_READ = """
WITH horizon AS (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xmin)
SELECT h.xmin, e.*,
    CASE WHEN $2::bigint[] = '{}' THEN '{}' ELSE ARRAY(
        SELECT ARRAY[k.id, k.txid] FROM event k WHERE k.id = ANY($2::bigint[]) AND k.txid >= $1::bigint
    ) END AS known
FROM horizon h LEFT JOIN LATERAL (
    SELECT id, site_id, txid, at, kind, subject, subject_id, story, level, actor_id, data FROM event
    WHERE txid >= $1::bigint AND NOT id = ANY($2::bigint[])
      AND ($3::bigint IS NULL OR site_id = $3::bigint)
      AND (NOT $4::boolean OR txid < h.xmin)
    ORDER BY txid, id LIMIT $5
) e ON true
"""


async def read_events(
    session: AsyncSession,
    cursor: Cursor,
    *,
    site_id: int | None = None,
    most: int = 500,
    settled: bool = False,
) -> Batch:
    """Events after ``cursor`` that are committed now; ``settled`` leaves out what lies above the horizon.

    A settled reader that stores its cursor in the transaction of its own effects does each exactly once.
    """
    return await fetch_events(await driver_connection(session), cursor, site_id=site_id, most=most, settled=settled)


async def fetch_events(
    connection: Any, cursor: Cursor, *, site_id: int | None = None, most: int = 500, settled: bool = False
) -> Batch:
    """``read_events`` over a bare asyncpg connection, which needs no transaction: one way there and back."""
    rows = await connection.fetch(_READ, cursor.horizon, list(cursor.above), site_id, settled, most)
    events = [_entry(row) for row in rows if row["id"] is not None]
    more = len(events) == most
    known = rows[0]["known"]
    newest = max([events[-1].txid if events else 0, *(txid for _, txid in known)])
    horizon = max(cursor.horizon, min(int(rows[0]["xmin"]), newest if more else newest + 1))
    taken = {e.id for e in events if e.txid >= horizon}
    kept = {id_ for id_, txid in known if txid >= horizon}
    return Batch(sorted(events, key=lambda e: e.id), Cursor(horizon, frozenset(kept | taken)), more)


def noticed_event(notice: str) -> Entry | None:
    """The event that came whole in a notice; None when it only said that there is something to read."""
    return _NOTICE.decode(notice) if notice else None


def _entry(row: Any) -> Entry:
    values = {name: row[name] for name in Entry.__struct_fields__}
    if isinstance(values["data"], str):  # a bare connection leaves JSON as it is written
        values["data"] = msgspec.json.decode(values["data"])
    return Entry(**values)


_NOTICE = msgspec.json.Decoder(Entry)


async def present_cursor(session: AsyncSession) -> Cursor:
    """A cursor after everything committed so far, for who starts listening now."""
    found = await session.execute(text(_PRESENT))
    horizon = int(found.scalar_one())
    committed = await session.execute(text("SELECT id FROM event WHERE txid >= :horizon"), {"horizon": horizon})
    return Cursor(horizon, frozenset(committed.scalars()))


_PRESENT = """
SELECT least(pg_snapshot_xmin(pg_current_snapshot())::text::bigint, COALESCE((SELECT max(txid) FROM event), 0) + 1)
"""


class EventReader(SQLModel, table=True):
    """Where a named, settled reader stands; its row lock makes it one at a time."""

    __tablename__ = "event_reader"

    name: str = Field(primary_key=True)
    horizon: int = Field(default=0, sa_type=BigInteger)


async def take_settled(session: AsyncSession, name: str, *, most: int = 500) -> list[Entry]:
    """The next events for the reader ``name``, once each: its place moves in ``session``'s transaction.

    Empty when another process of the same name is at work.
    """
    await session.execute(
        text("INSERT INTO event_reader(name, horizon) VALUES (:name, 0) ON CONFLICT DO NOTHING"),
        {"name": name},
    )
    horizon = (
        await session.execute(
            text("SELECT horizon FROM event_reader WHERE name = :name FOR UPDATE SKIP LOCKED"), {"name": name}
        )
    ).scalar_one_or_none()
    if horizon is None:
        return []
    batch = await _settled_whole_transactions(session, Cursor(horizon), most)
    await session.execute(
        text("UPDATE event_reader SET horizon = :horizon WHERE name = :name"),
        {"name": name, "horizon": batch.cursor.horizon},
    )
    return batch.events


async def _settled_whole_transactions(session: AsyncSession, cursor: Cursor, most: int) -> Batch:
    """A settled batch that never cuts a transaction in two, so that a bare horizon is a whole cursor."""
    while True:
        batch = await read_events(session, cursor, most=most, settled=True)
        if not batch.more:
            return Batch(batch.events, Cursor(batch.cursor.horizon))
        last = max(e.txid for e in batch.events)
        whole = [e for e in batch.events if e.txid < last]
        if whole:
            return Batch(whole, Cursor(last))
        most *= 2
