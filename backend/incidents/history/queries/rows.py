"""The incidents themselves, the newest first: a page of them, or all one after another."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.statements import alias_of
from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import visible
from backend.incidents.history.asked import Wanted
from backend.incidents.history.queries.circumstances import again, warned, window_of
from backend.incidents.history.queries.facts import AREA, STAGE, Cut, facts, plan_for_these_dates
from backend.incidents.models import Incident
from backend.plant.models import Area, Equipment, Stage

PAGE = 30
MOST_EXPORTED = 50_000
AT_ONCE = 1000
"""So many rows are held at once while all are taken along."""


@dataclass(frozen=True)
class Row:
    """An incident with its place and who was in charge; ``cause`` is a code, empty where none is known."""

    incident: Incident
    equipment: Equipment | None
    area: Area | None
    stage: Stage | None
    lead: Person | None
    cause: str
    confirmed: bool
    again: bool
    warned: bool


async def page(session: AsyncSession, actor: Actor, wanted: Wanted, before: int | None = None) -> list[Row]:
    """The next ``PAGE`` rows and one more, if there is one; ``before`` is the id of the last one shown."""
    found = await session.execute(
        await _statement(session, actor, wanted, Cut([wanted.period], before=before, most=PAGE + 1))
    )
    return [Row(*row) for row in found]


async def all_rows(session: AsyncSession, actor: Actor, wanted: Wanted) -> AsyncIterator[Sequence[Row]]:
    """All rows, ``AT_ONCE`` after ``AT_ONCE``, at most ``MOST_EXPORTED``."""
    statement = await _statement(session, actor, wanted, Cut([wanted.period], most=MOST_EXPORTED))
    streamed = await session.stream(statement.execution_options(yield_per=AT_ONCE))
    async for part in streamed.partitions(AT_ONCE):
        yield [Row(*row) for row in part]


async def how_many(session: AsyncSession, actor: Actor, wanted: Wanted) -> int:
    """How many there are."""
    await plan_for_these_dates(session)
    found = facts(actor, wanted, Cut([wanted.period]), causes=False)
    return await session.scalar(select(func.count()).select_from(found)) or 0


async def _statement(session: AsyncSession, actor: Actor, wanted: Wanted, cut: Cut) -> Select[Any]:
    await plan_for_these_dates(session)
    found = facts(actor, wanted, cut)
    came_again, early = again(actor, await window_of(session, actor)), warned(actor, found)
    lead = alias_of(Person, "lead")
    return (
        select(
            Incident,
            Equipment,
            Area,
            Stage,
            lead,
            found.c.cause,
            found.c.confirmed,
            came_again.c.id.is_not(None),
            early.c.id.is_not(None),
        )
        .join(found, found.c.id == col(Incident.id))
        .outerjoin(Equipment, col(Equipment.id) == col(Incident.equipment_id))
        .outerjoin(Area, col(Area.id) == AREA)
        .outerjoin(Stage, col(Stage.id) == STAGE)
        .outerjoin(lead, col(lead.id) == col(Incident.lead_id))
        .outerjoin(came_again, came_again.c.id == col(Incident.id))
        .outerjoin(early, early.c.id == col(Incident.id))
        .where(visible(actor, Incident))
        .order_by(col(Incident.began_at).desc(), col(Incident.id).desc())
        .limit(cut.most)
    )
