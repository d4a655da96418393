"""How points have gone of late, in cells short enough to see a trend."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Integer, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.statements import among
from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.live.views import Series
from backend.telemetry.models import Reading

LOOK_BACK = timedelta(minutes=30)
CELL_S = 20


async def courses(session: AsyncSession, actor: Actor, point_ids: Sequence[int], now: datetime) -> dict[int, Series]:
    """Means in cells of ``CELL_S``, by point, those without readings left out."""
    if not point_ids:
        return {}
    cell = cast(func.floor(func.extract("epoch", col(Reading.at)) / CELL_S), Integer).label("cell")
    mean = func.avg(col(Reading.value))
    rows = await session.execute(
        select(col(Reading.point_id), func.max(col(Reading.at)), mean)
        .where(
            visible(actor, Reading),
            among(col(Reading.point_id), point_ids),
            col(Reading.at) > now - LOOK_BACK,
            col(Reading.at) <= now,
        )
        .group_by(col(Reading.point_id), cell)
        .order_by(col(Reading.point_id), cell)
    )
    found: dict[int, Series] = {}
    for point_id, at, value in rows:
        series = found.setdefault(point_id, Series([], [], [], [], CELL_S))
        series.at.append(at)
        for values in (series.mean, series.low, series.high):
            values.append(float(value))
    return found
