"""Production orders of a site, and those that an incident stops."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.incidents.models import Incident
from backend.incidents.tracking.models import ProductionOrder
from backend.incidents.tracking.ordering import AHEAD, Standstill, standstill
from backend.incidents.tracking.queries.downstream import Stop
from backend.plant.models import Area, Equipment, Stage

MOST = 200


@dataclass(frozen=True)
class Halted:
    """An order that stands still from ``stops_at`` (UTC) on, or is made more slowly (``whole`` False)."""

    order: ProductionOrder
    stage: Stage
    stops_at: datetime
    whole: bool
    left: Standstill


async def stages(session: AsyncSession, actor: Actor) -> Sequence[Stage]:
    """All of the site, in the order of production."""
    wanted = select(Stage).where(visible(actor, Stage)).order_by(col(Stage.position), col(Stage.id))
    return (await session.scalars(wanted)).all()


async def open_orders(session: AsyncSession, actor: Actor, now: datetime) -> Sequence[tuple[ProductionOrder, Stage]]:
    """Those that aren't over by plan, the first to end first."""
    rows = await session.execute(
        select(ProductionOrder, Stage)
        .join(Stage, col(Stage.id) == col(ProductionOrder.stage_id))
        .where(visible(actor, ProductionOrder), col(ProductionOrder.ends_at) > now)
        .order_by(col(ProductionOrder.ends_at), col(ProductionOrder.id))
        .limit(MOST)
    )
    return [(order, stage) for order, stage in rows]


async def halted_orders(
    session: AsyncSession, actor: Actor, incident: Incident, stops: Sequence[Stop]
) -> Sequence[Halted]:
    """What the incident's own stage and those below it don't finish, the first to stop first."""
    moments = await _moments(session, actor, incident, stops)
    if not moments:
        return []
    first, last = (pick(at for at, _ in moments.values()) for pick in (min, max))
    rows = await session.execute(
        select(ProductionOrder, Stage)
        .join(Stage, col(Stage.id) == col(ProductionOrder.stage_id))
        .where(
            visible(actor, ProductionOrder),
            col(ProductionOrder.stage_id).in_(moments),
            col(ProductionOrder.ends_at) > first,
            col(ProductionOrder.starts_at) <= last + AHEAD,
        )
        .order_by(col(ProductionOrder.ends_at), col(ProductionOrder.id))
        .limit(MOST)
    )
    found = [
        Halted(order, stage, *moments[stage.id], left)
        for order, stage in rows
        if (left := standstill(order.starts_at, order.ends_at, order.quantity, moments[stage.id][0]))
    ]
    return sorted(found, key=lambda one: (one.stops_at, one.order.ends_at, one.order.id))


async def _moments(
    session: AsyncSession, actor: Actor, incident: Incident, stops: Sequence[Stop]
) -> Mapping[int, tuple[datetime, bool]]:
    """By stage when it first stops wholly; when it first gets less, where nothing of it stops wholly."""
    found: dict[int, tuple[datetime, bool]] = {}
    for stop in stops:
        if stop.stage is None:
            continue
        known = found.get(stop.stage.id)
        if known is None or (stop.whole, -stop.at.timestamp()) > (known[1], -known[0].timestamp()):
            found[stop.stage.id] = (stop.at, stop.whole)
    if incident.equipment_id:
        own = await session.scalar(
            select(col(Stage.id))
            .join(Equipment, col(Equipment.id) == incident.equipment_id)
            .outerjoin(Area, col(Area.id) == col(Equipment.area_id))
            .where(visible(actor, Equipment))
            .where(
                (col(Stage.id) == col(Equipment.stage_id))
                | (col(Equipment.stage_id).is_(None) & (col(Stage.id) == col(Area.stage_id)))
            )
        )
        if own:
            found[own] = (incident.began_at, True)
    return found
