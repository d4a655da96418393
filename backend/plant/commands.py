"""What people change about the plant: equipment's owner and first day, and what a point's instrument can mean."""

import math
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.errors import N_, Invalid, NotFound
from backend.core.events import record_event
from backend.identity.actor import Actor
from backend.identity.models import Post
from backend.identity.permissions import require, visible
from backend.plant.age import check_commissioning
from backend.plant.history import note, snapshot, tell
from backend.plant.models import Equipment, FloorPlan, Point
from backend.plant.scale import read_width

LONGEST_NAME = 60
LONGEST_UNIT = 20


async def assign_owner(session: AsyncSession, actor: Actor, equipment_id: int, post_id: int) -> Equipment:
    """Let the post answer for the equipment from now on. Raises Invalid for a post that isn't the site's."""
    require(actor, "plant.edit")
    equipment = await _locked(session, actor, equipment_id)
    post = (
        await session.execute(select(Post).where(visible(actor, Post), col(Post.id) == post_id))
    ).scalar_one_or_none()
    if post is None:
        raise Invalid(fields={"owner_post_id": N_("请选择责任岗位")})
    if equipment.owner_post_id == post_id:
        return equipment
    before, equipment.owner_post_id = snapshot(equipment), post_id
    await note(session, actor, equipment, before, action="equipment.assign_owner")
    await record_event(
        session,
        site_id=actor.site_id,
        kind="equipment.owner_changed",
        subject="equipment",
        subject_id=equipment.id,
        actor_id=actor.person_id,
        data={
            "title_zh": f"{equipment.name}的责任岗位改为{post.name}",
            "title_en": f"{equipment.name_en or equipment.name} is now answered for by {post.name_en or post.name}",
            "url": f"/equipment/{equipment.id}",
        },
    )
    return equipment


async def set_scale(
    session: AsyncSession, actor: Actor, *, line: str, length_m: str, width_m: str, plan_id: int | None = None
) -> FloorPlan:
    """Say how many metres a plan is wide (None: the first), as drawn or typed (``scale.read_width``). Raises Invalid by
    field, NotFound without a plan."""
    require(actor, "plant.edit")
    wanted = select(FloorPlan).where(visible(actor, FloorPlan), col(FloorPlan.retired_at).is_(None))
    if plan_id is not None:
        wanted = wanted.where(col(FloorPlan.id) == plan_id)
    first = wanted.order_by(col(FloorPlan.position), col(FloorPlan.id)).limit(1).with_for_update()
    plan = await session.scalar(first)
    if plan is None:
        raise NotFound()
    before, plan.width_m = snapshot(plan), read_width(line, length_m, width_m, plan.width)
    await session.flush()
    if await note(session, actor, plan, before, action="floor_plan.scale"):
        await tell(session, actor)
    return plan


async def set_commissioning(session: AsyncSession, actor: Actor, equipment_id: int, day: date | None) -> Equipment:
    """Record since when the equipment is in service, None for unknown. Raises Invalid for a day that can't be."""
    require(actor, "plant.edit")
    check_commissioning(day, now().astimezone(actor.zone).date())
    equipment = await _locked(session, actor, equipment_id)
    if equipment.commissioned_on == day:
        return equipment
    before, equipment.commissioned_on = snapshot(equipment), day
    await note(session, actor, equipment, before, action="equipment.set_commissioning")
    return equipment


async def _locked(session: AsyncSession, actor: Actor, equipment_id: int) -> Equipment:
    found = await session.execute(
        select(Equipment).where(visible(actor, Equipment), col(Equipment.id) == equipment_id).with_for_update()
    )
    equipment = found.scalar_one_or_none()
    if equipment is None:
        raise NotFound()
    return equipment


async def edit_point(
    session: AsyncSession,
    actor: Actor,
    point_id: int,
    *,
    name: str,
    name_en: str,
    unit: str,
    range_low: float | None,
    range_high: float | None,
) -> Point:
    """Set what a point is called and what its instrument can mean; ingest takes it over within seconds.

    Raises Invalid with a message a field.
    """
    require(actor, "plant.edit")
    check_point(name, name_en, unit, range_low, range_high)
    point = (
        await session.execute(select(Point).where(visible(actor, Point), col(Point.id) == point_id).with_for_update())
    ).scalar_one_or_none()
    if point is None:
        raise NotFound()
    wanted: dict[str, Any] = {
        "name": name.strip(),
        "name_en": name_en.strip(),
        "unit": unit.strip(),
        "range_low": range_low,
        "range_high": range_high,
    }
    before = snapshot(point)
    for key, value in wanted.items():
        setattr(point, key, value)
    if await note(session, actor, point, before, action="point.edit"):
        await tell(session, actor)
    return point


def check_point(name: str, name_en: str, unit: str, low: float | None, high: float | None) -> None:
    """What can't stand in a point's definition. Raises Invalid with a message a field."""
    faults: dict[str, str] = {}
    if not name.strip():
        faults["name"] = N_("请填写名称")
    for field, value, most in (("name", name, LONGEST_NAME), ("name_en", name_en, LONGEST_NAME)):
        if len(value.strip()) > most:
            faults[field] = N_("名称太长，请控制在 60 个字符以内")
    if len(unit.strip()) > LONGEST_UNIT:
        faults["unit"] = N_("单位太长，请控制在 20 个字符以内")
    for field, bound in (("range_low", low), ("range_high", high)):
        if bound is not None and not math.isfinite(bound):
            faults[field] = N_("请填写数字")
    if not faults and low is not None and high is not None and low >= high:
        faults["range_high"] = N_("量程上限应大于下限")
    if faults:
        raise Invalid(fields=faults)
