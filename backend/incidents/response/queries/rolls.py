"""An evacuation with everybody in its roll-call, and those that are going on at a site."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.statements import alias_of
from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import made_once, visible
from backend.incidents.models import Incident
from backend.incidents.response.models import Evacuation, RollEntry, RollMark
from backend.incidents.response.rollcall import Count, Mark, Standing, count, latest, standing
from backend.plant.models import Area

_ORDER = (Standing.MISSING, Standing.SAFE, Standing.ABSENT)


@dataclass(frozen=True)
class Called:
    """Somebody in a roll-call: why, where they stand, and who marked them so when (None: nobody did)."""

    person: Person
    entry: RollEntry
    standing: Standing
    mark: RollMark | None
    marker: Person | None


@dataclass(frozen=True)
class Roll:
    """An evacuation and its roll-call: the missing first. ``late``: marks that arrived after its end."""

    evacuation: Evacuation
    areas: Sequence[Area]
    muster: Area | None
    orderer: Person
    called: Sequence[Called]
    count: Count
    late: int

    @property
    def open(self) -> bool:
        """Whether it goes on."""
        return self.evacuation.ended_at is None

    @property
    def expected(self) -> int:
        """How many are to be accounted for, visitors among them."""
        return len(self.called) + self.count.visitors

    @property
    def missing_at_end(self) -> list[Called]:
        """Who was missing when it was ended."""
        return [one for one in self.called if one.person.id in self.evacuation.missing_at_end]

    def of(self, person_id: int) -> Called | None:
        """A person's own entry."""
        return next((one for one in self.called if one.person.id == person_id), None)


async def roll_of(session: AsyncSession, actor: Actor, incident_id: int) -> Roll | None:
    """The latest evacuation of an incident; None where none was ordered."""
    wanted = (
        select(Evacuation, Area, Person)
        .outerjoin(Area, col(Area.id) == col(Evacuation.muster_area_id))
        .join(Person, col(Person.id) == col(Evacuation.ordered_by))
        .where(visible(actor, Evacuation), col(Evacuation.incident_id) == incident_id)
        .order_by(col(Evacuation.id).desc())
        .limit(1)
    )
    row = (await session.execute(wanted)).one_or_none()
    if row is None:
        return None
    evacuation, muster, orderer = row
    areas = await session.scalars(
        select(Area).where(visible(actor, Area), col(Area.id).in_(evacuation.area_ids)).order_by(col(Area.id))
    )
    marks = await marks_of(session, actor, evacuation.id)
    called = await _called(session, actor, evacuation.id, marks)
    deciding = latest(decides(mark) for mark, _ in marks)
    ended: datetime | None = evacuation.ended_at
    return Roll(
        evacuation,
        areas.all(),
        muster,
        orderer,
        called,
        count([one.person.id for one in called], evacuation.visitors, deciding),
        sum(ended is not None and mark.received_at > ended for mark, _ in marks),
    )


async def marks_of(session: AsyncSession, actor: Actor, evacuation_id: int) -> list[tuple[RollMark, Person]]:
    """All marks of a roll-call with who made them."""
    rows = await session.execute(
        select(RollMark, Person)
        .join(Person, col(Person.id) == col(RollMark.marked_by))
        .where(visible(actor, RollMark), col(RollMark.evacuation_id) == evacuation_id)
        .order_by(col(RollMark.id))
    )
    return [(mark, person) for mark, person in rows]


def decides(mark: RollMark) -> Mark:
    """A row as the count reads it."""
    return Mark(mark.id, mark.person_id, mark.at, mark.state, mark.visitors, mark.visitors_safe)


async def _called(
    session: AsyncSession, actor: Actor, evacuation_id: int, marks: Sequence[tuple[RollMark, Person]]
) -> list[Called]:
    deciding = latest(decides(mark) for mark, _ in marks)
    by_id = {mark.id: (mark, marker) for mark, marker in marks}
    rows = await session.execute(
        select(RollEntry, Person)
        .join(Person, col(Person.id) == col(RollEntry.person_id))
        .where(visible(actor, RollEntry), col(RollEntry.evacuation_id) == evacuation_id)
        .order_by(col(RollEntry.seen_at).desc().nulls_last(), col(Person.id))
    )
    found = []
    for entry, person in rows:
        mark = deciding.get(person.id)
        row, marker = by_id[mark.id] if mark else (None, None)
        found.append(Called(person, entry, standing(person.id, deciding), row, marker))
    return sorted(found, key=lambda one: _ORDER.index(one.standing))


async def open_rolls(session: AsyncSession, actor: Actor) -> list[tuple[Incident, Roll]]:
    """Evacuations of the site that go on, each with its roll-call, those first in which the actor is missing."""
    found = [
        (incident, roll)
        for _, incident, _ in await going_on(session, actor)
        if (roll := await roll_of(session, actor, incident.id)) is not None and roll.open
    ]
    return sorted(found, key=lambda one: not _is_missing(one[1], actor))


def _is_missing(roll: Roll, actor: Actor) -> bool:
    own = roll.of(actor.person_id)
    return own is not None and own.standing is Standing.MISSING


async def going_on(session: AsyncSession, actor: Actor) -> list[tuple[Evacuation, Incident, Person | None]]:
    """Evacuations of the site that haven't ended, with their incidents, the latest first."""
    return [
        (evacuation, incident, person) for evacuation, incident, person in await session.execute(select_going_on(actor))
    ]


@made_once
def select_going_on(actor: Actor) -> Select[Any]:
    """The statement of ``going_on``."""
    lead = alias_of(Person, "lead")
    return (
        select(Evacuation, Incident, lead)
        .join(Incident, col(Incident.id) == col(Evacuation.incident_id))
        .outerjoin(lead, col(lead.id) == col(Incident.lead_id))
        .where(visible(actor, Evacuation), col(Evacuation.ended_at).is_(None))
        .order_by(col(Evacuation.id).desc())
    )
