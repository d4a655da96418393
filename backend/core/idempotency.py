"""A command sent twice from a phone happens once and is answered with its first result."""

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel

from backend.core.errors import N_, Conflict
from backend.core.tables import document, moment


class IdempotencyRecord(SQLModel, table=True):
    """The first result of a command, kept as long as what it made."""

    __tablename__ = "idempotency"

    person_id: int = Field(primary_key=True, foreign_key="person.id")
    key: str = Field(primary_key=True, max_length=64)
    request_hash: str
    result: dict[str, Any] = document()
    created_at: datetime = moment(now=True)


async def first_result(session: AsyncSession, person_id: int, key: str, request: bytes) -> dict[str, Any] | None:
    """Claim ``key`` for ``person_id`` in this transaction, or give the result of whoever claimed it first.

    None means: go on, and call ``keep_result`` before the transaction ends. A second request waits until
    the first has committed. Raises Conflict when the key was used for another request.
    """
    digest = hashlib.sha256(request).hexdigest()
    claimed = await session.execute(
        text(
            "INSERT INTO idempotency(person_id, key, request_hash, result) VALUES (:person, :key, :hash, '{}') "
            "ON CONFLICT DO NOTHING RETURNING 1"
        ),
        {"person": person_id, "key": key, "hash": digest},
    )
    if claimed.scalar_one_or_none():
        return None
    known = (
        await session.execute(
            text("SELECT request_hash, result FROM idempotency WHERE person_id = :person AND key = :key"),
            {"person": person_id, "key": key},
        )
    ).one()
    if known.request_hash != digest:
        raise Conflict(N_("这次提交与之前用同一编号的提交内容不同，请刷新后重试"))
    return dict(known.result)


async def keep_result(session: AsyncSession, person_id: int, key: str, result: dict[str, Any]) -> None:
    """Store what the command answered, in its own transaction."""
    record = await session.get(IdempotencyRecord, (person_id, key))
    if record is None:
        raise LookupError(f"idempotency key {key} was not claimed")
    record.result = result
    session.add(record)
