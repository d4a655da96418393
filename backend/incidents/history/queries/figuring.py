"""The figures of one or two periods, in one statement."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Float, RowMapping, case, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.models import Level
from backend.identity.actor import Actor
from backend.incidents.history.asked import Wanted
from backend.incidents.history.comparing import Figures
from backend.incidents.history.periods import Period
from backend.incidents.history.queries.circumstances import again, warned, window_of
from backend.incidents.history.queries.facts import Cut, facts, in_period, plan_for_these_dates


async def figures(session: AsyncSession, actor: Actor, wanted: Wanted, periods: Sequence[Period]) -> list[Figures]:
    """Of each of ``periods``, which don't overlap, what is asked for besides the period."""
    await plan_for_these_dates(session)
    found = facts(actor, wanted, Cut(periods), causes=False)
    came_again, early = again(actor, await window_of(session, actor)), warned(actor, found)
    part = case(*((in_period(one, found.c.began_at), place) for place, one in enumerate(periods)))
    hurt = or_(func.coalesce(found.c.injured, 0) > 0, func.coalesce(found.c.deaths, 0) > 0)
    rows = await session.execute(
        select(
            part.label("part"),
            func.count().label("count"),
            func.count().filter(found.c.level == Level.MAJOR).label("major"),
            func.count(came_again.c.id).label("again"),
            func.count(early.c.id).label("warned"),
            func.count().filter(hurt).label("hurt"),
            func.coalesce(func.sum(found.c.injured), 0).label("injured"),
            func.coalesce(func.sum(found.c.deaths), 0).label("deaths"),
            func.coalesce(func.sum(found.c.loss_yuan), 0).label("loss"),
            _minutes(found.c.began_at, found.c.contained_at).label("contain"),
            _minutes(found.c.began_at, found.c.closed_at).label("close"),
        )
        .outerjoin(came_again, came_again.c.id == found.c.id)
        .outerjoin(early, early.c.id == found.c.id)
        .group_by("part")
    )
    by_part = {row["part"]: row for row in rows.mappings()}
    return [_figures(one, by_part.get(place)) for place, one in enumerate(periods)]


def _minutes(began: Any, ended: Any) -> Any:
    """How long each took that has ended so far."""
    lasted = cast(func.extract("epoch", ended - began), Float) / 60
    return func.array_agg(lasted).filter(ended.is_not(None))


def _figures(period: Period, row: RowMapping | None) -> Figures:
    if row is None:
        return Figures(period.days)
    counted = {name: int(row[name]) for name in ("count", "major", "again", "hurt", "warned", "injured", "deaths")}
    return Figures(
        period.days, **counted, loss=float(row["loss"]), contain=row["contain"] or (), close=row["close"] or ()
    )
