"""Whether a record counts: as a condition for statements of other domains, and for the record's own page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.exclusions.models import Exclusion, RecordKind
from backend.identity.actor import Actor
from backend.identity.models import Person
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


@dataclass(frozen=True)
class Excluded:
    """That a record doesn't count: since when, by which case, by whose decision."""

    case_id: int
    created_at: datetime
    by: Person


async def exclusion_of(session: AsyncSession, actor: Actor, kind: RecordKind, record_id: int) -> Excluded | None:
    """By what the record is excluded now, the newest; None while it counts."""
    wanted = (
        select(col(Exclusion.case_id), col(Exclusion.created_at), Person)
        .join(Person, col(Person.id) == col(Exclusion.made_by))
        .where(
            visible(actor, Exclusion),
            col(Exclusion.kind) == kind,
            col(Exclusion.record_id) == record_id,
            col(Exclusion.lifted_at).is_(None),
        )
        .order_by(col(Exclusion.id).desc())
        .limit(1)
    )
    row = (await session.execute(wanted)).one_or_none()
    return Excluded(*row) if row else None
