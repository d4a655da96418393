"""Floor plans and what is drawn on them: the picture below, the outline of areas, the marks of equipment."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.errors import N_, Conflict, Invalid
from backend.core.files import store_photo
from backend.core.pictures import Picture
from backend.identity.actor import Actor
from backend.identity.permissions import require, visible
from backend.identity.scoping import get_visible
from backend.plant.editing.commands.things import is_retired
from backend.plant.editing.fields import LONGEST_NAME
from backend.plant.editing.shapes import Corner, check_place, check_polygon
from backend.plant.history import note, snapshot, tell
from backend.plant.models import Area, Equipment, FloorPlan

NEW_WIDTH = 360.0
"""Units of a new plan's width: as many as a phone has pixels. Its height follows the picture."""
TALLEST, FLATTEST = 3.0, 1 / 3


async def add_plan(session: AsyncSession, actor: Actor, name: str, name_en: str, picture: Picture | None) -> FloorPlan:
    """A further floor plan, on ``picture`` or on an empty sheet of 4 : 3. Raises Invalid by field."""
    require(actor, "plant.edit")
    _check_names(name, name_en)
    ratio = picture.height / picture.width if picture else 0.75
    if not FLATTEST <= ratio <= TALLEST:
        raise Invalid(fields={"picture": N_("图片太长或太扁，请裁到接近方形再上传")})
    last = select(col(FloorPlan.position)).where(visible(actor, FloorPlan)).order_by(col(FloorPlan.position).desc())
    plan = FloorPlan(
        site_id=actor.site_id,
        name=name.strip(),
        name_en=name_en.strip(),
        width=NEW_WIDTH,
        height=float(round(NEW_WIDTH * ratio)),
        picture_path=await _kept(picture),
        position=((await session.scalar(last.limit(1))) or 0) + 1,
    )
    session.add(plan)
    await session.flush()
    await note(session, actor, plan, {})
    await tell(session, actor)
    return plan


async def edit_plan(
    session: AsyncSession, actor: Actor, plan_id: int, name: str, name_en: str, picture: Picture | None
) -> FloorPlan:
    """Rename a plan and, with ``picture``, lay another one under it: as large as fits, what is drawn stays where it is.

    Raises NotFound, Conflict (out of use), Invalid by field.
    """
    require(actor, "plant.edit")
    _check_names(name, name_en)
    plan = await _plan(session, actor, plan_id)
    before = snapshot(plan)
    plan.name, plan.name_en = name.strip(), name_en.strip()
    if picture is not None:
        plan.picture_path = await _kept(picture)
    await session.flush()
    if await note(session, actor, plan, before):
        await tell(session, actor)
    return plan


async def remove_picture(session: AsyncSession, actor: Actor, plan_id: int) -> FloorPlan:
    """Take the picture from under a plan. Raises NotFound, Conflict (out of use)."""
    require(actor, "plant.edit")
    plan = await _plan(session, actor, plan_id)
    before, plan.picture_path = snapshot(plan), ""
    await session.flush()
    if await note(session, actor, plan, before):
        await tell(session, actor)
    return plan


async def outline(
    session: AsyncSession, actor: Actor, plan_id: int, area_id: int, corners: Sequence[Corner], *, batch: str = ""
) -> Area:
    """Draw an area on a plan, or take it from there (no ``corners``). Raises NotFound, Conflict, Invalid by field."""
    require(actor, "plant.edit")
    plan = await _plan(session, actor, plan_id)
    if corners:
        check_polygon(corners, plan.width, plan.height)
    area = await get_visible(session, actor, Area, area_id, lock=True)
    if is_retired(area):
        raise Conflict(N_("已停用，请先恢复使用"))
    before = snapshot(area)
    area.polygon = [list(corner) for corner in corners]
    area.floor_plan_id = plan.id if corners else None
    await session.flush()
    if await note(session, actor, area, before, batch=batch):
        await tell(session, actor)
    return area


async def place(
    session: AsyncSession, actor: Actor, plan_id: int, equipment_id: int, at: tuple[float, float] | None
) -> Equipment:
    """Put equipment's mark ``at`` a place of a plan, None: nowhere. Raises NotFound, Conflict, Invalid."""
    require(actor, "plant.edit")
    plan = await _plan(session, actor, plan_id)
    if at is not None:
        check_place(*at, plan.width, plan.height)
    equipment = await get_visible(session, actor, Equipment, equipment_id, lock=True)
    if is_retired(equipment):
        raise Conflict(N_("已停用，请先恢复使用"))
    before = snapshot(equipment)
    equipment.x, equipment.y = at or (None, None)
    equipment.floor_plan_id = plan.id if at else None
    await session.flush()
    if await note(session, actor, equipment, before):
        await tell(session, actor)
    return equipment


async def _plan(session: AsyncSession, actor: Actor, plan_id: int) -> FloorPlan:
    plan = await get_visible(session, actor, FloorPlan, plan_id, lock=True)
    if is_retired(plan):
        raise Conflict(N_("已停用，请先恢复使用"))
    return plan


async def _kept(picture: Picture | None) -> str:
    return (await store_photo(picture.webp, "webp")).path if picture else ""


def _check_names(name: str, name_en: str) -> None:
    wrong = {}
    if not name.strip():
        wrong["name"] = N_("请填写名称")
    for field, value in (("name", name), ("name_en", name_en)):
        if len(value.strip()) > LONGEST_NAME or not all(c.isprintable() for c in value.strip()):
            wrong[field] = N_("名称太长，请控制在 60 个字符以内")
    if wrong:
        raise Invalid(fields=wrong)
