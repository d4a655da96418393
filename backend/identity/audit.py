"""Audit entries: every change by a person, in the transaction of the change."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.actor import Actor
from backend.identity.models import AuditEntry, Person


async def record_change(
    session: AsyncSession,
    actor: Actor,
    action: str,
    object_type: str,
    object_id: int,
    change: dict[str, Any] | None = None,
) -> None:
    """Note that ``actor`` did ``action`` (``alarm.acknowledge``) to an object.

    ``change`` is ``{"field": [before, after]}`` with JSON values; never put a password or token there.
    """
    session.add(
        AuditEntry(
            site_id=actor.site_id,
            actor_id=actor.person_id,
            action=action,
            object_type=object_type,
            object_id=object_id,
            change=change or {},
            request_id=actor.request_id,
            address=actor.address,
        )
    )
    await session.flush()


async def record_change_by_system(
    session: AsyncSession, site_id: int, action: str, object_type: str, object_id: int, change: dict[str, Any]
) -> None:
    """Note what AnSu did by itself, e.g. deleted because its time was over; ``change`` as of ``record_change``."""
    entry = AuditEntry(site_id=site_id, action=action, object_type=object_type, object_id=object_id, change=change)
    session.add(entry)
    await session.flush()


async def record_sign_in(session: AsyncSession, person: Person, *, fits: bool, address: str, request_id: str) -> None:
    """Note a sign-in with ``person``'s account; a failed one has no actor, since nobody knows who it was."""
    session.add(
        AuditEntry(
            site_id=person.site_id,
            actor_id=person.id if fits else None,
            action="person.sign_in" if fits else "person.sign_in_failed",
            object_type="person",
            object_id=person.id,
            request_id=request_id,
            address=address,
        )
    )
    await session.flush()
