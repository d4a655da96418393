"""The whole list as lines of a workbook, and what things are called in it."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.checkins.models import Checklist, InspectionPlan
from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.maintenance.models import MaintenancePlan
from backend.risks.grading import Method, Score
from backend.risks.models import ControlMeasure, HazardSource, RiskGrading, RiskPoint
from backend.risks.queries.board import standing
from backend.risks.queries.choosing import choices
from backend.risks.sheets.completing import Names, SiteNames
from backend.risks.sheets.lines import Line, SheetMeasure


async def site_names(session: AsyncSession, actor: Actor) -> SiteNames:
    """What places, posts and plans are called; plans that rest count, since measures may name them."""
    offered = await choices(session, actor)
    planned = await session.execute(
        select(InspectionPlan, col(Checklist.items))
        .outerjoin(Checklist, col(Checklist.id) == col(InspectionPlan.checklist_id))
        .where(visible(actor, InspectionPlan))
        .order_by(col(InspectionPlan.id))
    )
    plans = [(plan, frozenset(item["title"] for item in items or ())) for plan, items in planned]
    upkeep = select(MaintenancePlan).where(visible(actor, MaintenancePlan)).order_by(col(MaintenancePlan.id))
    return SiteNames(
        area=Names.of(offered.areas),
        stage=Names.of(offered.stages),
        equipment=Names.of(offered.equipment),
        post=Names.of(offered.posts),
        plan=Names.of(plan for plan, _ in plans),
        upkeep=Names.of((await session.scalars(upkeep)).all()),
        items={plan.id: titles for plan, titles in plans},
    )


async def whole_list(session: AsyncSession, actor: Actor, names: SiteNames) -> list[Line]:
    """Every risk point in use, a line a source, in the order of their codes."""
    rows = await session.execute(
        select(RiskPoint, HazardSource)
        .outerjoin(
            HazardSource,
            (col(HazardSource.risk_point_id) == col(RiskPoint.id)) & col(HazardSource.dropped_at).is_(None),
        )
        .where(visible(actor, RiskPoint), standing())
        .order_by(col(RiskPoint.code), col(HazardSource.position), col(HazardSource.id))
    )
    scores = await _scores(session, actor)
    measures = await _measures(session, actor, names)
    return [_line(point, source, names, scores, measures) for point, source in rows]


async def _scores(session: AsyncSession, actor: Actor) -> dict[tuple[int, bool], Score]:
    newest = (
        select(RiskGrading)
        .where(visible(actor, RiskGrading))
        .ext(distinct_on(col(RiskGrading.source_id), col(RiskGrading.residual)))
        .order_by(col(RiskGrading.source_id), col(RiskGrading.residual), col(RiskGrading.id).desc())
    )
    return {(one.source_id, one.residual): score_of(one) for one in await session.scalars(newest)}


def score_of(one: RiskGrading) -> Score:
    """What was given."""
    method = Method(one.method)
    return Score(method, one.l, one.e, one.c, one.s, one.level if method is Method.DIRECT else "")


async def _measures(session: AsyncSession, actor: Actor, names: SiteNames) -> dict[int, list[SheetMeasure]]:
    wanted = (
        select(ControlMeasure)
        .where(visible(actor, ControlMeasure), col(ControlMeasure.dropped_at).is_(None))
        .order_by(col(ControlMeasure.position), col(ControlMeasure.id))
    )
    found: dict[int, list[SheetMeasure]] = defaultdict(list)
    for one in await session.scalars(wanted):
        plan = names.plan.called.get(one.plan_id or 0, "")
        check = f"{plan}/{one.check_item}" if plan and one.check_item else plan
        post = names.post.called.get(one.post_id or 0, "")
        upkeep = names.upkeep.called.get(one.maintenance_plan_id or 0, "")
        found[one.source_id].append(SheetMeasure(one.kind, one.words, post, check, upkeep))
    return found


def _line(
    point: RiskPoint,
    source: HazardSource | None,
    names: SiteNames,
    scores: Mapping[tuple[int, bool], Score],
    measures: Mapping[int, list[SheetMeasure]],
) -> Line:
    line: dict[str, Any] = {
        "code": point.code,
        "name": point.name,
        "kind": point.kind,
        "area": names.area.called.get(point.area_id or 0, ""),
        "stage": names.stage.called.get(point.stage_id or 0, ""),
        "equipment": names.equipment.called.get(point.equipment_id or 0, ""),
        "control": point.control,
        "unit": point.unit,
        "post": names.post.called.get(point.post_id or 0, ""),
        "keeper": point.keeper,
    }
    if source is None:
        return Line(**line)
    kinds = ("engineering", "management", "training", "protection", "emergency")
    return Line(
        **line,
        source=source.name,
        accidents=tuple(source.accidents),
        factor=source.factor,
        consequence=source.consequence,
        basis=source.basis,
        inherent=scores.get((source.id, False)),
        residual=scores.get((source.id, True)),
        measures=tuple(sorted(measures.get(source.id, ()), key=lambda one: kinds.index(one.kind))),
    )
