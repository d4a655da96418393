"""Make, change and drop a source of a risk point."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.errors import N_, Invalid
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require, visible
from backend.identity.scoping import get_visible
from backend.risks.commands.settling import settle_level
from backend.risks.commands.telling import tell
from backend.risks.models import HazardSource, RiskPoint
from backend.risks.queries.one import source_of
from backend.risks.terms import SourceTerms, changes, check, of, stored


async def make_source(session: AsyncSession, actor: Actor, risk_point_id: int, terms: SourceTerms) -> HazardSource:
    """Add a source. Raises Forbidden, NotFound, Invalid by field."""
    require(actor, "risks.edit")
    point = await get_visible(session, actor, RiskPoint, risk_point_id, lock=True)
    await _check(session, actor, point, terms, None)
    last = select(func.coalesce(func.max(HazardSource.position), -1)).where(
        visible(actor, HazardSource), col(HazardSource.risk_point_id) == point.id
    )
    position = int((await session.execute(last)).scalar_one()) + 1
    source = HazardSource(site_id=point.site_id, risk_point_id=point.id, position=position, **stored(terms))
    session.add(source)
    await session.flush()
    change = {"source": [None, source.name]}
    await record_change(session, actor, "risk.source", "risk_point", point.id, change)
    await tell(session, actor, point, "changed")
    return source


async def change_source(session: AsyncSession, actor: Actor, source_id: int, terms: SourceTerms) -> HazardSource:
    """Change what is said of it; its grading stays. Raises Forbidden, NotFound, Invalid by field."""
    require(actor, "risks.edit")
    point, source = await source_of(session, actor, source_id)
    point = await get_visible(session, actor, RiskPoint, point.id, lock=True)
    await _check(session, actor, point, terms, source.id)
    changed = changes(stored(of(SourceTerms, source)), stored(terms))
    if changed:
        for name, (_, value) in changed.items():
            setattr(source, name, value)
        await session.flush()
        await record_change(session, actor, "risk.source", "risk_point", point.id, changed)
        await tell(session, actor, point, "changed")
    return source


async def drop_source(session: AsyncSession, actor: Actor, source_id: int) -> RiskPoint:
    """Take it off the list; its gradings stay stored. Raises Forbidden, NotFound."""
    require(actor, "risks.edit")
    point, source = await source_of(session, actor, source_id)
    point = await get_visible(session, actor, RiskPoint, point.id, lock=True)
    source.dropped_at = now()
    await session.flush()
    await settle_level(session, actor, point)
    await record_change(session, actor, "risk.drop_source", "risk_point", point.id, {"source": [source.name, None]})
    await tell(session, actor, point, "changed")
    return point


async def _check(session: AsyncSession, actor: Actor, point: RiskPoint, terms: SourceTerms, own_id: int | None) -> None:
    check(terms)
    same = select(col(HazardSource.id)).where(
        visible(actor, HazardSource),
        col(HazardSource.risk_point_id) == point.id,
        col(HazardSource.name) == terms.name.strip(),
        col(HazardSource.dropped_at).is_(None),
    )
    taken = await session.scalar(same)
    if taken is not None and taken != own_id:
        raise Invalid(fields={"name": N_("这个风险点已经有同名的危险源")})
