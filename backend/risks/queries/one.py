"""One risk point with its sources, their gradings and what holds them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.checkins.models import Checklist, InspectionPlan
from backend.core.errors import NotFound
from backend.identity.actor import Actor
from backend.identity.models import Person, Post
from backend.identity.permissions import visible
from backend.identity.scoping import get_visible
from backend.maintenance.models import MaintenancePlan
from backend.plant.models import Area, Equipment, Stage
from backend.risks.codes import Control, MeasureKind, held_too_low
from backend.risks.models import ControlMeasure, HazardSource, RiskGrading, RiskPoint


@dataclass(frozen=True)
class MeasureView:
    """A measure, whose it is, what checks it. ``gone``: the checklist no longer has the item."""

    measure: ControlMeasure
    post: Post | None
    plan: InspectionPlan | None
    maintenance: MaintenancePlan | None
    gone: bool


@dataclass(frozen=True)
class SourceView:
    """A source; ``gradings`` with who made them, the newest first."""

    source: HazardSource
    gradings: Sequence[tuple[RiskGrading, Person | None]]
    measures: Sequence[MeasureView]

    def newest(self, *, residual: bool) -> RiskGrading | None:
        """How it is graded now."""
        return next((one for one, _ in self.gradings if one.residual is residual), None)

    @property
    def by_kind(self) -> Mapping[MeasureKind, Sequence[MeasureView]]:
        """Its measures by the five kinds; kinds without one are there, empty."""
        return {kind: [one for one in self.measures if one.measure.kind == kind] for kind in MeasureKind}


@dataclass(frozen=True)
class PointView:
    """A risk point as its page shows it."""

    point: RiskPoint
    stage: Stage | None = None
    area: Area | None = None
    equipment: Equipment | None = None
    post: Post | None = None
    sources: Sequence[SourceView] = field(default_factory=tuple)

    @property
    def too_low(self) -> Control | None:
        """Who should hold it, where it is held too low."""
        return held_too_low(self.point.level, self.point.control)


async def point_view(session: AsyncSession, actor: Actor, risk_point_id: int) -> PointView:
    """One risk point. Raises NotFound."""
    row = (
        await session.execute(
            select(RiskPoint, Stage, Area, Equipment, Post)
            .outerjoin(Stage, col(Stage.id) == col(RiskPoint.stage_id))
            .outerjoin(Area, col(Area.id) == col(RiskPoint.area_id))
            .outerjoin(Equipment, col(Equipment.id) == col(RiskPoint.equipment_id))
            .outerjoin(Post, col(Post.id) == col(RiskPoint.post_id))
            .where(visible(actor, RiskPoint), col(RiskPoint.id) == risk_point_id)
        )
    ).one_or_none()
    if row is None:
        raise NotFound()
    return PointView(*row, sources=await _sources(session, actor, risk_point_id))


async def _sources(session: AsyncSession, actor: Actor, risk_point_id: int) -> list[SourceView]:
    wanted = (
        select(HazardSource)
        .where(
            visible(actor, HazardSource),
            col(HazardSource.risk_point_id) == risk_point_id,
            col(HazardSource.dropped_at).is_(None),
        )
        .order_by(col(HazardSource.position), col(HazardSource.id))
    )
    sources = (await session.scalars(wanted)).all()
    ids = [one.id for one in sources]
    gradings = await _gradings(session, actor, ids)
    measures = await _measures(session, actor, ids)
    return [SourceView(one, gradings[one.id], measures[one.id]) for one in sources]


async def _gradings(
    session: AsyncSession, actor: Actor, source_ids: Sequence[int]
) -> Mapping[int, list[tuple[RiskGrading, Person | None]]]:
    statement = (
        select(RiskGrading, Person)
        .outerjoin(Person, col(Person.id) == col(RiskGrading.graded_by))
        .where(visible(actor, RiskGrading), col(RiskGrading.source_id).in_(source_ids))
        .order_by(col(RiskGrading.id).desc())
    )
    found: dict[int, list[tuple[RiskGrading, Person | None]]] = defaultdict(list)
    for grading, person in await session.execute(statement):
        found[grading.source_id].append((grading, person))
    return found


async def _measures(session: AsyncSession, actor: Actor, source_ids: Sequence[int]) -> Mapping[int, list[MeasureView]]:
    statement = (
        select(ControlMeasure, Post, InspectionPlan, MaintenancePlan, col(Checklist.items))
        .outerjoin(Post, col(Post.id) == col(ControlMeasure.post_id))
        .outerjoin(InspectionPlan, col(InspectionPlan.id) == col(ControlMeasure.plan_id))
        .outerjoin(Checklist, col(Checklist.id) == col(InspectionPlan.checklist_id))
        .outerjoin(MaintenancePlan, col(MaintenancePlan.id) == col(ControlMeasure.maintenance_plan_id))
        .where(
            visible(actor, ControlMeasure),
            col(ControlMeasure.source_id).in_(source_ids),
            col(ControlMeasure.dropped_at).is_(None),
        )
        .order_by(col(ControlMeasure.position), col(ControlMeasure.id))
    )
    found: dict[int, list[MeasureView]] = defaultdict(list)
    for measure, post, plan, maintenance, items in await session.execute(statement):
        titles = {item["title"] for item in items or ()}
        gone = bool(measure.check_item) and measure.check_item not in titles
        found[measure.source_id].append(MeasureView(measure, post, plan, maintenance, gone))
    return found


async def source_of(session: AsyncSession, actor: Actor, source_id: int) -> tuple[RiskPoint, HazardSource]:
    """A source that was not dropped, with its risk point. Raises NotFound."""
    source = await get_visible(session, actor, HazardSource, source_id)
    if source.dropped_at is not None:
        raise NotFound()
    return await get_visible(session, actor, RiskPoint, source.risk_point_id), source


async def measure_of(
    session: AsyncSession, actor: Actor, measure_id: int
) -> tuple[RiskPoint, HazardSource, ControlMeasure]:
    """A measure that was not dropped, with its source and risk point. Raises NotFound."""
    measure = await get_visible(session, actor, ControlMeasure, measure_id)
    if measure.dropped_at is not None:
        raise NotFound()
    return *(await source_of(session, actor, measure.source_id)), measure
