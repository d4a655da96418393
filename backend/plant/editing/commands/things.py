"""Stages, areas, equipment and points: added, renamed, put in order, taken out of use."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.errors import N_, Conflict, Invalid, NotFound
from backend.core.statements import among
from backend.core.tables import SiteScoped
from backend.identity.actor import Actor
from backend.identity.models import Post, Team
from backend.identity.permissions import require, visible
from backend.identity.scoping import get_visible
from backend.plant.editing.fields import FIELDS, How
from backend.plant.editing.queries import Ends, links
from backend.plant.history import MODELS, new_batch, note, snapshot, tell
from backend.plant.models import Area, Equipment, Point, PointStatus, Stage

NAMED: dict[str, type[Any]] = {"stages": Stage, "areas": Area, "equipment": Equipment, "teams": Team, "posts": Post}
"""``Field.things`` → the table that the id is of."""


async def create(session: AsyncSession, actor: Actor, kind: str, wanted: dict[str, Any], *, batch: str = "") -> Any:
    """Add a thing described by ``wanted`` (``fields.read_all``), last in order. Raises Invalid by field.

    With ``batch`` it belongs to something larger, which is audited and told by who does that.
    """
    require(actor, "plant.edit")
    await check_named(session, actor, kind, wanted)
    model = MODELS[kind]
    same = select(col(model.id)).where(visible(actor, model), col(model.code) == wanted["code"])
    if (await session.execute(same)).first() is not None:
        raise Invalid(fields={"code": N_("这个编号已经有了")})
    last = select(col(model.position)).where(visible(actor, model)).order_by(col(model.position).desc()).limit(1)
    position = (await session.scalar(last)) or 0
    row = model(site_id=actor.site_id, position=position + 1, **wanted)
    session.add(row)
    await session.flush()
    await note(session, actor, row, {}, batch=batch, action="" if batch else "plant.edit")
    if not batch:
        await tell(session, actor)
    return row


async def edit(
    session: AsyncSession, actor: Actor, kind: str, id_: int, wanted: dict[str, Any], *, batch: str = ""
) -> Any:
    """Describe a thing anew; its code stays. Raises NotFound, Conflict (out of use), Invalid by field."""
    require(actor, "plant.edit")
    row = await get_visible(session, actor, MODELS[kind], id_, lock=True)
    if is_retired(row):
        raise Conflict(N_("已停用，请先恢复使用"))
    before = snapshot(row)
    changed = {k: v for k, v in wanted.items() if k != "code" and getattr(row, k) != v}
    await check_named(session, actor, kind, changed)
    for key, value in changed.items():
        setattr(row, key, value)
    await session.flush()
    if await note(session, actor, row, before, batch=batch, action="" if batch else "plant.edit") and not batch:
        await tell(session, actor)
    return row


async def move(session: AsyncSession, actor: Actor, kind: str, id_: int, step: int) -> None:
    """Put a thing one place earlier (``step`` -1) or later (1); points among those of their equipment."""
    require(actor, "plant.edit")
    model = MODELS[kind]
    row = await get_visible(session, actor, model, id_, lock=True)
    found = await session.scalars(
        select(model).where(visible(actor, model)).order_by(col(model.position), col(model.id)).with_for_update()
    )
    order = list(found)
    beside = [one for one in order if not is_retired(one) and _group(one) == _group(row)]
    if row not in beside:
        raise Conflict(N_("已停用，请先恢复使用"))
    other = beside.index(row) + (1 if step > 0 else -1)
    if not 0 <= other < len(beside):
        return
    place = order.index(beside[other])
    order.remove(row)
    order.insert(place, row)
    batch = new_batch()
    for position, one in enumerate(order):
        if one.position != position:
            before, one.position = snapshot(one), position
            await note(session, actor, one, before, batch=batch, action="plant.edit" if one is row else "")
    await tell(session, actor)


async def retire(
    session: AsyncSession, actor: Actor, kind: str, id_: int, *, batch: str = "", reverses: str = ""
) -> None:
    """Hide a thing from new work; what names it goes on doing so. With equipment go its points, with both their links:
    all that is one batch, which can be taken back as a whole. Raises NotFound."""
    require(actor, "plant.edit")
    row = await get_visible(session, actor, MODELS[kind], id_, lock=True)
    if is_retired(row):
        return
    await retire_together(session, actor, [row], batch=batch or new_batch(), told=bool(batch), reverses=reverses)


async def retire_together(
    session: AsyncSession, actor: Actor, rows: Sequence[Any], *, batch: str, told: bool = False, reverses: str = ""
) -> None:
    """Hide all of ``rows``, which are in use, likewise and as one ``batch``. ``told``: the caller tells of it."""
    require(actor, "plant.edit")
    gone = [*rows, *await _points_of(session, actor, [one.id for one in rows if isinstance(one, Equipment)])]
    ends = Ends(
        [one.id for one in gone if isinstance(one, Equipment)], [one.id for one in gone if isinstance(one, Point)]
    )
    for one in await links(session, actor, ends) if ends.any else []:
        await note(
            session, actor, one.link, snapshot(one.link), batch=batch, names=one.names, removed=True, reverses=reverses
        )
        await session.delete(one.link)
    for one in gone:
        before = snapshot(one)
        if isinstance(one, Point):
            one.status = PointStatus.RETIRED
        else:
            one.retired_at = now()
        await note(session, actor, one, before, batch=batch, reverses=reverses)
    await session.flush()
    if not told:
        await tell(session, actor)


def is_retired(row: Any) -> bool:
    """Whether a thing is out of use."""
    return bool(row.status == PointStatus.RETIRED) if isinstance(row, Point) else row.retired_at is not None


async def check_named(session: AsyncSession, actor: Actor, kind: str, wanted: dict[str, Any]) -> None:
    """Whether what ``wanted`` names by id is the site's and in use. Raises Invalid by field."""
    wrong: dict[str, str] = {}
    for field in FIELDS[kind]:
        id_ = wanted.get(field.name) if field.how is How.THING else None
        if id_ is None:
            continue
        try:
            thing: SiteScoped = await get_visible(session, actor, NAMED[field.things], id_)
        except NotFound:
            wrong[field.name] = N_("请选择")
            continue
        if getattr(thing, "retired_at", None) is not None:
            wrong[field.name] = N_("已停用，请选别的或先恢复使用")
    if wrong:
        raise Invalid(fields=wrong)


async def _points_of(session: AsyncSession, actor: Actor, equipment: Sequence[int]) -> list[Point]:
    found = await session.scalars(
        select(Point)
        .where(
            visible(actor, Point),
            among(col(Point.equipment_id), equipment),
            col(Point.status) == PointStatus.ACTIVE,
        )
        .order_by(col(Point.id))
        .with_for_update()
    )
    return list(found)


def _group(row: Any) -> int | None:
    return row.equipment_id if isinstance(row, Point) else None
