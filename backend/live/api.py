"""The live plant for programs, with the permissions of the pages."""

from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict

from backend.core.clock import now
from backend.core.errors import NotFound
from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow
from backend.live import queries
from backend.live.nearing import nearing
from backend.live.views import EquipmentCard, LimitMark, LivePoint
from backend.plant import queries as plant
from backend.plant.floors import PlanId, drawing_of, floors_of

router = APIRouter(prefix="/api/v1", tags=["plant"])


class LimitOut(BaseModel):
    """A limit a rule watches; ``warning`` true for an early warning."""

    name: str
    value: float
    level: str
    warning: bool


class PointOut(BaseModel):
    """A point and its latest value; ``at`` is UTC, null when it never spoke."""

    id: int
    code: str
    name: str
    name_en: str
    unit: str
    kind: str
    manipulated: bool
    equipment_id: int | None
    range_low: float | None
    range_high: float | None
    at: datetime | None
    value: float | None
    quality: int
    stale: bool
    level: str
    limits: list[LimitOut]


class NextLimitOut(BaseModel):
    """The limit that is reached next at the trend of the last hour: moments UTC; ``latest_at`` null where it may not
    come at all."""

    name: str
    value: float
    earliest_at: datetime
    likely_at: datetime
    latest_at: datetime | None


class PointDetailOut(PointOut):
    """A point and where it goes; ``next_limit`` null where it has no trend towards one."""

    next_limit: NextLimitOut | None


class EquipmentOut(BaseModel):
    """Equipment; ``level`` is the worst of its open alarms, empty without one."""

    id: int
    name: str
    name_en: str
    level: str
    points: list[PointOut]


class AreaOut(BaseModel):
    """An area with its polygon on the floor plan."""

    id: int
    code: str
    name: str
    name_en: str
    level: str
    polygon: list[tuple[float, float]]


class LinkOut(BaseModel):
    """Something flows from equipment to equipment; ``both`` when it flows back too."""

    source_id: int
    target_id: int
    kind: str
    both: bool


class WayOut(BaseModel):
    """A link that leads to equipment on another floor plan, or comes from there."""

    source_id: int
    target_id: int
    kind: str
    plan_id: int
    """The other plan."""


class PlanNameOut(BaseModel):
    """A floor plan of the site."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    name_en: str


class PlanOut(PlanNameOut):
    """A floor plan's size in its own units; ``width_m``: in metres, null where nobody has said."""

    width: float
    height: float
    width_m: float | None


class PlantOut(BaseModel):
    """The whole plant as it is now: ``areas`` and ``links`` of ``plan``, one of ``plans``, and ``ways`` from it to the
    others; all ``equipment``."""

    at: datetime
    plan: PlanOut | None
    plans: list[PlanNameOut]
    areas: list[AreaOut]
    equipment: list[EquipmentOut]
    links: list[LinkOut]
    ways: list[WayOut]


class OwnerOut(BaseModel):
    """A post and who holds it."""

    post_id: int
    name: str
    name_en: str
    holders: list[tuple[str, str]]


class EquipmentDetailOut(EquipmentOut):
    """Equipment with who answers for it."""

    code: str
    equipment_class: str
    commissioned_on: date | None
    owner: OwnerOut | None


class SeriesOut(BaseModel):
    """A point over time in cells of ``cell_s`` seconds; cells without readings are left out."""

    point_id: int
    cell_s: float
    at: list[datetime]
    mean: list[float]
    low: list[float]
    high: list[float]


@router.get("/plant", dependencies=[allow("plant.see")])
async def read_plant(session: SessionDep, actor: ActorDep, plan: PlanId = None) -> PlantOut:
    """Areas, equipment, points and links with latest values and the worst open alarm of each; areas and links of the
    floor plan ``plan``, without one of the site's first. 404 for a plan that isn't in use."""
    moment, floors = now(), await floors_of(session, actor)
    drawing = await drawing_of(session, actor, floors, floors.chosen(plan))
    levels = await queries.open_levels(session, actor)
    cards = await queries.cards(session, actor, moment)
    return PlantOut(
        at=moment,
        plan=PlanOut.model_validate(drawing) if drawing else None,
        plans=[PlanNameOut.model_validate(one) for one in floors.plans],
        areas=[
            AreaOut(
                id=a.id,
                code=a.code,
                name=a.name,
                name_en=a.name_en,
                level=levels.areas.get(a.id, ""),
                polygon=list(a.polygon),
            )
            for a in (drawing.areas if drawing else ())
        ],
        equipment=[_equipment(card) for card in cards],
        links=[
            LinkOut(source_id=p.source_id, target_id=p.target_id, kind=p.kind, both=p.both)
            for p in (drawing.pipes if drawing else ())
        ],
        ways=[
            WayOut(
                source_id=way.mark_id if way.out else way.other_id,
                target_id=way.other_id if way.out else way.mark_id,
                kind=way.kind,
                plan_id=way.plan_id,
            )
            for way in (drawing.ways if drawing else ())
        ],
    )


@router.get("/points", dependencies=[allow("plant.see")])
async def read_points(session: SessionDep, actor: ActorDep) -> list[PointOut]:
    """All points in use with their latest values."""
    points = await plant.active_points(session, actor)
    levels = await queries.open_levels(session, actor)
    return [_point(point) for point in await queries.live_points(session, actor, points, levels, now())]


@router.get("/points/{point_id}", dependencies=[allow("plant.see")])
async def read_point(session: SessionDep, actor: ActorDep, point_id: int) -> PointDetailOut:
    """One point with its latest value, and the limit it comes to."""
    points = await plant.active_points(session, actor, point_id=point_id)
    if not points:
        raise NotFound()
    levels = await queries.open_levels(session, actor)
    until = now()
    point = (await queries.live_points(session, actor, points, levels, until))[0]
    read = await queries.series(session, actor, point_id, until - timedelta(hours=1), until)
    ahead = None if point.stale else nearing(read, point.limits)
    return PointDetailOut(**_point(point).model_dump(), next_limit=NextLimitOut(**asdict(ahead)) if ahead else None)


@router.get("/points/{point_id}/readings", dependencies=[allow("plant.see")])
async def read_readings(
    session: SessionDep, actor: ActorDep, point_id: int, hours: Annotated[float, Query(gt=0, le=744)] = 1.0
) -> SeriesOut:
    """The last ``hours`` of a point, thinned to at most 360 cells."""
    if not await plant.active_points(session, actor, point_id=point_id):
        raise NotFound()
    until = now()
    found = await queries.series(session, actor, point_id, until - timedelta(hours=hours), until)
    return SeriesOut(
        point_id=point_id, cell_s=found.cell_s, at=found.at, mean=found.mean, low=found.low, high=found.high
    )


@router.get("/equipment/{equipment_id}", dependencies=[allow("plant.see")])
async def read_equipment(session: SessionDep, actor: ActorDep, equipment_id: int) -> EquipmentDetailOut:
    """One piece of equipment with its points and who answers for it."""
    found = await plant.equipment_view(session, actor, equipment_id)
    if found is None:
        raise NotFound()
    levels = await queries.open_levels(session, actor)
    points = await plant.active_points(session, actor, equipment_id=equipment_id)
    live = await queries.live_points(session, actor, points, levels, now())
    owner = found.owner
    return EquipmentDetailOut(
        id=found.id,
        code=found.code,
        name=found.name,
        name_en=found.name_en,
        equipment_class=found.equipment_class,
        commissioned_on=found.commissioned_on,
        level=levels.equipment.get(found.id, ""),
        points=[_point(point) for point in live],
        owner=OwnerOut(post_id=owner.post_id, name=owner.name, name_en=owner.name_en, holders=list(owner.holders))
        if owner
        else None,
    )


def _equipment(card: EquipmentCard) -> EquipmentOut:
    return EquipmentOut(
        id=card.id,
        name=card.name,
        name_en=card.name_en,
        level=card.level,
        points=[_point(point) for point in card.points],
    )


def _point(point: LivePoint) -> PointOut:
    return PointOut(
        id=point.id,
        code=point.code,
        name=point.name,
        name_en=point.name_en,
        unit=point.unit,
        kind=point.kind,
        manipulated=point.manipulated,
        equipment_id=point.equipment_id,
        range_low=point.range_low,
        range_high=point.range_high,
        at=point.at,
        value=point.value,
        quality=point.quality,
        stale=point.stale,
        level=point.level,
        limits=[_limit(mark) for mark in point.limits],
    )


def _limit(mark: LimitMark) -> LimitOut:
    return LimitOut(name=mark.name, value=mark.value, level=mark.level, warning=mark.warning)
