"""The queue and one case of it, with what people must see to decide."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from backend.alarms.models import Alarm
from backend.governance.cleaning.models import (
    CaseState,
    CleaningCase,
    CleaningDecision,
    CleaningRecord,
    Subject,
    Suspicion,
)
from backend.governance.cleaning.queries.records import RecordView, records_shown
from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import visible
from backend.identity.scoping import get_visible
from backend.plant.models import Area, Equipment, Point

PAGE = 20
SPOTS, SPOTS_LARGE = 48, 200
"""So many values make a picture: of a row, of a case's own page."""
AROUND = timedelta(minutes=20)
"""Seen before and after suspect values at least; of long ones a quarter of their time."""

_CURVES = """
SELECT c.id, c.since + n * c.step AS at, v.value
FROM unnest(CAST(:ids AS bigint[]), CAST(:points AS bigint[]), CAST(:since AS timestamptz[]),
    CAST(:steps AS interval[])) AS c(id, point_id, since, step)
CROSS JOIN generate_series(0, CAST(:spots AS int) - 1) AS n
CROSS JOIN LATERAL (
    SELECT r.value FROM reading r WHERE r.site_id = :site AND r.point_id = c.point_id
        AND r.at >= c.since + n * c.step AND r.at < c.since + (n + 1) * c.step ORDER BY r.at LIMIT 1
) v
ORDER BY c.id, n
"""

Curve = Sequence[tuple[datetime, float]]


@dataclass(frozen=True)
class Asked:
    """Which part of the queue: what is open or what was decided, of one suspicion or all."""

    decided: bool = False
    suspicion: Suspicion | None = None


@dataclass(frozen=True)
class Card:
    """A case as the queue shows it. ``records``: the first few of it."""

    case: CleaningCase
    point: Point | None
    equipment: Equipment | None
    area: Area | None
    person: Person | None
    curve: Curve = ()
    records: Sequence[RecordView] = ()


@dataclass(frozen=True)
class Queue:
    """A page of it; ``waiting``: open cases by suspicion; ``more``: there are further ones."""

    cards: Sequence[Card]
    waiting: Mapping[str, int]
    more: bool


@dataclass(frozen=True)
class Opened:
    """A case on its own page. ``history``: what was decided with who, and who took it back, the newest first."""

    card: Card
    history: Sequence[tuple[CleaningDecision, Person, Person | None]]
    alarms: Sequence[Alarm] = field(default_factory=tuple)
    alarms_all: int = 0


async def queue(session: AsyncSession, actor: Actor, asked: Asked, past: int = 0) -> Queue:
    """What waits, the worst effect first; of what is decided the newest first."""
    case = CleaningCase
    wanted = _with_places(actor)
    if asked.decided:
        wanted = wanted.where(col(case.state) != CaseState.OPEN).order_by(col(case.until).desc(), col(case.id).desc())
    else:
        order = (col(case.concerns).desc(), col(case.count).desc(), col(case.id).desc())
        wanted = wanted.where(col(case.state) == CaseState.OPEN).order_by(*order)
    if asked.suspicion is not None:
        wanted = wanted.where(col(case.suspicion) == asked.suspicion)
    rows = [Card(*row) for row in await session.execute(wanted.offset(past).limit(PAGE + 1))]
    counted = await session.execute(
        select(col(case.suspicion), func.count())
        .where(visible(actor, case), col(case.state) == CaseState.OPEN)
        .group_by(col(case.suspicion))
    )
    waiting = {suspicion: n for suspicion, n in counted}
    return Queue(await _pictured(session, actor, rows[:PAGE], SPOTS, few=True), waiting, len(rows) > PAGE)


async def opened(session: AsyncSession, actor: Actor, case_id: int) -> Opened:
    """One case. Raises NotFound."""
    case = await get_visible(session, actor, CleaningCase, case_id)
    found = await session.execute(_with_places(actor).where(col(CleaningCase.id) == case.id))
    (card,) = await _pictured(session, actor, [Card(*found.one())], SPOTS_LARGE)
    undoer = aliased(Person)
    history = await session.execute(
        select(CleaningDecision, Person, undoer)
        .join(Person, col(Person.id) == col(CleaningDecision.made_by))
        .outerjoin(undoer, col(undoer.id) == col(CleaningDecision.undone_by))
        .where(visible(actor, CleaningDecision), col(CleaningDecision.case_id) == case.id)
        .order_by(col(CleaningDecision.id).desc())
    )
    return Opened(card, [(decision, by, by_whom) for decision, by, by_whom in history])


async def chosen(session: AsyncSession, actor: Actor, ids: Collection[int]) -> Sequence[Card]:
    """Those of ``ids`` that are open and the actor's to see, the worst effect first."""
    case = CleaningCase
    wanted = (
        _with_places(actor)
        .where(col(case.id).in_(ids), col(case.state) == CaseState.OPEN)
        .order_by(col(case.concerns).desc(), col(case.count).desc(), col(case.id).desc())
    )
    rows = [Card(*row) for row in await session.execute(wanted)]
    return await _pictured(session, actor, rows, SPOTS, few=True)


def _with_places(actor: Actor) -> Select[CleaningCase, Point, Equipment, Area, Person]:
    """Cases with their point, equipment, area and person, as far as the actor sees them."""
    case = CleaningCase
    return (
        select(CleaningCase, Point, Equipment, Area, Person)
        .outerjoin(Point, col(Point.id) == col(case.point_id))
        .outerjoin(Equipment, col(Equipment.id) == col(case.equipment_id))
        .outerjoin(Area, col(Area.id) == col(case.area_id))
        .outerjoin(Person, col(Person.id) == col(case.person_id))
        .where(visible(actor, CleaningCase))
    )


async def _pictured(
    session: AsyncSession, actor: Actor, cards: Sequence[Card], spots: int, *, few: bool = False
) -> list[Card]:
    curves = await _curves(session, actor, [one.case for one in cards], spots)
    records = await _records(session, actor, [one.case.id for one in cards], few=few)
    return [
        Card(
            one.case,
            one.point,
            one.equipment,
            one.area,
            one.person,
            curves.get(one.case.id, ()),
            records.get(one.case.id, ()),
        )
        for one in cards
    ]


def span_shown(case: CleaningCase) -> tuple[datetime, datetime]:
    """The time that a picture of the case's values shows."""
    around = max(AROUND, (case.until - case.since) / 4)
    return case.since - around, case.until + around


async def _curves(
    session: AsyncSession, actor: Actor, cases: Sequence[CleaningCase], spots: int
) -> Mapping[int, Curve]:
    drawn = [one for one in cases if one.subject == Subject.VALUES and one.point_id is not None]
    if not drawn:
        return {}
    spans = [span_shown(one) for one in drawn]
    values = {
        "site": actor.site_id,
        "ids": [one.id for one in drawn],
        "points": [one.point_id for one in drawn],
        "since": [since for since, _ in spans],
        "steps": [(until - since) / spots for since, until in spans],
        "spots": spots,
    }
    found: dict[int, list[tuple[datetime, float]]] = defaultdict(list)
    for id_, at, value in await session.execute(text(_CURVES), values):
        found[id_].append((at, value))
    return found


async def _records(
    session: AsyncSession, actor: Actor, case_ids: Collection[int], *, few: bool
) -> Mapping[int, Sequence[RecordView]]:
    place = func.row_number().over(
        partition_by=col(CleaningRecord.case_id), order_by=(col(CleaningRecord.suspect), col(CleaningRecord.record_id))
    )
    numbered = (
        select(col(CleaningRecord.id), place.label("place"))
        .where(visible(actor, CleaningRecord), col(CleaningRecord.case_id).in_(case_ids))
        .subquery()
    )
    wanted = (
        select(CleaningRecord)
        .join(numbered, numbered.c.id == col(CleaningRecord.id))
        .where(visible(actor, CleaningRecord))
        .order_by(col(CleaningRecord.case_id), numbered.c.place)
    )
    if few:
        wanted = wanted.where(numbered.c.place <= 2)
    rows = (await session.scalars(wanted)).all()
    shown = await records_shown(session, actor, {(one.kind, one.record_id) for one in rows})
    found: dict[int, list[RecordView]] = defaultdict(list)
    for row in rows:
        if (row.kind, row.record_id) in shown:
            found[row.case_id].append(shown[row.kind, row.record_id])
    return found
