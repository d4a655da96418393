"""Incidents in lists: open ones, those that are over, those at a place; who can be in charge."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, bindparam, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Alarm, Level
from backend.core.errors import NotFound
from backend.core.statements import alias_of, one_of
from backend.identity.actor import Actor
from backend.identity.capabilities import CAPABILITIES
from backend.identity.models import Person
from backend.identity.permissions import made_once, visible
from backend.identity.scoping import get_visible
from backend.incidents.lifecycle import LIVE
from backend.incidents.models import Incident, IncidentSource, SourceKind
from backend.plant.models import Area, Equipment
from backend.tracing.models import Trace

PAGE = 30
MOST_OPEN = 100
MOST_ENDED_HERE = 3
_RANK = case({level: rank for rank, level in enumerate(Level)}, value=col(Incident.level))


@dataclass(frozen=True)
class Card:
    """An incident in a list, with where it is and who is in charge."""

    incident: Incident
    equipment: Equipment | None
    area: Area | None
    lead: Person | None
    opener: Person | None
    """None: the system opened it."""

    @property
    def live(self) -> bool:
        """Whether it isn't over."""
        return self.incident.state in LIVE


async def open_incidents(session: AsyncSession, actor: Actor, *, search: str = "") -> list[Card]:
    """Those that aren't over, the gravest first and of these the newest."""
    if not search:
        return [Card(*row) for row in await session.execute(select_open(actor))]
    wanted = [one_of(col(Incident.state), LIVE), *_found(search)]
    return await _cards(session, actor, *wanted, order=(_RANK, col(Incident.id).desc()), most=MOST_OPEN)


@made_once
def select_open(actor: Actor) -> Select[Any]:
    """The statement of ``open_incidents``, without a search."""
    return _listed(actor, one_of(col(Incident.state), LIVE), order=(_RANK, col(Incident.id).desc()), most=MOST_OPEN)


async def ended_incidents(
    session: AsyncSession, actor: Actor, *, search: str = "", before: int | None = None, most: int = PAGE
) -> list[Card]:
    """Those that are over, the newest first; ``before`` is the id of the last one shown."""
    wanted = [~one_of(col(Incident.state), LIVE), *_found(search)]
    if before is not None:
        wanted.append(col(Incident.id) < before)
    return await _cards(session, actor, *wanted, order=(col(Incident.id).desc(),), most=most)


async def card(session: AsyncSession, actor: Actor, incident_id: int) -> Card:
    """One incident. Raises NotFound, also for one of another site."""
    row = (await session.execute(_one(actor), {"incident": incident_id})).one_or_none()
    if row is None:
        raise NotFound()
    return Card(*row)


@made_once
def _one(actor: Actor) -> Select[Any]:
    return _listed(actor, col(Incident.id) == bindparam("incident", type_=BigInteger), order=(), most=1)


async def near(session: AsyncSession, actor: Actor, equipment_id: int | None, area_id: int | None) -> list[Card]:
    """Open incidents at the equipment or anywhere in its area, the newest first."""
    return await _cards(
        session,
        actor,
        _at(equipment_id, area_id),
        one_of(col(Incident.state), LIVE),
        order=(col(Incident.id).desc(),),
        most=PAGE,
    )


async def of_place(session: AsyncSession, actor: Actor, equipment_id: int | None, area_id: int | None) -> list[Card]:
    """Open ones of the equipment, or of the area and what is in it; then the last few that are over."""
    here = col(Incident.equipment_id) == equipment_id if equipment_id else col(Incident.area_id) == area_id
    newest = (col(Incident.id).desc(),)
    live = await _cards(session, actor, here, one_of(col(Incident.state), LIVE), order=newest, most=PAGE)
    over = await _cards(session, actor, here, ~one_of(col(Incident.state), LIVE), order=newest, most=MOST_ENDED_HERE)
    return [*live, *over]


async def of_alarm(session: AsyncSession, actor: Actor, alarm_id: int) -> list[Card]:
    """The incident that the alarm or its flood belongs to. Raises NotFound for another site's alarm."""
    alarm = await get_visible(session, actor, Alarm, alarm_id)
    return await _of_sources(session, actor, alarm.group_id, alarm_id)


async def of_trace(session: AsyncSession, actor: Actor, trace_id: int) -> list[Card]:
    """The incident whose alarms the trace explains. Raises NotFound for another site's trace."""
    return await _of_sources(session, actor, (await get_visible(session, actor, Trace, trace_id)).group_id)


async def to_lead(session: AsyncSession, actor: Actor) -> list[Card]:
    """Open incidents that wait for the actor: those they are in charge of, and, of who can lead, those nobody is."""
    if not actor.can("incidents.lead"):
        return []
    return [Card(*row) for row in await session.execute(_to_lead(actor))]


@made_once
def _to_lead(actor: Actor) -> Select[Any]:
    own = or_(col(Incident.lead_id) == actor.person_id, col(Incident.lead_id).is_(None))
    return _listed(actor, own, one_of(col(Incident.state), LIVE), order=(_RANK, col(Incident.id)), most=PAGE)


async def leaders(session: AsyncSession, actor: Actor) -> Sequence[Person]:
    """Who can be in charge: the actor's own team first."""
    able = sorted(CAPABILITIES["incidents.lead"])
    found = await session.scalars(
        select(Person)
        .where(visible(actor, Person), col(Person.active), col(Person.role).in_(able))
        .order_by(col(Person.team_id).is_distinct_from(actor.team_id), col(Person.role), col(Person.id))
    )
    return found.all()


async def _of_sources(
    session: AsyncSession, actor: Actor, group_id: int | None, alarm_id: int | None = None
) -> list[Card]:
    kind, id_ = col(IncidentSource.kind), col(IncidentSource.source_id)
    known = select(col(IncidentSource.incident_id)).where(
        visible(actor, IncidentSource),
        or_(and_(kind == SourceKind.GROUP, id_ == group_id), and_(kind == SourceKind.ALARM, id_ == alarm_id)),
    )
    newest = (col(Incident.id).desc(),)
    return await _cards(session, actor, col(Incident.id).in_(known), order=newest, most=MOST_ENDED_HERE)


def _at(equipment_id: int | None, area_id: int | None) -> ColumnElement[bool]:
    return or_(
        func.coalesce(col(Incident.equipment_id) == equipment_id, False),
        func.coalesce(col(Incident.area_id) == area_id, False),
    )


def _found(search: str) -> list[ColumnElement[bool]]:
    if not search:
        return []
    words = (Incident.number, Incident.title, Incident.title_en, Incident.losses)
    names = (Equipment.name, Equipment.name_en, Area.name, Area.name_en)
    return [or_(*(col(column).icontains(search, autoescape=True) for column in (*words, *names)))]


async def _cards(
    session: AsyncSession, actor: Actor, *conditions: ColumnElement[bool], order: Sequence[Any], most: int
) -> list[Card]:
    return [Card(*row) for row in await session.execute(_listed(actor, *conditions, order=order, most=most))]


def _listed(actor: Actor, *conditions: ColumnElement[bool], order: Sequence[Any], most: int) -> Select[Any]:
    lead, opener = alias_of(Person, "lead"), alias_of(Person, "opener")
    return (
        select(Incident, Equipment, Area, lead, opener)
        .outerjoin(Equipment, col(Equipment.id) == col(Incident.equipment_id))
        .outerjoin(Area, col(Area.id) == col(Incident.area_id))
        .outerjoin(lead, col(lead.id) == col(Incident.lead_id))
        .outerjoin(opener, col(opener.id) == col(Incident.opened_by))
        .where(visible(actor, Incident), *conditions)
        .order_by(*order)
        .limit(most)
    )
