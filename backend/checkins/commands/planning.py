"""What safety officers do with inspection plans: make, change, stop, resume; the site's calendar; fences of places.

A plan's visits are made ahead at once, so that who made it sees today's. When its rhythm, post or places change,
visits that are still due are made anew; what was done or missed stays.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.checkins import queries
from backend.checkins.checklists import Question, stored
from backend.checkins.commands.laying import lay_out
from backend.checkins.models import (
    Checklist,
    InspectionPlan,
    InspectionStop,
    InspectionVisit,
    PlaceFence,
    SiteCalendar,
    VisitState,
)
from backend.checkins.position import Fence
from backend.checkins.queries import Place
from backend.checkins.queries.past import as_kept
from backend.checkins.schedule import Rhythm
from backend.core.clock import now
from backend.core.errors import N_, Conflict, Invalid
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.models import Post
from backend.identity.permissions import require, visible
from backend.identity.scoping import get_visible
from backend.identity.undoing import as_before

SHORTEST_INTERVAL_MINUTES = 15
LONGEST_INTERVAL_MINUTES = 31 * 24 * 60


@dataclass(frozen=True)
class PlanWish:
    """A plan as it is wished for."""

    name: str
    post_id: int
    rhythm: str
    questions: tuple[Question, ...]
    equipment_ids: tuple[int, ...] = ()
    area_ids: tuple[int, ...] = ()
    name_en: str = ""
    interval_minutes: int | None = None
    skips_holidays: bool = False
    asks_photo: bool = False


async def make_plan(session: AsyncSession, actor: Actor, wish: PlanWish) -> InspectionPlan:
    """Make a plan with its checklist and first visits. Raises Forbidden, Invalid by field, NotFound for a place."""
    require(actor, "plans.edit")
    await _check(session, actor, wish)
    plan = InspectionPlan(site_id=actor.site_id, begins_at=now(), **_fields(wish))
    session.add(plan)
    await session.flush()
    await _keep_questions(session, actor, plan, wish)
    await _keep_stops(session, actor, plan, wish)
    await _lay_out(session, actor, plan)
    await record_change(session, actor, "plan.create", "inspection_plan", plan.id, {"name": [None, plan.name]})
    return plan


async def change_plan(
    session: AsyncSession,
    actor: Actor,
    plan_id: int,
    wish: PlanWish,
    version: int | None = None,
    *,
    deed: str = "plan.edit",
) -> InspectionPlan:
    """Change a plan. ``version`` is the one that was seen. Raises as ``make_plan``, and Conflict."""
    require(actor, "plans.edit")
    plan = await get_visible(session, actor, InspectionPlan, plan_id, lock=True)
    if version is not None and version != plan.version:
        raise Conflict(N_("刚才有人更新了这个计划，请查看最新情况后再修改"))
    await _check(session, actor, wish)
    fields = _fields(wish)
    before = await as_kept(session, actor, plan)
    for name, value in fields.items():
        setattr(plan, name, value)
    await _keep_questions(session, actor, plan, wish)
    moved = await _keep_stops(session, actor, plan, wish)
    if before["rhythm"] != plan.rhythm or before["interval_minutes"] != plan.interval_minutes:
        plan.begins_at = now()
    scheduling = ("rhythm", "interval_minutes", "post_id", "skips_holidays")
    if moved or any(before[name] != fields[name] for name in scheduling):
        await _lay_out_anew(session, actor, plan)
    plan.version += 1
    await session.flush()
    after = await as_kept(session, actor, plan)
    changed = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    await record_change(session, actor, deed, "inspection_plan", plan.id, changed)
    return plan


async def stop_plan(session: AsyncSession, actor: Actor, plan_id: int) -> InspectionPlan:
    """Ask for no more visits; those still due go, what was done or missed stays. Raises Forbidden, NotFound."""
    require(actor, "plans.edit")
    plan = await get_visible(session, actor, InspectionPlan, plan_id, lock=True)
    if plan.active:
        plan.active = False
        plan.version += 1
        await _drop_due(session, actor, plan)
        await record_change(session, actor, "plan.stop", "inspection_plan", plan.id, {"active": [True, False]})
    return plan


async def resume_plan(session: AsyncSession, actor: Actor, plan_id: int) -> InspectionPlan:
    """Ask again from now on. Raises Forbidden, NotFound."""
    require(actor, "plans.edit")
    plan = await get_visible(session, actor, InspectionPlan, plan_id, lock=True)
    if not plan.active:
        plan.active = True
        plan.version += 1
        plan.begins_at = now()
        await _lay_out_anew(session, actor, plan)
        await record_change(session, actor, "plan.resume", "inspection_plan", plan.id, {"active": [False, True]})
    return plan


async def restore_calendar(session: AsyncSession, actor: Actor, entry_id: int) -> None:
    """Put shifts and holidays back to how they stood before a change. Raises Forbidden, NotFound."""
    require(actor, "plans.edit")
    known, changes = await queries.site_calendar(session, actor), await queries.calendar_changes(session, actor)
    former = as_before(changes, entry_id, {"shifts": known.shifts, "holidays": known.holidays})
    await set_calendar(session, actor, former["shifts"], former["holidays"], deed="plan.calendar_restored")


async def set_calendar(
    session: AsyncSession, actor: Actor, shifts: list[str], holidays: list[str], *, deed: str = "plan.calendar"
) -> None:
    """Set the site's shifts and holidays, and make anew what is still due by them. Raises Forbidden."""
    require(actor, "plans.edit")
    before = await queries.site_calendar(session, actor)
    own = (await session.execute(select(SiteCalendar).where(visible(actor, SiteCalendar)))).scalar_one_or_none()
    own = own or SiteCalendar(site_id=actor.site_id)
    own.shifts, own.holidays = list(shifts), list(holidays)
    session.add(own)
    await session.flush()
    change = {"shifts": [before.shifts, own.shifts], "holidays": [before.holidays, own.holidays]}
    changed = {name: values for name, values in change.items() if values[0] != values[1]}
    await record_change(session, actor, deed, "site_calendar", own.id, changed)
    affected = await session.execute(
        select(InspectionPlan).where(visible(actor, InspectionPlan), col(InspectionPlan.active)).with_for_update()
    )
    for plan in list(affected.scalars()):
        if plan.rhythm == Rhythm.SHIFT or plan.skips_holidays:
            await _lay_out_anew(session, actor, plan)


async def set_fence(session: AsyncSession, actor: Actor, place: Place, fence: Fence | None) -> None:
    """Say where a place is on the earth; None forgets it. Raises Forbidden."""
    require(actor, "plans.edit")
    column = PlaceFence.area_id if place.is_area else PlaceFence.equipment_id
    await session.execute(delete(PlaceFence).where(visible(actor, PlaceFence), col(column) == place.id))
    if fence is not None:
        session.add(
            PlaceFence(
                site_id=actor.site_id,
                equipment_id=place.equipment_id,
                area_id=place.area_id,
                lat=fence.lat,
                lon=fence.lon,
                radius_m=fence.radius_m,
            )
        )
        await session.flush()
    told = [fence.lat, fence.lon, fence.radius_m] if fence else None
    await record_change(
        session, actor, "plan.fence", "area" if place.is_area else "equipment", place.id, {"fence": [None, told]}
    )


def _fields(wish: PlanWish) -> dict[str, Any]:
    return {
        "name": wish.name.strip(),
        "name_en": wish.name_en.strip(),
        "post_id": wish.post_id,
        "rhythm": str(wish.rhythm),
        "interval_minutes": wish.interval_minutes if wish.rhythm == Rhythm.INTERVAL else None,
        "skips_holidays": wish.skips_holidays,
        "asks_photo": wish.asks_photo,
    }


async def _check(session: AsyncSession, actor: Actor, wish: PlanWish) -> None:
    wrong: dict[str, str] = {}
    if not 0 < len(wish.name.strip()) <= 120:
        wrong["name"] = N_("请填写计划名称")
    if wish.rhythm not in set(Rhythm):
        wrong["rhythm"] = N_("请选择多久一次")
    minutes = wish.interval_minutes or 0
    if wish.rhythm == Rhythm.INTERVAL and not SHORTEST_INTERVAL_MINUTES <= minutes <= LONGEST_INTERVAL_MINUTES:
        wrong["interval"] = N_("间隔请填写 0.25 到 744 小时")
    posts = await session.execute(select(col(Post.id)).where(visible(actor, Post), col(Post.id) == wish.post_id))
    if posts.first() is None:
        wrong["post_id"] = N_("请选择由哪个岗位巡检")
    if not wish.equipment_ids and not wish.area_ids:
        wrong["places"] = N_("请至少选择一处设备或区域")
    if wrong:
        raise Invalid(fields=wrong)


async def _keep_questions(session: AsyncSession, actor: Actor, plan: InspectionPlan, wish: PlanWish) -> None:
    """A new checklist when its items differ from the present one's."""
    if plan.checklist_id and await queries.questions_of(session, actor, plan.checklist_id) == wish.questions:
        return
    numbers = await session.execute(
        select(col(Checklist.number))
        .where(visible(actor, Checklist), col(Checklist.plan_id) == plan.id)
        .order_by(col(Checklist.number).desc())
        .limit(1)
    )
    checklist = Checklist(
        site_id=actor.site_id,
        plan_id=plan.id,
        number=(numbers.scalar_one_or_none() or 0) + 1,
        items=stored(wish.questions),
    )
    session.add(checklist)
    await session.flush()
    plan.checklist_id = checklist.id


async def _keep_stops(session: AsyncSession, actor: Actor, plan: InspectionPlan, wish: PlanWish) -> bool:
    """Bring the plan's places to what is wished; gives whether any came or went. Raises NotFound for a place."""
    known = {(one.equipment_id, one.area_id): one for one in await _all_stops(session, actor, plan)}
    before = {key for key, one in known.items() if one.active}
    wanted: list[tuple[int | None, int | None]] = [(id_, None) for id_ in dict.fromkeys(wish.equipment_ids)]
    wanted += [(None, id_) for id_ in dict.fromkeys(wish.area_ids)]
    for one in known.values():
        one.active = False
    for position, (equipment_id, area_id) in enumerate(wanted):
        stop = known.get((equipment_id, area_id))
        if stop is None:
            await queries.place_with_id(session, actor, equipment_id=equipment_id, area_id=area_id)
            stop = InspectionStop(site_id=actor.site_id, plan_id=plan.id, equipment_id=equipment_id, area_id=area_id)
            session.add(stop)
        stop.active, stop.position = True, position
    await session.flush()
    return before != set(wanted)


async def _all_stops(session: AsyncSession, actor: Actor, plan: InspectionPlan) -> list[InspectionStop]:
    found = await session.execute(
        select(InspectionStop).where(visible(actor, InspectionStop), col(InspectionStop.plan_id) == plan.id)
    )
    return list(found.scalars())


async def _drop_due(session: AsyncSession, actor: Actor, plan: InspectionPlan) -> None:
    """Take back visits of the plan whose time isn't over and which nobody made."""
    await session.execute(
        delete(InspectionVisit).where(
            visible(actor, InspectionVisit),
            col(InspectionVisit.plan_id) == plan.id,
            col(InspectionVisit.state) == VisitState.DUE,
            col(InspectionVisit.closes_at) > now(),
        )
    )
    plan.planned_until = None


async def _lay_out_anew(session: AsyncSession, actor: Actor, plan: InspectionPlan) -> None:
    await _drop_due(session, actor, plan)
    if plan.active:
        await _lay_out(session, actor, plan)


async def _lay_out(session: AsyncSession, actor: Actor, plan: InspectionPlan) -> None:
    calendar = await queries.site_calendar(session, actor)
    await lay_out(session, plan, actor.zone, calendar.shifts, calendar.holidays)
