"""The lists of rectifications: by tab, page by page, and what waits for a person."""

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Bundle
from sqlmodel import col

from backend.alarms.models import Level
from backend.core.clock import now
from backend.core.statements import alias_of, one_of
from backend.hazards.lifecycle import FINAL, GOVERNING, LEADING, UNFINISHED, WORKABLE, Step, quick_step
from backend.hazards.models import Rectification, RectificationState
from backend.hazards.plan import TimeLeft, time_left
from backend.hazards.queries.cases import case_of, somebody
from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import made_once, of_own_team, visible
from backend.plant.models import Equipment

PAGE = 30
MOST_WAITING = 100
"""So many wait for one person at once: who has more must do some first."""
_PARTS = 4
"""Whole numbers that a cursor is made of, as ``_order`` has them."""
_DAY = 86_400_000_000
_HEAD_STARTS = {Level.MAJOR: 7 * _DAY, Level.SIGNIFICANT: 3 * _DAY}
"""Microseconds by which a graver one sorts as if it were due earlier. Ours, not a standard's."""


class Tab(enum.StrEnum):
    """Which rectifications a list shows."""

    MINE = "mine"
    TEAM = "team"
    OVERDUE = "overdue"
    TO_VERIFY = "to_verify"
    ALL = "all"


_NEVER_CLOSED = (Tab.OVERDUE, Tab.TO_VERIFY)


@dataclass(frozen=True)
class Named:
    """Something with a Chinese and an English name."""

    id: int
    name: str
    name_en: str


@dataclass(frozen=True)
class Card:
    """A rectification in a list."""

    id: int
    number: str
    level: str
    title: str
    state: str
    deadline: datetime
    owner: Named
    equipment: Named | None
    mine: bool
    recurrence: int
    is_part: bool
    version: int
    wanted_deadline: datetime | None
    quick: Step | None
    """What the actor is waited for with it, or could do at once: the button beside it."""
    left: TimeLeft | None
    """Until the deadline, while the owner has something to do."""

    @property
    def overdue(self) -> bool:
        """Whether the deadline has passed with work still to do."""
        return self.left is not None and self.left.overdue


@dataclass(frozen=True)
class Page:
    """Some cards, and the cursor of those after them ("" at the end)."""

    cards: list[Card]
    following: str = ""


def verifiable_by(actor: Actor) -> ColumnElement[bool]:
    """``lifecycle.may_verify`` as SQL, for lists; a test holds the two together."""
    me = actor.person_id
    whole = alias_of(Rectification, "own_whole")
    of_own_whole = exists().where(
        col(whole.id) == col(Rectification.parent_id), col(whole.site_id) == actor.site_id, col(whole.owner_id) == me
    )
    return and_(
        one_of(col(Rectification.state), (RectificationState.SUBMITTED,)),
        ~of_own_whole,
        col(Rectification.owner_id) != me,
        col(Rectification.submitted_by).is_distinct_from(me),
        or_(
            and_(col(Rectification.level) == Level.MAJOR, literal(actor.role in GOVERNING)),
            and_(
                col(Rectification.level) != Level.MAJOR,
                or_(literal(actor.role in LEADING), col(Rectification.opened_by) == me),
            ),
        ),
    )


def extendable_by(actor: Actor) -> ColumnElement[bool]:
    """``lifecycle.may_extend`` as SQL: requests for an extension that wait for the actor's answer."""
    me = actor.person_id
    return and_(
        one_of(col(Rectification.state), WORKABLE),
        col(Rectification.extension_by) != me,
        col(Rectification.owner_id) != me,
        or_(literal(actor.role in GOVERNING), col(Rectification.opened_by) == me),
    )


async def rectifications(
    session: AsyncSession,
    actor: Actor,
    *,
    tab: Tab = Tab.ALL,
    alarm_id: int | None = None,
    search: str = "",
    after: str = "",
    most: int = PAGE,
) -> Page:
    """Where something is to be done first, then what waits for others, then what is closed; within that the actor's
    own before others', and what burns most before the rest: by deadline, a grave one as if it were due earlier.

    ``search`` looks into numbers, titles and owners' names. ``after`` is the ``following`` of the page
    before; an unreadable one starts from the beginning.
    """
    asked = (tab, most, alarm_id, search, tuple(_read_cursor(after)))
    usual = asked[2:] == (None, "", ())
    rows = list(await session.execute(_first_unfinished(actor, tab, most))) if usual else []
    if len(rows) <= most and not (usual and tab in _NEVER_CLOSED):
        rows = list(await session.execute((_first_page if usual else _page_after)(actor, *asked)))
    following = ".".join(str(part) for part in rows[most - 1][-_PARTS:]) if len(rows) > most else ""
    return Page([_card(row, actor) for row in rows[:most]], following)


def _page_after(
    actor: Actor, tab: Tab, most: int, alarm_id: int | None, search: str, place: tuple[int, ...]
) -> Select[Any]:
    """One more than ``most`` of what is asked for, after ``place``."""
    wanted = [_on(tab, actor)]
    if alarm_id is not None:
        wanted.append(col(Rectification.alarm_id) == alarm_id)
    if search:
        texts = (col(Rectification.number), col(Rectification.title), col(Person.name), col(Person.name_en))
        wanted.append(or_(*(column.icontains(search, autoescape=True) for column in texts)))
    order = _order(actor)
    if place:
        wanted.append(tuple_(*order) > tuple_(*(literal(part, BigInteger) for part in place)))
    first = _first_of_each(actor, wanted, order, most + 1)
    return _list(actor).where(col(Rectification.id).in_(first)).limit(most + 1)


_first_page = made_once(_page_after)
"""What is looked at again and again: the first page of a list nobody searches in."""


@made_once
def _first_unfinished(actor: Actor, tab: Tab, most: int) -> Select[Any]:
    """One more than ``most`` of what isn't closed, which stands before what is."""
    return _list(actor).where(one_of(col(Rectification.state), UNFINISHED), _on(tab, actor)).limit(most + 1)


def _first_of_each(actor: Actor, wanted: list[Any], order: list[Any], most: int) -> Select[int]:
    """Ids of the first ``most`` of what isn't closed, of what the actor closed, and of all that is closed: among them
    are the first ``most`` of all. Each comes along an index, so that years of what is closed aren't sorted."""
    closed, mine = one_of(col(Rectification.state), FINAL), col(Rectification.owner_id) == actor.person_id
    newest = [_closed_at().desc(), col(Rectification.id)]
    ids = select(col(Rectification.id)).join(Person, col(Person.id) == col(Rectification.owner_id))
    ids = ids.where(visible(actor, Rectification), *wanted).limit(most)
    either = union_all(
        ids.where(one_of(col(Rectification.state), UNFINISHED)).order_by(*order).subquery().select(),
        ids.where(closed, mine).order_by(*newest).subquery().select(),
        ids.where(closed).order_by(*newest).subquery().select(),
    )
    return select(either.subquery().c.id)


def _on(tab: Tab, actor: Actor) -> ColumnElement[bool]:
    """Which rectifications stand on ``tab``; ``Person`` is their owner."""
    if tab is Tab.MINE:
        return col(Rectification.owner_id) == actor.person_id
    if tab is Tab.TEAM:
        return of_own_team(actor, col(Person.team_id))
    if tab is Tab.OVERDUE:
        return and_(one_of(col(Rectification.state), WORKABLE), col(Rectification.deadline) < func.now())
    return or_(verifiable_by(actor), extendable_by(actor)) if tab is Tab.TO_VERIFY else true()


async def unfinished_counts(session: AsyncSession, actor: Actor) -> dict[Tab, int]:
    """How many unfinished ones stand on each tab, in one statement."""
    return dict(zip(Tab, (await session.execute(_counts(actor))).one(), strict=True))


@made_once
def _counts(actor: Actor) -> Select[*tuple[int, ...]]:
    return (
        select(*(func.count().filter(_on(tab, actor)) for tab in Tab))
        .select_from(Rectification)
        .join(Person, col(Person.id) == col(Rectification.owner_id))
        .where(visible(actor, Rectification), one_of(col(Rectification.state), UNFINISHED))
    )


def _order(actor: Actor) -> list[Any]:
    """Whole numbers that sort the list, so that they are also an exact cursor."""
    state = col(Rectification.state)
    done = one_of(state, FINAL)
    stage = case((done, 2), (one_of(state, WORKABLE), 0), else_=1)
    burns = _microseconds(col(Rectification.deadline)) - case(_HEAD_STARTS, value=col(Rectification.level), else_=0)
    return [
        cast(stage, BigInteger),
        cast(case((col(Rectification.owner_id) == actor.person_id, 0), else_=1), BigInteger),
        case((done, -_microseconds(_closed_at())), else_=burns),
        col(Rectification.id),
    ]


def _closed_at() -> ColumnElement[datetime]:
    """As the index ``rectification_closed`` has it."""
    return func.coalesce(col(Rectification.verified_at), col(Rectification.created_at))


def _microseconds(moment: Any) -> Any:
    return cast(func.extract("epoch", moment) * 1_000_000, BigInteger)


def _read_cursor(word: str) -> list[int]:
    try:
        parts = [int(part) for part in word.split(".")]
    except ValueError:
        return []
    return parts if len(parts) == _PARTS and all(abs(part) < 2**63 for part in parts) else []


def _some(model: Any, *names: str) -> Bundle[Any]:
    return Bundle(model.__tablename__, *(getattr(model, name) for name in names))


_SHOWN = (
    _some(
        Rectification,
        *("id", "number", "level", "title", "state", "deadline", "owner_id", "opened_by", "submitted_by"),
        *("extension_by", "wanted_deadline", "parent_id", "recurrence", "version"),
    ),
    _some(Person, "id", "name", "name_en", "team_id"),
    _some(Equipment, "id", "name", "name_en"),
)
"""What a card needs: making whole objects of thirty rows costs as much as drawing them."""


def _list(actor: Actor) -> Select[Any]:
    """Rectification, owner, equipment, owner of the whole and the sort order."""
    order = _order(actor)
    whole = alias_of(Rectification, "whole")
    return (
        select(*_SHOWN, col(whole.owner_id), *order)
        .select_from(Rectification)
        .outerjoin(whole, col(whole.id) == col(Rectification.parent_id))
        .join(Person, col(Person.id) == col(Rectification.owner_id))
        .outerjoin(Equipment, col(Equipment.id) == col(Rectification.equipment_id))
        .where(visible(actor, Rectification))
        .order_by(*order)
    )


def _card(row: Any, actor: Actor) -> Card:
    rectification, owner, equipment, whole_owner_id = row[:4]
    known = case_of(rectification, owner.team_id, whole_owner_id)
    remaining = left(rectification)
    return Card(
        id=rectification.id,
        number=rectification.number,
        level=rectification.level,
        title=rectification.title,
        state=rectification.state,
        deadline=rectification.deadline,
        owner=named(owner),
        equipment=named(equipment) if equipment.id else None,
        mine=owner.id == actor.person_id,
        recurrence=rectification.recurrence,
        is_part=rectification.parent_id is not None,
        version=rectification.version,
        wanted_deadline=rectification.wanted_deadline,
        quick=quick_step(known, somebody(actor), overdue=remaining is not None and remaining.overdue),
        left=remaining,
    )


def named(thing: Any) -> Named:
    """The names of a row that has them."""
    return Named(thing.id, thing.name, thing.name_en)


def left(rectification: Any) -> TimeLeft | None:
    """Time to the deadline, while the owner has something to do."""
    return time_left(rectification.deadline, now()) if rectification.state in WORKABLE else None


def to_be_done_by(actor: Actor) -> ColumnElement[bool]:
    """Rectifications whose next step is the actor's as their owner."""
    return and_(col(Rectification.owner_id) == actor.person_id, one_of(col(Rectification.state), WORKABLE))


async def owned_to_do(session: AsyncSession, actor: Actor, *, most: int = PAGE) -> list[Card]:
    """Those whose next step is the actor's as their owner, what burns most first."""
    return [_card(row, actor) for row in await session.execute(_own(actor, most))]


@made_once
def _own(actor: Actor, most: int) -> Select[Any]:
    return _list(actor).where(to_be_done_by(actor)).limit(most)


async def waiting_for(session: AsyncSession, actor: Actor) -> list[Card]:
    """Those whose next step is the actor's: as their owner (``mine``), to verify them or to answer a request for an
    extension; the own ones that burn most first."""
    return [_card(row, actor) for row in await session.execute(_waiting(actor))]


@made_once
def _waiting(actor: Actor) -> Select[Any]:
    next_step = or_(to_be_done_by(actor), verifiable_by(actor), extendable_by(actor))
    return _list(actor).where(one_of(col(Rectification.state), UNFINISHED), next_step).limit(MOST_WAITING)
