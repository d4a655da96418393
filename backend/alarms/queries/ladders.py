"""A site's ladders as its people see them: what is in force, what changed, whom it would have called of late."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.escalation import Ladder
from backend.alarms.models import Alarm, EscalationPolicy, Level
from backend.alarms.queries.watching import usable_ladder
from backend.core.clock import now
from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import visible
from backend.identity.queries.audit import Entry, Filter, audit_entries

LOOKED_BACK = timedelta(days=30)


async def ladders(session: AsyncSession, actor: Actor) -> dict[Level, Ladder]:
    """Of each level: the site's own, or the usual one."""
    rows = (await session.execute(select(EscalationPolicy).where(visible(actor, EscalationPolicy)))).scalars()
    own = {row.level: (row.steps, row.repeat_s) for row in rows}
    return {level: usable_ladder(actor.site_id, level, *own.get(level, (None, None))) for level in Level}


async def changes(session: AsyncSession, actor: Actor) -> Sequence[Entry]:
    """The last changes of all levels, the newest first."""
    return (await audit_entries(session, actor, Filter(object_type="escalation_policy"))).entries


async def people_by_role(session: AsyncSession, actor: Actor) -> dict[str, int]:
    """How many active people the site has of each role; a rung of a role without any tells nobody."""
    counted = (
        select(col(Person.role), func.count())
        .where(visible(actor, Person), col(Person.active))
        .group_by(col(Person.role))
    )
    return {str(role): number for role, number in await session.execute(counted)}


async def would_have_called(
    session: AsyncSession, actor: Actor, wanted: Mapping[Level, Ladder]
) -> dict[Level, list[tuple[float, int]]]:
    """Of each rung by ``wanted``: after how many seconds, and how many alarms of the last 30 days would have come to
    it, since nobody had acknowledged or closed them by then."""
    at = now()
    unanswered = func.coalesce(col(Alarm.acknowledged_at), col(Alarm.closed_at), at) - col(Alarm.raised_at)
    rungs = [(level, rung.after_s) for level, ladder in wanted.items() for rung in ladder.rungs]
    counts = [
        func.count().filter(col(Alarm.level) == level, unanswered >= timedelta(seconds=after_s))
        for level, after_s in rungs
    ]
    row = (
        await session.execute(select(*counts).where(visible(actor, Alarm), col(Alarm.raised_at) >= at - LOOKED_BACK))
    ).one()
    found: dict[Level, list[tuple[float, int]]] = {level: [] for level in wanted}
    for (level, after_s), number in zip(rungs, row, strict=True):
        found[level].append((after_s, number))
    return found
