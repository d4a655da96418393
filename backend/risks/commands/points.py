"""Make, change, retire and restore a risk point."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.errors import N_, Conflict, Invalid
from backend.core.tables import SiteScoped
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.models import Post
from backend.identity.permissions import require, visible
from backend.identity.scoping import get_visible
from backend.plant.models import Area, Equipment, Stage
from backend.risks.commands.checking import check_there
from backend.risks.commands.telling import tell
from backend.risks.models import RiskPoint
from backend.risks.terms import LONGEST_WORDS, PointTerms, changes, check, of, stored


async def make_point(session: AsyncSession, actor: Actor, terms: PointTerms, *, origin: str = "hand") -> RiskPoint:
    """Make a risk point. Raises Forbidden, Invalid by field."""
    require(actor, "risks.edit")
    terms = await _checked(session, actor, terms, None)
    point = RiskPoint(site_id=actor.site_id, origin=origin, **stored(terms))
    session.add(point)
    await session.flush()
    change = {"code": [None, point.code], "name": [None, point.name]}
    await record_change(session, actor, "risk.create", "risk_point", point.id, change)
    await tell(session, actor, point, "created")
    return point


async def change_point(
    session: AsyncSession, actor: Actor, risk_point_id: int, terms: PointTerms, *, version: int | None = None
) -> RiskPoint:
    """Change it. ``version``: that was seen. Raises Forbidden, NotFound, Invalid by field, Conflict."""
    require(actor, "risks.edit")
    point = await get_visible(session, actor, RiskPoint, risk_point_id, lock=True)
    if version is not None and version != point.version:
        raise Conflict(N_("刚才有人更新了这个风险点，请查看最新情况后再修改"))
    terms = await _checked(session, actor, terms, point.id)
    changed = changes(stored(of(PointTerms, point)), stored(terms))
    if not changed:
        return point
    for name, (_, value) in changed.items():
        setattr(point, name, value)
    point.version += 1
    await session.flush()
    await record_change(session, actor, "risk.edit", "risk_point", point.id, changed)
    await tell(session, actor, point, "changed")
    return point


async def retire_point(session: AsyncSession, actor: Actor, risk_point_id: int, why: str) -> RiskPoint:
    """Take it out of the list; all of it stays to be read. Raises Forbidden, NotFound, Invalid without why."""
    require(actor, "risks.edit")
    point = await get_visible(session, actor, RiskPoint, risk_point_id, lock=True)
    if not 0 < len(why.strip()) <= LONGEST_WORDS:
        raise Invalid(fields={"why": N_("请写明原因")})
    if point.retired_at is None:
        point.retired_at, point.retired_why = now(), why.strip()
        await session.flush()
        await record_change(session, actor, "risk.retire", "risk_point", point.id, {"reason": [None, why.strip()]})
        await tell(session, actor, point, "retired")
    return point


async def restore_point(session: AsyncSession, actor: Actor, risk_point_id: int) -> RiskPoint:
    """Take it into the list again. Raises Forbidden, NotFound."""
    require(actor, "risks.edit")
    point = await get_visible(session, actor, RiskPoint, risk_point_id, lock=True)
    if point.retired_at is not None:
        before, point.retired_at, point.retired_why = point.retired_why, None, ""
        await session.flush()
        await record_change(session, actor, "risk.restore", "risk_point", point.id, {"reason": [before, None]})
        await tell(session, actor, point, "restored")
    return point


async def _checked(session: AsyncSession, actor: Actor, terms: PointTerms, own_id: int | None) -> PointTerms:
    """``terms`` with the area of the equipment, where only that was said."""
    check(terms)
    asked: Mapping[str, tuple[type[SiteScoped], int | None]] = {
        "stage_id": (Stage, terms.stage_id),
        "area_id": (Area, terms.area_id),
        "equipment_id": (Equipment, terms.equipment_id),
        "post_id": (Post, terms.post_id),
    }
    await check_there(session, actor, asked)
    same = select(col(RiskPoint.id)).where(visible(actor, RiskPoint), col(RiskPoint.code) == terms.code.strip())
    taken = await session.scalar(same)
    if taken is not None and taken != own_id:
        raise Invalid(fields={"code": N_("这个编号已经用过，请换一个")})
    if terms.equipment_id is not None and terms.area_id is None:
        place = select(col(Equipment.area_id)).where(visible(actor, Equipment), col(Equipment.id) == terms.equipment_id)
        terms = replace(terms, area_id=await session.scalar(place))
    return terms
