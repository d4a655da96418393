"""Taking changes back: what was changed at once is taken back at once, as a new change of its own."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.errors import N_, Conflict, NotFound
from backend.identity.actor import Actor
from backend.identity.permissions import require, visible
from backend.identity.scoping import get_visible
from backend.plant.editing.commands import things
from backend.plant.editing.commands.linking import lock_same
from backend.plant.editing.queries import changes_of, is_taken_back
from backend.plant.history import MODELS, from_json, new_batch, note, snapshot, tell
from backend.plant.models import Link, PlantChange

_LATER = N_("“%(name)s”后来又改过，不能直接撤销。请打开它修改，或先撤销后来的更改")


async def undo(session: AsyncSession, actor: Actor, change_id: int) -> str:
    """Take back the batch that ``change_id`` belongs to; gives the new batch. What was added goes out of use.

    Raises NotFound, and Conflict when it was taken back already or anything in it has changed since: then nothing is
    taken back.
    """
    require(actor, "plant.edit")
    return await undo_batch(session, actor, (await get_visible(session, actor, PlantChange, change_id)).batch)


async def undo_batch(session: AsyncSession, actor: Actor, batch: str) -> str:
    """Take back what was changed as ``batch``, likewise."""
    require(actor, "plant.edit")
    changes = await changes_of(session, actor, batch)
    if not changes:
        raise NotFound()
    await get_visible(session, actor, PlantChange, changes[0].id, lock=True)
    if await is_taken_back(session, actor, batch):
        raise Conflict(N_("这次更改已经撤销过了"))
    back = new_batch()
    for change in reversed(changes):
        await _take_back(session, actor, change, back)
    await session.flush()
    await tell(session, actor)
    return back


async def _take_back(session: AsyncSession, actor: Actor, change: PlantChange, back: str) -> None:
    model = MODELS[change.kind]
    found = await session.execute(
        select(model).where(visible(actor, model), col(model.id) == change.object_id).with_for_update()
    )
    row: Any = found.scalar_one_or_none()
    if not change.after:
        await _put_back(session, actor, change, row, back)
        return
    present = snapshot(row) if row is not None else {}
    if any(present.get(column) != value for column, value in change.after.items()):
        raise Conflict(_LATER, name=change.name)
    log: dict[str, Any] = {"batch": back, "action": "plant.undo", "reverses": change.batch}
    if change.before:
        for column, value in change.before.items():
            setattr(row, column, from_json(column, value))
        await session.flush()
        await note(session, actor, row, present, names=(change.name, change.name_en), **log)
    elif isinstance(row, Link):
        await note(session, actor, row, present, names=(change.name, change.name_en), removed=True, **log)
        await session.delete(row)
        await session.flush()
    else:
        await things.retire(session, actor, change.kind, row.id, batch=back, reverses=change.batch)


async def _put_back(session: AsyncSession, actor: Actor, change: PlantChange, row: Any, back: str) -> None:
    """A link that was taken away, under its old id."""
    if row is not None:
        raise Conflict(_LATER, name=change.name)
    link = Link(site_id=actor.site_id, id=change.object_id, **change.before)
    if await lock_same(session, actor, link) is not None:
        raise Conflict(_LATER, name=change.name)
    session.add(link)
    await session.flush()
    log: dict[str, Any] = {"batch": back, "action": "plant.undo", "reverses": change.batch}
    await note(session, actor, link, {}, names=(change.name, change.name_en), **log)
