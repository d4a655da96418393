"""Whether a record counts: as a condition for statements of other domains, and for the record's own page."""

from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.exclusions.models import Exclusion, RecordKind
from backend.identity.actor import Actor
from backend.identity.permissions import visible


def not_excluded(kind: str, record_id: str) -> str:
    """SQL: the record isn't excluded at ``:site``. Both are SQL expressions of ours (``'alarm'`` with its quotes)."""
    return (
        "NOT EXISTS (SELECT FROM exclusion out_of_it WHERE out_of_it.site_id = :site "
        f"AND out_of_it.kind = {kind} AND out_of_it.record_id = {record_id} AND out_of_it.lifted_at IS NULL)"
    )


def counting(actor: Actor, kind: RecordKind, record_id: Any) -> ColumnElement[bool]:
    """The same for a select: the row whose id is the column ``record_id`` isn't excluded."""
    excluded = select(col(Exclusion.id)).where(
        visible(actor, Exclusion),
        col(Exclusion.kind) == kind,
        col(Exclusion.record_id) == record_id,
        col(Exclusion.lifted_at).is_(None),
    )
    return ~excluded.exists()


async def exclusion_of(session: AsyncSession, actor: Actor, kind: RecordKind, record_id: int) -> Exclusion | None:
    """By what the record is excluded now, the newest; None while it counts."""
    wanted = (
        select(Exclusion)
        .where(
            visible(actor, Exclusion),
            col(Exclusion.kind) == kind,
            col(Exclusion.record_id) == record_id,
            col(Exclusion.lifted_at).is_(None),
        )
        .order_by(col(Exclusion.id).desc())
        .limit(1)
    )
    return await session.scalar(wanted)
