"""Lists of reports: those that wait, one's own, open ones at a place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.errors import NotFound
from backend.core.statements import alias_of, one_of
from backend.hazards.models import Rectification, RectificationState
from backend.hazards.reports.draft import headline
from backend.hazards.reports.lifecycle import Outcome, outcome, stands_open
from backend.hazards.reports.models import HazardReport, ReportState
from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import made_once, visible
from backend.plant.models import Area, Equipment

PAGE = 30
MOST_SIMILAR = 3
MOST_WAITING = 100
"""So many reports that wait are shown at once: who has more must decide first."""
MOST_JOINABLE = 50
_UNDECIDED = one_of(col(HazardReport.state), (ReportState.WAITING,))


@dataclass(frozen=True)
class Card:
    """A report in a list, with where it is, who saw it and what became of it."""

    report: HazardReport
    equipment: Equipment | None
    area: Area | None
    reporter: Person | None
    """None: somebody without a sign-in."""
    main: HazardReport | None
    """The one it was merged into."""
    rectification: Rectification | None
    """Its own, or that of the one it was merged into."""

    @property
    def headline(self) -> str:
        """Its title or first words; "" when there are none."""
        return headline(self.report.title, self.report.details)

    @property
    def outcome(self) -> Outcome:
        """What became of it."""
        return outcome((self.main or self.report).state, self._rectifying)

    @property
    def open(self) -> bool:
        """Whether the hazard still stands and others may add to it."""
        return stands_open(self.report.state, self._rectifying)

    @property
    def _rectifying(self) -> str | None:
        return self.rectification.state if self.rectification else None


async def to_triage(session: AsyncSession, actor: Actor, *, search: str = "") -> list[Card]:
    """Reports that wait for a decision, the oldest first; ``search`` looks into numbers, words and places."""
    statement = _waiting(actor, search) if search else _all_waiting(actor, "")
    return [Card(*row) for row in await session.execute(statement)]


def _waiting(actor: Actor, search: str) -> Select[Any]:
    return _listed(actor, _UNDECIDED, *_found(search), order=(col(HazardReport.id),), most=MOST_WAITING)


_all_waiting = made_once(_waiting)
"""What is looked at again and again: all of them."""


@dataclass(frozen=True)
class Undecided:
    """A report that waits for a decision, as little of it as a line needs."""

    id: int
    name: str
    """Its title or first words, else its number."""
    level: str
    created_at: datetime
    place: str
    place_en: str


async def undecided(session: AsyncSession, actor: Actor) -> list[Undecided]:
    """Reports that wait for a decision, the oldest first."""
    rows = await session.execute(_undecided(actor))
    return [
        Undecided(id_, headline(title, details) or number, level, at, place or "", place_en or "")
        for id_, number, title, details, level, at, place, place_en in rows
    ]


@made_once
def _undecided(actor: Actor) -> Select[Any]:
    one = HazardReport
    on_equipment = (col(Equipment.id).is_not(None), col(Equipment.name_en))
    shown: list[Any] = [one.id, one.number, one.title, one.details, one.level, one.created_at]
    place = [func.coalesce(col(Equipment.name), col(Area.name)), case(on_equipment, else_=col(Area.name_en))]
    return (
        select(*shown, *place)
        .outerjoin(Equipment, and_(visible(actor, Equipment), col(Equipment.id) == col(one.equipment_id)))
        .outerjoin(Area, and_(visible(actor, Area), col(Area.id) == col(one.area_id)))
        .where(visible(actor, one), _UNDECIDED)
        .order_by(col(one.id))
        .limit(MOST_WAITING)
    )


async def decided(
    session: AsyncSession, actor: Actor, *, search: str = "", before: int | None = None, most: int = PAGE
) -> list[Card]:
    """Reports that somebody has decided on, the newest first; ``before`` is the id of the last one shown."""
    wanted = [col(HazardReport.state) != ReportState.WAITING, *_found(search)]
    if before is not None:
        wanted.append(col(HazardReport.id) < before)
    return await _cards(session, actor, *wanted, order=(col(HazardReport.id).desc(),), most=most)


async def mine(session: AsyncSession, actor: Actor, *, before: int | None = None, most: int = PAGE) -> list[Card]:
    """The actor's own reports, the newest first."""
    wanted = [col(HazardReport.reporter_id) == actor.person_id]
    if before is not None:
        wanted.append(col(HazardReport.id) < before)
    return await _cards(session, actor, *wanted, order=(col(HazardReport.id).desc(),), most=most)


async def similar(
    session: AsyncSession, actor: Actor, equipment_id: int | None, area_id: int | None, *, but: int = 0
) -> list[Card]:
    """Open reports of the same equipment, or of the same area when no equipment is known; the newest first."""
    here = _at(equipment_id, area_id)
    not_this = col(HazardReport.id) != but
    return await _cards(
        session, actor, here, open_ones(), not_this, order=(col(HazardReport.id).desc(),), most=MOST_SIMILAR
    )


async def joinable(session: AsyncSession, actor: Actor, report: HazardReport) -> list[Card]:
    """Open reports that ``report`` may be merged into: those of its place first, then the newest."""
    here = _at(report.equipment_id, report.area_id)
    order = (here.desc(), col(HazardReport.id).desc())
    other = col(HazardReport.id) != report.id
    return await _cards(session, actor, open_ones(), other, order=order, most=MOST_JOINABLE)


async def open_hazards(
    session: AsyncSession, actor: Actor, equipment_id: int | None, area_id: int | None = None
) -> list[Card]:
    """Hazards of the equipment, or of all that is in the area, that still stand; the newest first."""
    here = _at(equipment_id, area_id)
    return await _cards(session, actor, here, open_ones(), order=(col(HazardReport.id).desc(),), most=PAGE)


def select_waiting_count(actor: Actor) -> Select[int]:
    """How many reports wait for a decision that the actor may make; 0 for who decides on none."""
    decides = literal(actor.can("reports.triage"))
    return select(func.count()).select_from(HazardReport).where(visible(actor, HazardReport), decides, _UNDECIDED)


async def card(session: AsyncSession, actor: Actor, report_id: int) -> Card:
    """One report. Raises NotFound, also for one the actor may not see."""
    found = await _cards(session, actor, col(HazardReport.id) == report_id, order=(), most=1)
    if not found:
        raise NotFound()
    return found[0]


def open_ones() -> ColumnElement[bool]:
    """``lifecycle.stands_open`` as SQL, over HazardReport and its Rectification; a test holds the two together."""
    accepted = and_(
        col(HazardReport.state) == ReportState.ACCEPTED,
        col(Rectification.state).is_distinct_from(RectificationState.VERIFIED),
    )
    return or_(col(HazardReport.state) == ReportState.WAITING, accepted)


def _found(search: str) -> list[ColumnElement[bool]]:
    if not search:
        return []
    words = (HazardReport.number, HazardReport.title, HazardReport.details, HazardReport.decision_note)
    names = (Equipment.name, Equipment.name_en, Area.name, Area.name_en, Person.name, Person.name_en)
    return [or_(*(col(column).icontains(search, autoescape=True) for column in (*words, *names)))]


def _at(equipment_id: int | None, area_id: int | None) -> ColumnElement[bool]:
    if equipment_id is not None:
        return func.coalesce(col(HazardReport.equipment_id) == equipment_id, false())
    if area_id is not None:
        return func.coalesce(col(HazardReport.area_id) == area_id, false())
    return false()


async def _cards(
    session: AsyncSession, actor: Actor, *conditions: ColumnElement[bool], order: Sequence[Any], most: int
) -> list[Card]:
    return [Card(*row) for row in await session.execute(_listed(actor, *conditions, order=order, most=most))]


def _listed(actor: Actor, *conditions: ColumnElement[bool], order: Sequence[Any], most: int) -> Select[Any]:
    main = alias_of(HazardReport, "main")
    removes = col(Rectification.id) == func.coalesce(col(main.rectification_id), col(HazardReport.rectification_id))
    return (
        select(HazardReport, Equipment, Area, Person, main, Rectification)
        .outerjoin(Equipment, col(Equipment.id) == col(HazardReport.equipment_id))
        .outerjoin(Area, col(Area.id) == col(HazardReport.area_id))
        .outerjoin(Person, col(Person.id) == col(HazardReport.reporter_id))
        .outerjoin(main, col(main.id) == col(HazardReport.merged_into_id))
        .outerjoin(Rectification, removes)
        .where(visible(actor, HazardReport), *conditions)
        .order_by(*order)
        .limit(most)
    )
