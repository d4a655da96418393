"""Takes records out of the figures and lets them count again. Who calls has checked who may, and audits it."""

from collections.abc import Collection

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.exclusions.models import Exclusion, RecordKind
from backend.identity.actor import Actor
from backend.identity.permissions import system_query, visible

Record = tuple[RecordKind, int]


@system_query("rows are made at the site of the actor, whose case was loaded as far as they may see it")
async def exclude(session: AsyncSession, actor: Actor, case_id: int, records: Collection[Record]) -> None:
    """Let ``records`` count nowhere by the decision of ``case_id``; what it excludes already stays so."""
    if not records:
        return
    rows = [
        {"site_id": actor.site_id, "kind": kind, "record_id": id_, "case_id": case_id, "made_by": actor.person_id}
        for kind, id_ in sorted(set(records))
    ]
    await session.execute(insert(Exclusion).values(rows).on_conflict_do_nothing())


async def lift(session: AsyncSession, actor: Actor, case_id: int) -> None:
    """Undo what ``case_id`` excluded; what other cases exclude as well stays out."""
    await session.execute(
        update(Exclusion)
        .where(visible(actor, Exclusion), col(Exclusion.case_id) == case_id, col(Exclusion.lifted_at).is_(None))
        .values(lifted_at=now(), lifted_by=actor.person_id)
    )
