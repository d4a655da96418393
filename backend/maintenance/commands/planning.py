"""What leaders do with maintenance plans: make, change, pause, resume. Each is a version with who, when and why."""

from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.errors import N_, Conflict, Invalid
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.models import Post
from backend.identity.permissions import require, visible
from backend.identity.scoping import get_visible
from backend.maintenance.commands.opening import keep_open
from backend.maintenance.models import MaintenancePlan, MaintenancePlanVersion
from backend.maintenance.queries.due import site_day
from backend.maintenance.queries.plans import differences, last_done
from backend.maintenance.schedule import LONGEST_WORDS, Terms, check_terms
from backend.maintenance.telling import tell_planned
from backend.plant.models import Equipment


@dataclass(frozen=True)
class Origin:
    """What a change came from, where a person didn't think of it alone: words for it in both languages, its page."""

    words: str
    words_en: str
    url: str


async def make_plan(
    session: AsyncSession, actor: Actor, equipment_id: int, terms: Terms, *, why: str = "", origin: Origin | None = None
) -> MaintenancePlan:
    """Make a plan with its first record. Raises Forbidden, Invalid by field."""
    require(actor, "maintenance.plan")
    await _check(session, actor, terms, why)
    found = select(col(Equipment.id)).where(visible(actor, Equipment), col(Equipment.id) == equipment_id)
    if await session.scalar(found) is None:
        raise Invalid(fields={"equipment_id": N_("请选择设备")})
    plan = MaintenancePlan(site_id=actor.site_id, equipment_id=equipment_id, **asdict(terms.tidied))
    session.add(plan)
    await session.flush()
    await keep_open(session, plan, site_day(actor))
    await _keep_version(session, actor, plan, why, origin)
    await record_change(session, actor, "maintenance.plan", "maintenance_plan", plan.id, {"name": [None, plan.name]})
    await tell_planned(session, actor, plan)
    return plan


async def change_plan(
    session: AsyncSession,
    actor: Actor,
    plan_id: int,
    terms: Terms,
    *,
    version: int | None = None,
    why: str = "",
    origin: Origin | None = None,
) -> MaintenancePlan:
    """Change what a plan asks for; what is due is dated anew from when it was last done. ``version``: that was seen.

    Raises Forbidden, NotFound, Invalid by field, Conflict when somebody else changed it meanwhile.
    """
    require(actor, "maintenance.plan")
    plan = await _locked(session, actor, plan_id, version)
    await _check(session, actor, terms, why)
    done = await last_done(session, actor, plan_id)
    if terms.interval_days is None and plan.interval_days is not None and done is not None:
        raise Invalid(fields={"rhythm": N_("已经做过的计划不能改成只做一次，请停用后另建一个")})
    before = Terms.of(plan).stored()
    for name, value in asdict(terms.tidied).items():
        setattr(plan, name, value)
    changed = differences(before, Terms.of(plan).stored())
    if not changed:
        return plan
    plan.version += 1
    await keep_open(session, plan, site_day(actor))
    await _keep_version(session, actor, plan, why, origin)
    change = {name: list(values) for name, values in changed.items()}
    await record_change(session, actor, "maintenance.change", "maintenance_plan", plan.id, change)
    await tell_planned(session, actor, plan, changed=True)
    return plan


async def pause_plan(session: AsyncSession, actor: Actor, plan_id: int, why: str) -> MaintenancePlan:
    """Ask for it no more until it is resumed; what was done stays. Raises Forbidden, NotFound, Invalid without why."""
    return await _set_active(session, actor, plan_id, why, active=False)


async def resume_plan(session: AsyncSession, actor: Actor, plan_id: int, why: str) -> MaintenancePlan:
    """Ask for it again, from when it was last done. Raises as ``pause_plan``, and Conflict for one that is finished."""
    return await _set_active(session, actor, plan_id, why, active=True)


async def _set_active(session: AsyncSession, actor: Actor, plan_id: int, why: str, *, active: bool) -> MaintenancePlan:
    require(actor, "maintenance.plan")
    plan = await _locked(session, actor, plan_id, None)
    if not 0 < len(why.strip()) <= LONGEST_WORDS:
        raise Invalid(fields={"why": N_("请写明原因")})
    if plan.active == active:
        return plan
    plan.active = active
    await keep_open(session, plan, site_day(actor))
    if plan.active != active:
        raise Conflict(N_("这件事已经做完，不再到期；需要再做请另建计划"))
    plan.version += 1
    await _keep_version(session, actor, plan, why, None)
    change = {"active": [not active, active], "reason": [None, why.strip()]}
    verb = "resume" if active else "pause"
    await record_change(session, actor, f"maintenance.{verb}", "maintenance_plan", plan.id, change)
    await tell_planned(session, actor, plan, changed=True)
    return plan


async def _locked(session: AsyncSession, actor: Actor, plan_id: int, version: int | None) -> MaintenancePlan:
    plan = await get_visible(session, actor, MaintenancePlan, plan_id, lock=True)
    if version is not None and version != plan.version:
        raise Conflict(N_("刚才有人更新了这个计划，请查看最新情况后再修改"))
    return plan


async def _check(session: AsyncSession, actor: Actor, terms: Terms, why: str) -> None:
    check_terms(terms, site_day(actor))
    if len(why) > LONGEST_WORDS:
        raise Invalid(fields={"why": N_("内容太长，请精简")})
    posts = select(col(Post.id)).where(visible(actor, Post), col(Post.id) == terms.post_id)
    if await session.scalar(posts) is None:
        raise Invalid(fields={"post_id": N_("请选择责任岗位")})


async def _keep_version(
    session: AsyncSession, actor: Actor, plan: MaintenancePlan, why: str, origin: Origin | None
) -> None:
    session.add(
        MaintenancePlanVersion(
            site_id=plan.site_id,
            plan_id=plan.id,
            number=plan.version,
            terms={**Terms.of(plan).stored(), "active": plan.active},
            made_by=actor.person_id,
            why=why.strip(),
            origin=origin.words if origin else "",
            origin_en=origin.words_en if origin else "",
            origin_url=origin.url if origin else "",
        )
    )
    await session.flush()
