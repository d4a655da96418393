"""The list of alarms: what is open by floods, the worst first; what was, by time. One statement a page."""

import enum
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, Subquery, case, cast, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.lifecycle import CALLING, SET_ASIDE
from backend.alarms.models import Alarm, AlarmState, Level
from backend.core.statements import among, one_of
from backend.identity.actor import Actor
from backend.identity.permissions import made_once, visible
from backend.identity.queries.people import Named
from backend.plant.models import Area, Equipment, Point

PAGE = 30
SHOWN_OF_A_FLOOD = 3
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RANKS = {Level.MAJOR: 0, Level.SIGNIFICANT: 1, Level.GENERAL: 2, Level.LOW: 3}

RANK = case(_RANKS, value=col(Alarm.level), else_=len(_RANKS))
"""Sorts the worst level first."""


class Show(enum.StrEnum):
    """Which alarms a list shows."""

    WAITING = "waiting"
    """Nobody has acknowledged."""
    OPEN = "open"
    """Not closed and not set aside."""
    SHELVED = "shelved"
    """Set aside: shelved, or out of service."""
    CLOSED = "closed"
    FALSE = "false"
    """Judged false, whatever their state."""

    @property
    def past(self) -> bool:
        """Whether it is a history, by time."""
        return self in {Show.CLOSED, Show.FALSE}


@dataclass(frozen=True)
class Wanted:
    """Which alarms; ``mine`` are those of equipment that a post of the actor owns."""

    show: Show = Show.OPEN
    level: str = ""
    mine: bool = False
    search: str = ""


@dataclass(frozen=True)
class Line:
    """An alarm in a list, with where it is."""

    alarm: Alarm
    point: Named | None
    equipment: Named | None
    area: Named | None


@dataclass(frozen=True)
class Flood:
    """Alarms of one group that the list shows, the worst first; ``size`` counts also those not shown."""

    lines: list[Line]
    size: int

    @property
    def lead(self) -> Line:
        """The worst, of these the newest."""
        return self.lines[0]


@dataclass(frozen=True)
class Page:
    """Some floods, and the cursor of those after them ("" at the end)."""

    floods: list[Flood]
    following: str = ""


@dataclass(frozen=True)
class Tally:
    """How many alarms of the site wait, are open, are set aside."""

    waiting: int
    open: int
    shelved: int


async def alarms(session: AsyncSession, actor: Actor, wanted: Wanted, *, after: str = "", most: int = PAGE) -> Page:
    """Floods, worst level first, then the newest; histories one by one, the newest first.

    ``after`` is the ``following`` of the page before; an unreadable one starts from the beginning.
    """
    return await (_history if wanted.show.past else _floods)(session, actor, wanted, after, most)


async def tally(session: AsyncSession, actor: Actor) -> Tally:
    """The figures on the tabs."""
    return Tally(**(await session.execute(_counts(actor))).mappings().one())


@made_once
def _counts(actor: Actor) -> Select[*tuple[int, ...]]:
    return (
        select(*(func.count().filter(_showing(s)).label(s.value) for s in (Show.WAITING, Show.OPEN, Show.SHELVED)))
        .select_from(Alarm)
        .where(visible(actor, Alarm), ~one_of(col(Alarm.state), (AlarmState.CLOSED,)))
    )


async def _floods(session: AsyncSession, actor: Actor, wanted: Wanted, after: str, most: int) -> Page:
    place = tuple(_read_cursor(after, 3))
    usual = not place and not wanted.search
    rows = await session.execute((_first_floods if usual else _floods_after)(actor, wanted, most, place))
    floods: dict[int, Flood] = {}
    following = ""
    for row in rows:
        *_, size, worst, newest, flood, number = row
        if number > most:
            return Page(list(floods.values()), following)
        floods.setdefault(flood, Flood([], size)).lines.append(line(row))
        following = f"{worst}.{newest}.{flood}"
    return Page(list(floods.values()))


def _floods_after(actor: Actor, wanted: Wanted, most: int, place: tuple[int, ...]) -> Any:
    placed = _placed(actor, wanted, place)
    return (
        lines(actor)
        .add_columns(placed.c.size, placed.c.worst, placed.c.newest, placed.c.flood, placed.c.number)
        .join(placed, placed.c.id == col(Alarm.id))
        .where(placed.c.number <= most + 1)
        .order_by(placed.c.number, placed.c.place)
    )


_first_floods = made_once(_floods_after)
"""What is looked at again and again: the first page of a list nobody searches in."""


def _placed(actor: Actor, wanted: Wanted, place: tuple[int, ...]) -> Subquery:
    """Alarms with the number of their flood and their place in it. Whole numbers sort, so that they are a cursor."""
    flood = func.coalesce(-col(Alarm.group_id), col(Alarm.id))  # negated, so that the newest group comes first
    newest = -cast(func.extract("epoch", col(Alarm.last_raised_at)) * 1_000_000, BigInteger)
    found = _filtered(
        select(
            col(Alarm.id).label("id"),
            flood.label("flood"),
            func.min(RANK).over(partition_by=flood).label("worst"),
            func.min(newest).over(partition_by=flood).label("newest"),
            func.count().over(partition_by=flood).label("size"),
            func.row_number().over(partition_by=flood, order_by=(RANK, newest, -col(Alarm.id))).label("place"),
        ).where(visible(actor, Alarm), ~one_of(col(Alarm.state), (AlarmState.CLOSED,))),
        actor,
        wanted,
    ).subquery()
    order = (found.c.worst, found.c.newest, found.c.flood)
    placed = select(found, func.dense_rank().over(order_by=order).label("number")).where(
        found.c.place <= SHOWN_OF_A_FLOOD
    )
    if place:
        placed = placed.where(tuple_(*order) > tuple_(*(literal(part, BigInteger) for part in place)))
    return placed.subquery()


async def _history(session: AsyncSession, actor: Actor, wanted: Wanted, after: str, most: int) -> Page:
    statement = _filtered(lines(actor), actor, wanted)
    place = _read_cursor(after, 2)
    if place:
        moment = _EPOCH + timedelta(microseconds=place[0])
        statement = statement.where(
            tuple_(col(Alarm.raised_at), col(Alarm.id)) < tuple_(literal(moment), literal(place[1], BigInteger))
        )
    order = (col(Alarm.raised_at).desc(), col(Alarm.id).desc())
    rows = (await session.execute(statement.order_by(*order).limit(most + 1))).all()
    floods = [Flood([line(row)], 1) for row in rows[:most]]
    if len(rows) <= most:
        return Page(floods)
    last = floods[-1].lead.alarm
    return Page(floods, f"{(last.raised_at - _EPOCH) // timedelta(microseconds=1)}.{last.id}")


def lines(actor: Actor) -> Any:
    """Alarms with point, equipment and area."""
    return (
        select(Alarm, Point, Equipment, Area)
        .outerjoin(Point, col(Point.id) == col(Alarm.point_id))
        .outerjoin(Equipment, col(Equipment.id) == col(Alarm.equipment_id))
        .outerjoin(Area, col(Area.id) == col(Alarm.area_id))
        .where(visible(actor, Alarm))
    )


def line(row: Any) -> Line:
    """A row of ``lines``, whatever columns were added to it."""
    return Line(row[0], *(named(thing) for thing in row[1:4]))


def named(thing: Any) -> Named | None:
    """The names of a row that has them, if there is one."""
    return Named(thing.id, thing.name, thing.name_en) if thing else None


def _filtered(statement: Any, actor: Actor, wanted: Wanted) -> Any:
    statement = statement.where(_showing(wanted.show))
    if wanted.level:
        statement = statement.where(col(Alarm.level) == wanted.level)
    if wanted.mine:
        owned = select(col(Equipment.id)).where(
            visible(actor, Equipment), among(col(Equipment.owner_post_id), actor.post_ids)
        )
        statement = statement.where(col(Alarm.equipment_id).in_(owned))
    if wanted.search:
        statement = statement.where(_mentions(actor, wanted.search))
    return statement


def _showing(show: Show) -> ColumnElement[bool]:
    state = col(Alarm.state)
    match show:
        case Show.WAITING:
            return one_of(state, CALLING)
        case Show.OPEN:
            return ~one_of(state, (AlarmState.CLOSED, *SET_ASIDE))
        case Show.SHELVED:
            return one_of(state, SET_ASIDE)
        case Show.CLOSED:
            return state == AlarmState.CLOSED
        case Show.FALSE:
            return col(Alarm.judgement) == "false"


def _mentions(actor: Actor, words: str) -> ColumnElement[bool]:
    """Titles, and names and codes of the point and the equipment, in either language."""

    def says(*columns: Any) -> ColumnElement[bool]:
        return or_(*(col(column).icontains(words, autoescape=True) for column in columns))

    points = select(col(Point.id)).where(visible(actor, Point), says(Point.name, Point.name_en, Point.code))
    equipment = select(col(Equipment.id)).where(
        visible(actor, Equipment), says(Equipment.name, Equipment.name_en, Equipment.code)
    )
    return or_(
        says(Alarm.title, Alarm.title_en),
        col(Alarm.point_id).in_(points),
        col(Alarm.equipment_id).in_(equipment),
    )


def _read_cursor(word: str, parts: int) -> list[int]:
    try:
        numbers = [int(part) for part in word.split(".")]
    except ValueError:
        return []
    readable = len(numbers) == parts and all(abs(number) < 2**53 for number in numbers)
    return numbers if readable else []
