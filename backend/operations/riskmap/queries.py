"""What stands on the map: levels of risk points by area, and everything that is wrong there now."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Alarm, AlarmState
from backend.checkins.models import InspectionPlan, InspectionStop, InspectionVisit, VisitState
from backend.core.clock import now
from backend.core.statements import one_of
from backend.hazards.models import Rectification, RectificationState
from backend.hazards.reports.models import OPEN_STATES, HazardReport
from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.lessons.models import WeatherHour
from backend.lessons.weather import weather_of
from backend.maintenance.models import MaintenancePlan, MaintenanceRecord, is_open
from backend.maintenance.queries import site_day
from backend.operations.riskmap.rules import WEATHERS, WORSE_IN, Reason, Standing, Why, by_area
from backend.plant.models import Area, Equipment, Point
from backend.risks.codes import RANK
from backend.risks.models import HazardSource, RiskPoint

MISSED_FOR = timedelta(hours=24)
WEATHER_FOR = timedelta(hours=3)
"""Weather that was measured longer ago is not that of now."""
MOST = 500
_DONE = (
    RectificationState.VERIFIED,
    RectificationState.CANCELLED,
    RectificationState.SPLIT,
)
"""Neither open nor late: a split one is counted by its parts."""


async def areas(session: AsyncSession, actor: Actor) -> Sequence[Area]:
    """All areas, by code."""
    return (await session.scalars(select(Area).where(visible(actor, Area)).order_by(col(Area.code)))).all()


async def standings(session: AsyncSession, actor: Actor, of: Sequence[Area]) -> dict[int, Standing]:
    """The standing of each area as of now, of what ``actor`` may see."""
    reasons = [
        *await _alarms(session, actor),
        *await _reports(session, actor),
        *await _rectifications(session, actor),
        *await _missed(session, actor),
        *await _maintenance(session, actor),
        *await _weather(session, actor),
    ]
    return by_area(await still_levels(session, actor), reasons, [area.id for area in of])


def _rank(level: Any) -> Any:
    """How high the level of a column is: the gravest first, so that what is cut off at ``MOST`` lifts nothing more."""
    return case(RANK, value=level, else_=0)


def _risk_area() -> ColumnElement[Any]:
    return func.coalesce(col(RiskPoint.area_id), col(Equipment.area_id))


async def still_levels(session: AsyncSession, actor: Actor) -> dict[int, str]:
    """The highest level of the risk points in use of each area, by its id."""
    rank = func.max(_rank(col(RiskPoint.level)))
    rows = await session.execute(
        select(_risk_area(), rank)
        .select_from(RiskPoint)
        .outerjoin(Equipment, col(Equipment.id) == col(RiskPoint.equipment_id))
        .where(visible(actor, RiskPoint), col(RiskPoint.retired_at).is_(None), _risk_area().is_not(None))
        .group_by(_risk_area())
    )
    words = {rank: str(level) for level, rank in RANK.items()}
    return {area: words[rank] for area, rank in rows}


async def _alarms(session: AsyncSession, actor: Actor) -> list[Reason]:
    area = func.coalesce(col(Alarm.area_id), col(Equipment.area_id), col(Point.area_id))
    rows = await session.execute(
        select(area, Alarm)
        .outerjoin(Equipment, col(Equipment.id) == col(Alarm.equipment_id))
        .outerjoin(Point, col(Point.id) == col(Alarm.point_id))
        .where(
            visible(actor, Alarm),
            col(Alarm.state).not_in((AlarmState.CLOSED, AlarmState.OUT_OF_SERVICE)),
            area.is_not(None),
        )
        .order_by(_rank(col(Alarm.level)).desc(), col(Alarm.raised_at).desc())
        .limit(MOST)
    )
    return [Reason(Why.ALARM, at, one.level, one.title, one.title_en, f"/alarms/{one.id}") for at, one in rows]


async def _reports(session: AsyncSession, actor: Actor) -> list[Reason]:
    """Those that nobody opened a rectification for: with one they count by it."""
    area = func.coalesce(col(HazardReport.area_id), col(Equipment.area_id))
    rows = await session.execute(
        select(area, HazardReport)
        .outerjoin(Equipment, col(Equipment.id) == col(HazardReport.equipment_id))
        .where(
            visible(actor, HazardReport),
            one_of(col(HazardReport.state), OPEN_STATES),
            col(HazardReport.rectification_id).is_(None),
            area.is_not(None),
        )
        .order_by(_rank(col(HazardReport.level)).desc(), col(HazardReport.id).desc())
        .limit(MOST)
    )
    return [
        Reason(Why.REPORT, at, one.level, f"{one.number} {one.title or one.details[:24]}", "", f"/reports/{one.id}")
        for at, one in rows
    ]


async def _rectifications(session: AsyncSession, actor: Actor) -> list[Reason]:
    """Unfinished ones lift to their level; late ones are duties too."""
    area = func.coalesce(col(Rectification.area_id), col(Equipment.area_id))
    rows = await session.execute(
        select(area, Rectification)
        .outerjoin(Equipment, col(Equipment.id) == col(Rectification.equipment_id))
        .where(visible(actor, Rectification), ~one_of(col(Rectification.state), _DONE), area.is_not(None))
        .order_by(_rank(col(Rectification.level)).desc(), col(Rectification.deadline))
        .limit(MOST)
    )
    found = []
    for at, one in rows:
        words, url = f"{one.number} {one.title}", f"/rectifications/{one.id}"
        found.append(Reason(Why.RECTIFICATION, at, one.level, words, "", url))
        if one.deadline < now() and one.state != RectificationState.SUBMITTED:
            found.append(Reason(Why.LATE_RECTIFICATION, at, "", words, "", url))
    return found


async def _missed(session: AsyncSession, actor: Actor) -> list[Reason]:
    area = func.coalesce(col(InspectionStop.area_id), col(Equipment.area_id))
    rows = await session.execute(
        select(area, InspectionVisit, InspectionPlan)
        .join(InspectionStop, col(InspectionStop.id) == col(InspectionVisit.stop_id))
        .join(InspectionPlan, col(InspectionPlan.id) == col(InspectionVisit.plan_id))
        .outerjoin(Equipment, col(Equipment.id) == col(InspectionStop.equipment_id))
        .where(
            visible(actor, InspectionVisit),
            col(InspectionVisit.state) == VisitState.MISSED,
            col(InspectionVisit.closes_at) >= now() - MISSED_FOR,
            area.is_not(None),
        )
        .order_by(col(InspectionVisit.closes_at).desc())
        .limit(MOST)
    )
    return [
        Reason(Why.MISSED, at, "", plan.name, plan.name_en, f"/checkins/missed#visit-{visit.id}")
        for at, visit, plan in rows
    ]


async def _maintenance(session: AsyncSession, actor: Actor) -> list[Reason]:
    rows = await session.execute(
        select(col(Equipment.area_id), MaintenancePlan)
        .join(MaintenanceRecord, col(MaintenanceRecord.plan_id) == col(MaintenancePlan.id))
        .join(Equipment, col(Equipment.id) == col(MaintenancePlan.equipment_id))
        .where(
            visible(actor, MaintenancePlan),
            is_open(),
            col(MaintenanceRecord.due_on) < site_day(actor),
            col(Equipment.area_id).is_not(None),
        )
        .order_by(col(MaintenanceRecord.due_on))
        .limit(MOST)
    )
    return [
        Reason(Why.LATE_MAINTENANCE, at or 0, "", plan.name, plan.name_en, f"/maintenance/{plan.id}")
        for at, plan in rows
    ]


async def _weather(session: AsyncSession, actor: Actor) -> list[Reason]:
    """Risk points with a source whose kind of accident the weather makes likelier; one a point."""
    newest = (
        select(WeatherHour)
        .where(visible(actor, WeatherHour), col(WeatherHour.hour) >= now() - WEATHER_FOR)
        .order_by(col(WeatherHour.hour).desc())
        .limit(1)
    )
    hour = await session.scalar(newest)
    weather = weather_of(hour.wind_m_s, hour.temperature_c, hour.rain_mm_h) if hour else None
    if weather not in WORSE_IN:
        return []
    worse = [str(one) for one in WORSE_IN[weather]]
    rows = await session.execute(
        select(_risk_area(), RiskPoint)
        .join(HazardSource, col(HazardSource.risk_point_id) == col(RiskPoint.id))
        .outerjoin(Equipment, col(Equipment.id) == col(RiskPoint.equipment_id))
        .where(
            visible(actor, RiskPoint),
            col(RiskPoint.retired_at).is_(None),
            col(HazardSource.dropped_at).is_(None),
            func.jsonb_exists_any(col(HazardSource.accidents), worse),
            _risk_area().is_not(None),
        )
        .ext(distinct_on(col(RiskPoint.id)))
        .order_by(col(RiskPoint.id))
        .limit(MOST)
    )
    zh, en = WEATHERS[weather]
    return [
        Reason(Why.WEATHER, at, "", f"{zh}：{one.name}", f"{en}: {one.name_en or one.name}", f"/risks/{one.id}")
        for at, one in rows
    ]
