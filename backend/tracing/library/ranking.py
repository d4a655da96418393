"""Weighing a stored trace's evidence and answers again, without the engine."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.permissions import system_query
from backend.tracing.library.catalogue import Check, Library
from backend.tracing.library.fusing import fuse_seen, seen_in_stored
from backend.tracing.library.telling import changes
from backend.tracing.models import Trace


async def rank_anew(
    session: AsyncSession, made: Trace, learned: Mapping[str, float] | None = None
) -> list[dict[str, Any]]:
    """Weigh a stored trace's evidence and answers again, without the engine; gives what that moved."""
    seen = seen_in_stored(made.result, await _equipment_of(session, made))
    before = made.result.get("fused", [])
    learned = learned if learned is not None else made.result.get("learned_causes")
    fused = await fuse_seen(session, made.site_id, seen, group_id=made.group_id, trace_id=made.id, learned=learned)
    made.result = made.result | {"fused": fused}
    session.add(made)
    await session.flush()
    return changes(before, fused)


def check_of(library: Library, equipment_class: str, question: str) -> Check | None:
    """The check a question's key names, among those of the equipment's class."""
    class_key, _, check_key = question.partition("?")[2].partition(".")
    for one in library.parts(equipment_class):
        if one.key == class_key:
            return next((check for check in one.checks if check.key == check_key), None)
    return None


@system_query("an answer is weighed with all of the site's points")
async def _equipment_of(session: AsyncSession, made: Trace) -> dict[str, int]:
    """Node key → equipment."""
    rows = await session.execute(
        text("SELECT id, equipment_id FROM point WHERE site_id = :site AND equipment_id IS NOT NULL"),
        {"site": made.site_id},
    )
    found = {f"point:{row.id}": row.equipment_id for row in rows}
    equipment = await session.execute(text("SELECT id FROM equipment WHERE site_id = :site"), {"site": made.site_id})
    return found | {f"equipment:{id_}": id_ for id_ in equipment.scalars()}
