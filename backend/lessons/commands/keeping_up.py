"""The changes of maintenance that a suggestion asks for: another interval, a first plan, a renewal on a day."""

from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.errors import N_, Conflict, Invalid
from backend.identity.actor import Actor
from backend.identity.scoping import get_visible
from backend.lessons.models import Suggestion
from backend.maintenance.commands import Origin, change_plan, make_plan
from backend.maintenance.models import MaintenanceKind, MaintenancePlan
from backend.maintenance.queries import site_day
from backend.maintenance.schedule import Terms


@dataclass(frozen=True)
class Wanted:
    """How a person wants it; what a kind doesn't need is None or empty."""

    words: str
    words_en: str
    interval_days: int | None
    post_id: int | None
    due_on: date | None
    reason: str


async def set_interval(session: AsyncSession, actor: Actor, one: Suggestion, wanted: Wanted) -> int:
    """Give the plan another interval, or make a first plan where there is none; gives the plan's id.

    Raises Invalid by field, Conflict when the plan rests or already has that interval, and as the plan's commands do.
    """
    if wanted.interval_days is None:
        raise Invalid(fields={"interval_days": N_("间隔请填写 1 到 3660 天")})
    plan_id = one.proposal.get("plan_id")
    if plan_id is None:
        today, kind = site_day(actor), MaintenanceKind.SERVICE
        terms = Terms(wanted.words, kind, today, wanted.interval_days, wanted.post_id, wanted.words_en)
        return await _make(session, actor, one, terms, wanted)
    plan = await get_visible(session, actor, MaintenancePlan, plan_id, lock=True)
    if not plan.active:
        raise Conflict(N_("这个保养计划已停用"))
    if plan.interval_days == wanted.interval_days:
        raise Invalid(fields={"interval_days": N_("现在已经是这个间隔")})
    terms = replace(Terms.of(plan), interval_days=wanted.interval_days)
    await change_plan(session, actor, plan.id, terms, why=wanted.reason, origin=origin_of(one))
    return plan.id


async def plan_renewal(session: AsyncSession, actor: Actor, one: Suggestion, wanted: Wanted) -> int:
    """Make a plan that is done once, on a day; gives its id. Raises Invalid by field."""
    if wanted.due_on is None:
        raise Invalid(fields={"due_on": N_("请选择日期")})
    if wanted.due_on < site_day(actor):
        raise Invalid(fields={"due_on": N_("日期不能早于今天")})
    terms = Terms(wanted.words, MaintenanceKind.RENEWAL, wanted.due_on, None, wanted.post_id, wanted.words_en)
    return await _make(session, actor, one, terms, wanted)


async def _make(session: AsyncSession, actor: Actor, one: Suggestion, terms: Terms, wanted: Wanted) -> int:
    if one.equipment_id is None:
        raise Conflict(N_("这条建议没有对应的设备，请在设备页新建保养计划"))
    try:
        plan = await make_plan(session, actor, one.equipment_id, terms, why=wanted.reason, origin=origin_of(one))
    except Invalid as error:
        # The form has no field for what is done but the suggestion's own words, nor for the day it counts from.
        known = {"name": "words", "name_en": "words_en", "since": "due_on"}
        fields = {known.get(field, field): words for field, words in error.fields.items()}
        raise Invalid(fields=fields) from error
    return plan.id


def origin_of(one: Suggestion) -> Origin:
    """How the plan's version names the suggestion."""
    return Origin(one.words, one.words_en, f"/lessons/suggestions/{one.id}")
