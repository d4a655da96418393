"""Make, change and drop a measure that holds a source."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.checkins.models import Checklist, InspectionPlan
from backend.core.clock import now
from backend.core.errors import N_, Invalid
from backend.core.tables import SiteScoped
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.models import Post
from backend.identity.permissions import require, visible
from backend.maintenance.models import MaintenancePlan
from backend.risks.commands.checking import check_there
from backend.risks.commands.telling import tell
from backend.risks.models import ControlMeasure, RiskPoint
from backend.risks.queries.one import measure_of, source_of
from backend.risks.terms import MeasureTerms, changes, check, of, stored


async def make_measure(session: AsyncSession, actor: Actor, source_id: int, terms: MeasureTerms) -> ControlMeasure:
    """Add a measure. Raises Forbidden, NotFound, Invalid by field."""
    require(actor, "risks.edit")
    point, source = await source_of(session, actor, source_id)
    terms = await _checked(session, actor, terms)
    last = select(func.coalesce(func.max(ControlMeasure.position), -1)).where(
        visible(actor, ControlMeasure), col(ControlMeasure.source_id) == source.id
    )
    position = int((await session.execute(last)).scalar_one()) + 1
    measure = ControlMeasure(site_id=source.site_id, source_id=source.id, position=position, **stored(terms))
    session.add(measure)
    await session.flush()
    await _keep(session, actor, point, {"measure": [None, measure.words]})
    return measure


async def change_measure(session: AsyncSession, actor: Actor, measure_id: int, terms: MeasureTerms) -> ControlMeasure:
    """Change it. Raises Forbidden, NotFound, Invalid by field."""
    require(actor, "risks.edit")
    point, _, measure = await measure_of(session, actor, measure_id)
    changed = changes(stored(of(MeasureTerms, measure)), stored(await _checked(session, actor, terms)))
    if changed:
        for name, (_, value) in changed.items():
            setattr(measure, name, value)
        await session.flush()
        await _keep(session, actor, point, changed)
    return measure


async def drop_measure(session: AsyncSession, actor: Actor, measure_id: int) -> RiskPoint:
    """Take it off the list. Raises Forbidden, NotFound."""
    require(actor, "risks.edit")
    point, _, measure = await measure_of(session, actor, measure_id)
    measure.dropped_at = now()
    await session.flush()
    await record_change(session, actor, "risk.drop_measure", "risk_point", point.id, {"measure": [measure.words, None]})
    await tell(session, actor, point, "changed")
    return point


async def _keep(session: AsyncSession, actor: Actor, point: RiskPoint, change: dict[str, list[object]]) -> None:
    await record_change(session, actor, "risk.measure", "risk_point", point.id, change)
    await tell(session, actor, point, "changed")


async def _checked(session: AsyncSession, actor: Actor, terms: MeasureTerms) -> MeasureTerms:
    """``terms`` without an item where there is no plan. Raises Invalid for an item that the plan doesn't ask."""
    check(terms)
    asked: Mapping[str, tuple[type[SiteScoped], int | None]] = {
        "post_id": (Post, terms.post_id),
        "check": (InspectionPlan, terms.plan_id),
        "maintenance_plan_id": (MaintenancePlan, terms.maintenance_plan_id),
    }
    await check_there(session, actor, asked)
    if terms.plan_id is None or not terms.check_item:
        return replace(terms, check_item="")
    items = await session.scalar(
        select(col(Checklist.items))
        .join(InspectionPlan, col(InspectionPlan.checklist_id) == col(Checklist.id))
        .where(visible(actor, InspectionPlan), col(InspectionPlan.id) == terms.plan_id)
    )
    if terms.check_item not in {item["title"] for item in items or ()}:
        raise Invalid(fields={"check": N_("这份巡检计划没有这个检查项")})
    return terms
