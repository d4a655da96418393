"""Taking things into use again, with what went out of use together with them."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.errors import Conflict
from backend.core.statements import alias_of, among
from backend.identity.actor import Actor
from backend.identity.permissions import require, visible
from backend.identity.scoping import get_visible
from backend.plant.editing.commands.linking import lock_same
from backend.plant.editing.commands.things import is_retired
from backend.plant.history import MODELS, new_batch, note, snapshot, tell
from backend.plant.models import Link, PlantChange, Point, PointStatus


async def restore(session: AsyncSession, actor: Actor, kind: str, id_: int) -> int:
    """Take a thing into use again; gives how many points and links came back with it.

    With equipment come the points that last went out of use together with it, and the links that equipment took along
    when it went, once both their ends are in use again and nobody drew them anew. Raises NotFound.
    """
    require(actor, "plant.edit")
    row = await get_visible(session, actor, MODELS[kind], id_, lock=True)
    if not is_retired(row):
        return 0
    batch, before = new_batch(), snapshot(row)
    points = await _went_with(session, actor, id_) if kind == "equipment" else []
    if isinstance(row, Point):
        row.status = PointStatus.ACTIVE
    else:
        row.retired_at = None
    await note(session, actor, row, before, batch=batch)
    for point in points:
        before, point.status = snapshot(point), PointStatus.ACTIVE
        await note(session, actor, point, before, batch=batch)
    await session.flush()
    links = await _links_back(session, actor, id_, [one.id for one in points], batch) if kind == "equipment" else 0
    await tell(session, actor)
    return len(points) + links


async def _went_with(session: AsyncSession, actor: Actor, equipment_id: int) -> list[Point]:
    """Its points that went out of use when it last did, and still are."""
    gone = (
        select(col(PlantChange.batch))
        .where(
            visible(actor, PlantChange),
            col(PlantChange.kind) == "equipment",
            col(PlantChange.object_id) == equipment_id,
            col(PlantChange.after)["retired_at"].astext.is_not(None),
        )
        .order_by(col(PlantChange.id).desc())
        .limit(1)
        .scalar_subquery()
    )
    together = select(col(PlantChange.object_id)).where(
        visible(actor, PlantChange), col(PlantChange.kind) == "point", col(PlantChange.batch) == gone
    )
    statement = select(Point).where(
        visible(actor, Point),
        col(Point.id).in_(together),
        col(Point.equipment_id) == equipment_id,
        col(Point.status) == PointStatus.RETIRED,
    )
    return list(await session.scalars(statement.order_by(col(Point.id)).with_for_update()))


async def _links_back(
    session: AsyncSession, actor: Actor, equipment_id: int, points: Collection[int], batch: str
) -> int:
    """Under their old ids, as undoing brings them back."""
    count = 0
    for change in await _taken_along(session, actor, equipment_id, points):
        link = Link(site_id=actor.site_id, id=change.object_id, **change.before)
        try:
            again = await lock_same(session, actor, link)
        except Conflict:
            continue  # its other end is out of use
        if again is None:
            session.add(link)
            await session.flush()
            await note(session, actor, link, {}, batch=batch, names=(change.name, change.name_en))
            count += 1
    return count


async def _taken_along(
    session: AsyncSession, actor: Actor, equipment_id: int, points: Collection[int]
) -> list[PlantChange]:
    """Links from or to these that are no more, and last went with equipment and not by themselves."""
    ends: list[Any] = []
    for side in ("source", "target"):
        ends.append(col(PlantChange.before)[f"{side}_equipment_id"].as_integer() == equipment_id)
        ends.append(among(col(PlantChange.before)[f"{side}_point_id"].as_integer(), points))
    last = (
        select(PlantChange)
        .where(visible(actor, PlantChange), col(PlantChange.kind) == "link", col(PlantChange.after) == {}, or_(*ends))
        .ext(distinct_on(col(PlantChange.object_id)))
        .order_by(col(PlantChange.object_id), col(PlantChange.id).desc())
    )
    machine = alias_of(PlantChange, "machine")
    with_equipment = exists().where(
        visible(actor, machine),
        col(machine.batch) == col(PlantChange.batch),
        col(machine.kind) == "equipment",
        col(machine.after)["retired_at"].astext.is_not(None),
    )
    there = exists().where(visible(actor, Link), col(Link.id) == col(PlantChange.object_id))
    ids = select(last.subquery().c.id)
    statement = select(PlantChange).where(
        visible(actor, PlantChange), col(PlantChange.id).in_(ids), with_equipment, ~there
    )
    return list(await session.scalars(statement.order_by(col(PlantChange.id))))
