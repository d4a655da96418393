"""SQL of what is held: by cause, of one wish, and who took what in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import system_query, visible
from backend.identity.scoping import get_visible
from backend.plant.models import Point, PointStatus
from backend.telemetry.formats.moments import from_datetime
from backend.telemetry.reasons import AT_THE_POINT
from backend.telemetry.retake.again import Held, Part
from backend.telemetry.retake.models import HeldLoss, HeldMessage, HeldPart, RetakeRun

MOST_GROUPS = 30
MOST_RUNS = 5
LAST = 2**63 - 1
MOST_BYTES = 16_000_000
"""Of messages read at once: a message may have a megabyte."""
STORED = (PointStatus.ACTIVE, PointStatus.PENDING)
"""Points whose values are stored."""


@dataclass(frozen=True)
class Wish:
    """Which of what is held: empty is any. ``code`` also finds it with its device's name before it (``gw.P1``)."""

    reason: str = ""
    code: str = ""
    source: str = ""
    mended: bool = False
    """Only what a point refused that stores values now."""


@dataclass(frozen=True)
class Group:
    """Held parts of one cause, point and source: messages, values, and when they came."""

    reason: str
    code: str
    source: str
    messages: int
    parts: int
    first_at: datetime
    last_at: datetime

    @property
    def wish(self) -> Wish:
        """All of this group."""
        return Wish(self.reason, self.code, self.source)


@dataclass(frozen=True)
class Store:
    """The store of a site: what it holds, and what had to go."""

    messages: int
    size: int
    loss: HeldLoss | None


@dataclass(frozen=True)
class Waiting:
    """What a wish is about."""

    messages: int
    values: int
    first_at: datetime | None
    last_at: datetime | None
    until_id: int


async def groups(session: AsyncSession, actor: Actor, *, reason: str = "", source: str = "") -> list[Group]:
    """By cause, point and source, what came last first."""
    wish = Wish(reason=reason, source=source)
    last = func.max(col(HeldPart.received_at))
    found = await session.execute(
        select(
            col(HeldPart.reason),
            col(HeldPart.code),
            col(HeldPart.source),
            func.count(),
            func.sum(col(HeldPart.parts)),
            func.min(col(HeldPart.received_at)),
            last,
        )
        .where(visible(actor, HeldPart), fits(wish))
        .group_by(col(HeldPart.reason), col(HeldPart.code), col(HeldPart.source))
        .order_by(last.desc(), col(HeldPart.reason), col(HeldPart.code))
        .limit(MOST_GROUPS + 1)
    )
    return [Group(*row) for row in found]


async def store(session: AsyncSession, actor: Actor) -> Store:
    """How much is held, and what had to go because of the limit."""
    counted = await session.execute(
        select(func.count(), func.coalesce(func.sum(col(HeldMessage.size)), 0)).where(visible(actor, HeldMessage))
    )
    messages, size = counted.one()
    return Store(int(messages), int(size), await loss(session, actor))


async def loss(session: AsyncSession, actor: Actor) -> HeldLoss | None:
    """What could not be held any longer, if anything."""
    return await session.scalar(select(HeldLoss).where(visible(actor, HeldLoss)))


async def waiting(session: AsyncSession, actor: Actor, wish: Wish) -> Waiting:
    """How many messages and values ``wish`` is about, from when to when."""
    found = await session.execute(
        select(
            func.count(col(HeldPart.held_id).distinct()),
            func.coalesce(func.sum(col(HeldPart.parts)), 0),
            func.min(col(HeldPart.received_at)),
            func.max(col(HeldPart.received_at)),
            func.coalesce(func.max(col(HeldPart.held_id)), 0),
        ).where(visible(actor, HeldPart), fits(wish))
    )
    messages, values, first_at, last_at, until_id = found.one()
    return Waiting(int(messages), int(values), first_at, last_at, int(until_id))


async def some_held(session: AsyncSession, actor: Actor, wish: Wish, *, most: int) -> list[Held]:
    """The oldest ``most`` messages that ``wish`` is about."""
    return await held_messages(session, and_(visible(actor, HeldPart), fits(wish)), most=most)


@system_query("the condition given names the site")
async def held_messages(
    session: AsyncSession,
    wanted: ColumnElement[bool],
    *,
    most: int,
    after: int = 0,
    until: int = LAST,
    lock: bool = False,
) -> list[Held]:
    """Messages with a part that ``wanted`` (a condition on parts, with its site) asks for, by id: at most ``most``, and
    at least one, but no more than ``MOST_BYTES``. None: there are no more."""
    found: list[Held] = []
    while not found:
        ids = (
            select(col(HeldPart.held_id), col(HeldMessage.size))
            .join(HeldMessage, col(HeldMessage.id) == col(HeldPart.held_id))
            .where(wanted, col(HeldPart.held_id) > after, col(HeldPart.held_id) <= until)
            .distinct()
            .order_by(col(HeldPart.held_id))
            .limit(most)
        )
        chosen = _as_fit([(row[0], row[1]) for row in await session.execute(ids)])
        if not chosen:
            break
        statement = (
            select(HeldMessage, col(HeldPart.reason), col(HeldPart.code), col(HeldPart.parts), wanted)
            .join(HeldPart, col(HeldPart.held_id) == col(HeldMessage.id))
            .where(col(HeldMessage.id).in_(chosen))
            .order_by(col(HeldMessage.id), col(HeldPart.reason), col(HeldPart.code))
        )
        rows = await session.execute(statement.with_for_update(of=HeldMessage) if lock else statement)
        found = _gathered(rows.all())
        after = chosen[-1]  # all of them may have gone meanwhile, for lack of room
    return found


def _as_fit(sizes: Sequence[tuple[int, int]]) -> list[int]:
    chosen: list[int] = []
    size = 0
    for id_, more in sizes:
        size += more
        if chosen and size > MOST_BYTES:
            break
        chosen.append(id_)
    return chosen


def _gathered(rows: Sequence[Any]) -> list[Held]:
    messages: dict[int, HeldMessage] = {}
    asked: dict[int, list[Part]] = {}
    others: dict[int, set[str]] = {}
    for message, reason, code, parts, is_asked in rows:
        messages[message.id] = message
        if is_asked:
            asked.setdefault(message.id, []).append(Part(reason, code, parts))
        else:
            others.setdefault(message.id, set()).add(code)
    found = []
    for id_, parts in asked.items():
        one = messages[id_]
        rest = frozenset(others.get(id_, ())) - {part.code for part in parts}
        at = from_datetime(one.received_at)
        found.append(Held(id_, one.topic, bytes(one.payload), at, one.retained, one.whole, tuple(parts), rest))
    return found


def fits(wish: Wish) -> ColumnElement[bool]:
    """The condition on a held part; the site is the caller's to ask for."""
    conditions: list[ColumnElement[bool]] = []
    if wish.reason:
        conditions.append(col(HeldPart.reason) == wish.reason)
    if wish.source:
        conditions.append(col(HeldPart.source) == wish.source)
    if wish.code:
        named = col(HeldPart.code).endswith(f".{wish.code}", autoescape=True)
        conditions.append(or_(col(HeldPart.code) == wish.code, named))
    if wish.mended:
        code = wish.code or col(HeldPart.code)
        known = exists().where(
            col(Point.site_id) == col(HeldPart.site_id), col(Point.code) == code, col(Point.status).in_(STORED)
        )
        conditions += [col(HeldPart.reason).in_([str(one) for one in AT_THE_POINT]), known]
    return and_(true(), *conditions)


async def run_of(session: AsyncSession, actor: Actor, run_id: int) -> RetakeRun:
    """One run. Raises NotFound."""
    return await get_visible(session, actor, RetakeRun, run_id)


async def runs(session: AsyncSession, actor: Actor) -> list[tuple[RetakeRun, Person | None]]:
    """The latest runs and who asked for them."""
    found = await session.execute(
        select(RetakeRun, Person)
        .outerjoin(Person, col(Person.id) == col(RetakeRun.asked_by))
        .where(visible(actor, RetakeRun))
        .order_by(col(RetakeRun.id).desc())
        .limit(MOST_RUNS)
    )
    return [(run, person) for run, person in found]


async def running(session: AsyncSession, actor: Actor) -> RetakeRun | None:
    """The run that isn't over, if there is one."""
    return await session.scalar(
        select(RetakeRun)
        .where(visible(actor, RetakeRun), col(RetakeRun.finished_at).is_(None))
        .order_by(col(RetakeRun.id))
        .limit(1)
    )


async def point_of(session: AsyncSession, actor: Actor, code: str) -> Point | None:
    """The point of ``code`` that has a page, if there is one."""
    active = col(Point.status) == PointStatus.ACTIVE
    return await session.scalar(select(Point).where(visible(actor, Point), col(Point.code) == code, active))
