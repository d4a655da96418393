"""Who did what: audit entries, newest first, page by page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.statements import alias_of
from backend.identity.actor import Actor
from backend.identity.models import AuditEntry, Person
from backend.identity.permissions import visible

PAGE = 50


@dataclass(frozen=True)
class Filter:
    """Which entries: of one actor, one kind of object or one object, one action."""

    actor_id: int | None = None
    object_type: str = ""
    object_id: int | None = None
    action: str = ""


@dataclass(frozen=True)
class Entry:
    """One change, with the names of who did it and, where it was a person, to whom."""

    id: int
    at: datetime
    action: str
    object_type: str
    object_id: int
    change: dict[str, Any]
    address: str
    request_id: str
    actor_id: int | None
    actor_name: str
    actor_name_en: str
    object_name: str
    object_name_en: str


@dataclass(frozen=True)
class AuditPage:
    """Some entries, and the id below which those after them are (None at the end)."""

    entries: list[Entry]
    following: int | None = None


async def audit_entries(session: AsyncSession, actor: Actor, wanted: Filter, *, before: int | None = None) -> AuditPage:
    """A page of entries; ``before`` is the ``following`` of the page before."""
    who, whom = alias_of(Person, "who"), alias_of(Person, "whom")
    conditions = [visible(actor, AuditEntry), *_conditions(wanted)]
    if before is not None:
        conditions.append(col(AuditEntry.id) < before)
    rows = (
        await session.execute(
            select(AuditEntry, col(who.name), col(who.name_en), col(whom.name), col(whom.name_en))
            .outerjoin(who, col(who.id) == col(AuditEntry.actor_id))
            .outerjoin(
                whom,
                (col(AuditEntry.object_type) == "person")
                & (col(whom.id) == col(AuditEntry.object_id))
                & (col(whom.site_id) == col(AuditEntry.site_id)),
            )
            .where(*conditions)
            .order_by(col(AuditEntry.id).desc())
            .limit(PAGE + 1)
        )
    ).all()
    entries = [_entry(*row) for row in rows[:PAGE]]
    return AuditPage(entries, entries[-1].id if len(rows) > PAGE else None)


def _conditions(wanted: Filter) -> list[Any]:
    conditions: list[Any] = []
    for field in ("actor_id", "object_id", "object_type", "action"):
        value = getattr(wanted, field)
        if value not in {None, ""}:
            conditions.append(getattr(AuditEntry, field) == value)
    return conditions


def _entry(entry: AuditEntry, *names: str | None) -> Entry:
    actor_name, actor_name_en, object_name, object_name_en = (name or "" for name in names)
    return Entry(
        id=entry.id,
        at=entry.at,
        action=entry.action,
        object_type=entry.object_type,
        object_id=entry.object_id,
        change=entry.change,
        address=entry.address,
        request_id=entry.request_id,
        actor_id=entry.actor_id,
        actor_name=actor_name,
        actor_name_en=actor_name_en,
        object_name=object_name,
        object_name_en=object_name_en,
    )


async def actors(session: AsyncSession, actor: Actor) -> list[Person]:
    """Everybody of the site, for choosing whose entries to read."""
    return list(await session.scalars(select(Person).where(visible(actor, Person)).order_by(col(Person.id)).limit(500)))
