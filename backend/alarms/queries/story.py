"""One alarm with everything its page shows beside the timeline: place, rule, flood, latest value, who did what."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Alarm, AlarmRule, AlarmState, Escalation
from backend.alarms.queries.listing import RANK, Line, line, lines, named
from backend.core.errors import NotFound
from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import visible
from backend.identity.queries.people import Named
from backend.plant.models import Area, Equipment, Point
from backend.telemetry.models import PointState

MATES_SHOWN = 10


@dataclass(frozen=True)
class Mates:
    """The other alarms of an alarm's flood: the open and the worst first, and how many there are."""

    lines: list[Line]
    size: int


@dataclass(frozen=True)
class AlarmView:
    """An alarm and what belongs to it. ``next_due``: somebody else is told then, unless it is acknowledged before."""

    alarm: Alarm
    point: Point | None
    equipment: Named | None
    area: Named | None
    rule: AlarmRule | None
    latest: PointState | None
    next_due: datetime | None
    people: dict[int, Named]
    """Who acknowledged, closed and judged, by id."""
    mates: Mates

    def person(self, id_: int | None) -> Named | None:
        """Somebody of ``people``."""
        return self.people.get(id_) if id_ else None


async def alarm_view(session: AsyncSession, actor: Actor, alarm_id: int) -> AlarmView:
    """The alarm, in at most three statements. Raises NotFound, also for who may not see it."""
    pending = and_(col(Escalation.alarm_id) == col(Alarm.id), col(Escalation.done_at).is_(None))
    row = (
        await session.execute(
            select(Alarm, Point, Equipment, Area, AlarmRule, PointState, col(Escalation.due_at))
            .outerjoin(Point, col(Point.id) == col(Alarm.point_id))
            .outerjoin(Equipment, col(Equipment.id) == col(Alarm.equipment_id))
            .outerjoin(Area, col(Area.id) == col(Alarm.area_id))
            .outerjoin(AlarmRule, col(AlarmRule.id) == col(Alarm.rule_id))
            .outerjoin(PointState, col(PointState.point_id) == col(Alarm.point_id))
            .outerjoin(Escalation, pending)
            .where(visible(actor, Alarm), col(Alarm.id) == alarm_id)
        )
    ).one_or_none()
    if row is None:
        raise NotFound()
    alarm, point, equipment, area, rule, latest, due_at = row
    who = (alarm.acknowledged_by, alarm.closed_by, alarm.judged_by)
    return AlarmView(
        alarm=alarm,
        point=point,
        equipment=named(equipment),
        area=named(area),
        rule=rule,
        latest=latest,
        next_due=due_at,
        people=await people_named(session, actor, who),
        mates=await _mates(session, actor, alarm),
    )


async def _mates(session: AsyncSession, actor: Actor, alarm: Alarm) -> Mates:
    if alarm.group_id is None:
        return Mates([], 0)
    rows = (
        await session.execute(
            lines(actor)
            .add_columns(func.count().over().label("size"))
            .where(col(Alarm.group_id) == alarm.group_id, col(Alarm.id) != alarm.id)
            .order_by(col(Alarm.state) == AlarmState.CLOSED, RANK, col(Alarm.last_raised_at).desc(), col(Alarm.id))
            .limit(MATES_SHOWN)
        )
    ).all()
    return Mates([line(row) for row in rows], rows[0].size if rows else 0)


async def people_named(session: AsyncSession, actor: Actor, ids: Iterable[int | None]) -> dict[int, Named]:
    """Names by id; nothing is asked for nobody."""
    wanted = {id_ for id_ in ids if id_ is not None}
    if not wanted:
        return {}
    rows = await session.scalars(select(Person).where(visible(actor, Person), col(Person.id).in_(wanted)))
    return {person.id: Named(person.id, person.name, person.name_en) for person in rows}
