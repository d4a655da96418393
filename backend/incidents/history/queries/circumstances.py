"""Of each incident asked for: whether it came again, and whether an early warning had come before."""

from datetime import timedelta

from sqlalchemy import CTE, case, func, or_, select, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Alarm, RuleKind
from backend.hazards.queries.recurrence import policy_of
from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.incidents.models import Incident, IncidentSource, IncidentState, SourceKind


async def window_of(session: AsyncSession, actor: Actor) -> timedelta:
    """How long after one of the same kind at the same place an incident counts as come back: the site's own rule."""
    return timedelta(days=(await policy_of(session, actor)).recurrence_days)


def again(actor: Actor, within: timedelta) -> CTE:
    """Ids of all incidents that came again: of the same kind at the same equipment, or, without any, in the same
    area, ``within`` so long after the last; what was called off doesn't count."""
    at_area = case((col(Incident.equipment_id).is_(None), col(Incident.area_id)))
    last = func.lag(col(Incident.began_at)).over(
        partition_by=(col(Incident.kind), col(Incident.equipment_id), at_area),
        order_by=(col(Incident.began_at), col(Incident.id)),
    )
    placed = or_(col(Incident.equipment_id).is_not(None), col(Incident.area_id).is_not(None))
    in_order = (
        select(col(Incident.id), (col(Incident.began_at) - last <= within).label("again"))
        .where(visible(actor, Incident), col(Incident.state) != IncidentState.CALLED_OFF, placed)
        .subquery()
    )
    return select(in_order.c.id).where(in_order.c.again).cte("again")


def warned(actor: Actor, found: CTE) -> CTE:
    """Ids of those of ``found`` to which an early warning belongs that came before they were opened."""
    early = (
        visible(actor, Alarm),
        col(Alarm.warning),
        col(Alarm.kind) != RuleKind.SYSTEM,
        col(Alarm.judgement) != "false",
        col(Alarm.raised_at) < found.c.opened_at,
    )
    return union(
        select(found.c.id).join(Alarm, col(Alarm.group_id) == found.c.group_id).where(*early),
        select(found.c.id)
        .join(IncidentSource, col(IncidentSource.incident_id) == found.c.id)
        .join(Alarm, col(Alarm.id) == col(IncidentSource.source_id))
        .where(visible(actor, IncidentSource), col(IncidentSource.kind) == SourceKind.ALARM, *early),
    ).cte("warned")
