"""Equipment and points from a workbook: kept when sent, applied when confirmed."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.errors import N_, Conflict
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require, visible
from backend.identity.scoping import get_visible
from backend.plant.editing.importing import plant_as_it_is
from backend.plant.editing.matching import Row, Verdict, match
from backend.plant.editing.sheet import Cells
from backend.plant.history import new_batch, note, snapshot, tell
from backend.plant.models import Equipment, PlantImport, Point, PointStatus


async def keep_import(session: AsyncSession, actor: Actor, file_name: str, cells: Cells) -> PlantImport:
    """Keep what a workbook says, to be looked at before anything of it is applied."""
    require(actor, "plant.edit")
    held = {**cells.rows, "ignored": cells.ignored}
    kept = PlantImport(site_id=actor.site_id, file_name=file_name[:120], cells=held, made_by=actor.person_id)
    session.add(kept)
    await session.flush()
    return kept


async def apply_import(session: AsyncSession, actor: Actor, import_id: int) -> PlantImport:
    """Add and change what the workbook says, all of it or nothing, as one batch that can be taken back.

    Raises NotFound, and Conflict when it was applied before or a row can't be (matched against the plant as it is now).
    """
    require(actor, "plant.edit")
    kept = await get_visible(session, actor, PlantImport, import_id, lock=True)
    if kept.applied_at is not None:
        raise Conflict(N_("这份表格已经导入过了"))
    rows = match(kept.cells, await plant_as_it_is(session, actor))
    wrong = sum(row.verdict is Verdict.WRONG for row in rows)
    if wrong:
        raise Conflict(N_("还有 %(n)s 行有错，什么都没有导入。请在表格里改好再上传"), n=wrong)
    kept.batch, kept.applied_at = new_batch(), now()
    equipment = await _take(session, actor, kept.batch, Equipment, [row for row in rows if row.kind == "equipment"], {})
    await _take(session, actor, kept.batch, Point, [row for row in rows if row.kind == "point"], equipment)
    counted = {verdict: [0, sum(row.verdict is verdict for row in rows)] for verdict in (Verdict.NEW, Verdict.CHANGED)}
    await record_change(
        session, actor, "plant.import", "plant_import", kept.id, {str(k): v for k, v in counted.items()}
    )
    await tell(session, actor)
    return kept


async def _take(
    session: AsyncSession, actor: Actor, batch: str, model: type[Any], rows: list[Row], equipment: dict[str, int]
) -> dict[str, int]:
    """Apply the rows of one sheet; gives the ids of what is new by code."""
    ids = [row.id for row in rows if row.id is not None and row.verdict in (Verdict.NEW, Verdict.CHANGED)]
    found = await session.scalars(select(model).where(visible(actor, model), col(model.id).in_(ids)).with_for_update())
    known = {one.id: one for one in found}
    last = select(col(model.position)).where(visible(actor, model)).order_by(col(model.position).desc()).limit(1)
    position = (await session.scalar(last)) or 0
    changed: list[tuple[Any, dict[str, Any]]] = []
    for row in rows:
        if row.verdict is Verdict.SAME:
            continue
        wanted = dict(row.wanted)
        if isinstance(named := wanted.get("equipment_id"), str):
            wanted["equipment_id"] = equipment[named]
        if row.id is None:
            position += 1
            thing = model(site_id=actor.site_id, position=position, **wanted)
            session.add(thing)
            changed.append((thing, {}))
            continue
        thing = known[row.id]
        changed.append((thing, snapshot(thing)))
        for key, value in wanted.items():
            setattr(thing, key, value)
        if row.verdict is Verdict.NEW:
            thing.status = PointStatus.ACTIVE
    await session.flush()
    for thing, before in changed:
        await note(session, actor, thing, before, batch=batch, action="")
    return {thing.code: thing.id for thing, before in changed if not before}
