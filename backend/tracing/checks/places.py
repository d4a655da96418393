"""Where a look on site is to be taken and who is sent there; for people's commands and the worker alike."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.models import Level
from backend.identity.permissions import system_query
from backend.tracing.models import Trace


@dataclass(frozen=True)
class Place:
    """A point or equipment by name, its equipment, and the post that answers for that."""

    name: str
    name_en: str
    equipment_id: int | None = None
    owner_post_id: int | None = None


@system_query("who is sent to look follows from the place, not from who asks")
async def place_of(session: AsyncSession, site_id: int, node: str) -> Place:
    """Of a node ``point:7`` or ``equipment:3``; of one that is gone only its key."""
    kind, _, number = node.partition(":")
    of_point = (
        "SELECT p.name, p.name_en, e.id, e.owner_post_id FROM point p LEFT JOIN equipment e "
        "ON e.id = p.equipment_id AND e.site_id = :site WHERE p.site_id = :site AND p.id = :id"
    )
    of_equipment = "SELECT name, name_en, id, owner_post_id FROM equipment WHERE site_id = :site AND id = :id"
    row = (
        await session.execute(text(of_point if kind == "point" else of_equipment), {"site": site_id, "id": int(number)})
    ).one_or_none()
    return Place(*row) if row else Place(node, node)


@system_query("who is sent to look follows from the post, not from who asks")
async def holders(session: AsyncSession, site_id: int, post_id: int | None) -> list[int]:
    """Ids of who holds a post now."""
    rows = await session.execute(
        text(
            "SELECT DISTINCT h.person_id FROM post_holder h JOIN person p ON p.id = h.person_id AND p.active "
            "WHERE h.site_id = :site AND h.until IS NULL AND h.post_id = CAST(:post AS bigint) ORDER BY 1"
        ),
        {"site": site_id, "post": post_id},
    )
    return list(rows.scalars())


@system_query("the gravest alarm behind a trace of any site")
async def level_of(session: AsyncSession, made: Trace) -> str:
    """The gravest level among the alarms of the trace's group; empty without any."""
    rows = await session.execute(
        text("SELECT DISTINCT level FROM alarm WHERE site_id = :site AND group_id = :group_id"),
        {"site": made.site_id, "group_id": made.group_id},
    )
    return gravest(rows.scalars().all())


def gravest(levels: Sequence[str]) -> str:
    """The gravest of these levels; empty without any."""
    return next((level for level in Level if level in set(levels)), "")
