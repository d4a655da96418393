"""Links of the plant graph: what flows from where to where. Traces made from now on go along them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.errors import N_, Conflict, Invalid, NotFound
from backend.identity.actor import Actor
from backend.identity.permissions import require, visible
from backend.identity.scoping import get_visible
from backend.plant.editing.commands.things import is_retired
from backend.plant.editing.queries import links
from backend.plant.history import note, snapshot, tell
from backend.plant.models import Equipment, Link, Point, PointStatus

_MODELS: dict[str, type[Any]] = {"equipment": Equipment, "point": Point}


@dataclass(frozen=True)
class Joining:
    """From where to where, each ``equipment:<id>`` or ``point:<id>`` as a form sends it."""

    source: str
    target: str


async def add_link(session: AsyncSession, actor: Actor, joining: Joining, wanted: dict[str, Any]) -> Link:
    """Draw a link; ``wanted`` is kind and delay (``fields.read_all``). Raises Invalid by field."""
    require(actor, "plant.edit")
    source = await _end(session, actor, joining.source, "source")
    target = await _end(session, actor, joining.target, "target")
    if joining.source == joining.target:
        raise Invalid(fields={"target": N_("起点和终点不能是同一个")})
    link = Link(site_id=actor.site_id, **wanted)
    for side, thing in (("source", source), ("target", target)):
        setattr(link, f"{side}_{'equipment' if isinstance(thing, Equipment) else 'point'}_id", thing.id)
    if await lock_same(session, actor, link) is not None:
        raise Invalid(fields={"target": N_("这条关联已经有了")})
    session.add(link)
    await session.flush()
    await note(session, actor, link, {}, names=await _names(session, actor, link.id))
    await tell(session, actor)
    return link


async def edit_link(session: AsyncSession, actor: Actor, link_id: int, wanted: dict[str, Any]) -> Link:
    """Say anew what flows along a link, and how long it takes. Raises NotFound, Invalid by field."""
    require(actor, "plant.edit")
    link = await get_visible(session, actor, Link, link_id, lock=True)
    before = snapshot(link)
    for key, value in wanted.items():
        setattr(link, key, value)
    with session.no_autoflush:
        same = await lock_same(session, actor, link)
    if same is not None and same.id != link.id:
        raise Invalid(fields={"kind": N_("这条关联已经有了")})
    await session.flush()
    if await note(session, actor, link, before, names=await _names(session, actor, link.id)):
        await tell(session, actor)
    return link


async def remove_link(session: AsyncSession, actor: Actor, link_id: int) -> None:
    """Take a link away; the log keeps it. Raises NotFound."""
    require(actor, "plant.edit")
    link = await get_visible(session, actor, Link, link_id, lock=True)
    names = await _names(session, actor, link_id)
    await note(session, actor, link, snapshot(link), names=names, removed=True)
    await session.delete(link)
    await session.flush()
    await tell(session, actor)


async def lock_same(session: AsyncSession, actor: Actor, link: Link) -> Link | None:
    """Another link of the same kind between the same ends. Whoever else draws from there waits until this commits.

    Raises Conflict when an end is gone out of use.
    """
    for side in ("source", "target"):
        equipment_id, point_id = getattr(link, f"{side}_equipment_id"), getattr(link, f"{side}_point_id")
        model = Equipment if equipment_id is not None else Point
        thing: Any = await get_visible(session, actor, model, equipment_id or point_id or 0, lock=side == "source")
        if is_retired(thing):
            raise Conflict(N_("“%(name)s”已停用，请先恢复使用"), name=thing.name)
    columns = ("kind", "source_equipment_id", "source_point_id", "target_equipment_id", "target_point_id")
    alike = [col(getattr(Link, name)).is_not_distinct_from(getattr(link, name)) for name in columns]
    statement = select(Link).where(visible(actor, Link), *alike)
    if link.id is not None:
        statement = statement.where(col(Link.id) != link.id)
    return (await session.scalars(statement.limit(1))).one_or_none()


async def _end(session: AsyncSession, actor: Actor, typed: str, field: str) -> Equipment | Point:
    kind, _, id_ = typed.partition(":")
    missing = Invalid(fields={field: N_("请选择设备或测点")})
    if kind not in _MODELS or not (id_.isascii() and id_.isdigit()):
        raise missing
    try:
        thing: Equipment | Point = await get_visible(session, actor, _MODELS[kind], int(id_))
    except NotFound:
        raise missing from None
    if is_retired(thing) or (isinstance(thing, Point) and thing.status != PointStatus.ACTIVE):
        raise missing
    return thing


async def _names(session: AsyncSession, actor: Actor, link_id: int) -> tuple[str, str]:
    (found,) = await links(session, actor, link_id=link_id)
    return found.names
