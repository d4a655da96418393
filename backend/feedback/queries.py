"""What pages show of feedback: one's own, the queue, one with its thread, templates, the policy."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.checkins.models import SiteCalendar
from backend.core.clock import now
from backend.core.errors import NotFound
from backend.core.statements import alias_of, one_of
from backend.feedback.deadlines import USUAL_DAYS
from backend.feedback.models import (
    OPEN,
    Feedback,
    FeedbackEntry,
    FeedbackPhoto,
    FeedbackPolicy,
    FeedbackTemplate,
    Kind,
    State,
)
from backend.identity.actor import Actor
from backend.identity.capabilities import CAPABILITIES
from backend.identity.models import Person, Team
from backend.identity.permissions import made_once, visible
from backend.identity.scoping import get_visible

PAGE = 30
MOST_OPEN = 200
MOST_EXPORTED = 20_000


@dataclass(frozen=True)
class Asked:
    """What of the queue is asked for. ``show``: a kind, ``open`` or ``done``; ``search`` looks into numbers, words,
    pages; ``mine``: only what is assigned to the actor."""

    show: str = "open"
    kind: str = ""
    search: str = ""
    mine: bool = False


@dataclass(frozen=True)
class Card:
    """Feedback in a list, with who gave it and who has it."""

    feedback: Feedback
    giver: Person
    team: Team | None
    answerer: Person | None
    main: Feedback | None
    """The one it was merged into."""

    @property
    def shown(self) -> str:
        """How its answer stands: of something merged, that of the main one; merged while that still waits."""
        if self.main is None or self.main.state in OPEN:
            return self.feedback.state
        return self.main.state

    @property
    def open(self) -> bool:
        """Whether somebody waits."""
        return self.feedback.state in OPEN

    @property
    def late(self) -> bool:
        """Whether its time is over."""
        due = self.feedback.due_at
        return self.open and due is not None and due < now()


@dataclass(frozen=True)
class Thread:
    """One with everything said to it. ``joined``: what was merged into it."""

    card: Card
    entries: Sequence[tuple[FeedbackEntry, Person | None, Person | None]]
    photos: Sequence[FeedbackPhoto]
    joined: Sequence[Feedback]


async def mine(session: AsyncSession, actor: Actor, *, before: int | None = None) -> list[Card]:
    """The actor's own, the newest first, ``PAGE`` and one more."""
    wanted = [col(Feedback.person_id) == actor.person_id]
    if before is not None:
        wanted.append(col(Feedback.id) < before)
    return await _cards(session, actor, *wanted, order=(col(Feedback.id).desc(),), most=PAGE + 1)


async def queue(session: AsyncSession, actor: Actor, asked: Asked, *, before: int | None = None) -> list[Card]:
    """Open ones, what waits longest first, at most ``MOST_OPEN``; done ones the newest first, ``PAGE`` and one more."""
    wanted = _wanted(actor, asked)
    if asked.show == "open":
        return await _cards(session, actor, *wanted, order=(col(Feedback.id),), most=MOST_OPEN)
    if before is not None:
        wanted.append(col(Feedback.id) < before)
    return await _cards(session, actor, *wanted, order=(col(Feedback.id).desc(),), most=PAGE + 1)


async def exported(session: AsyncSession, actor: Actor, asked: Asked) -> list[Card]:
    """The same for a table to take along, the newest first."""
    return await _cards(session, actor, *_wanted(actor, asked), order=(col(Feedback.id).desc(),), most=MOST_EXPORTED)


async def to_answer(session: AsyncSession, actor: Actor) -> list[Card]:
    """What waits for the actor's answer: theirs, and what nobody has taken. Praise waits for nothing."""
    if not actor.can("feedback.answer"):
        return []
    return [Card(*row) for row in await session.execute(select_to_answer(actor))]


@made_once
def select_to_answer(actor: Actor) -> Select[Any]:
    """The statement of ``to_answer``."""
    free = or_(col(Feedback.assigned_to).is_(None), col(Feedback.assigned_to) == actor.person_id)
    due = col(Feedback.due_at)
    return _listed(actor, one_of(col(Feedback.state), OPEN), free, due.is_not(None), order=(due,), most=PAGE)


async def card(session: AsyncSession, actor: Actor, feedback_id: int) -> Card:
    """One. Raises NotFound."""
    found = await _cards(session, actor, col(Feedback.id) == feedback_id, order=(col(Feedback.id),), most=1)
    if not found:
        raise NotFound()
    return found[0]


async def thread(session: AsyncSession, actor: Actor, feedback_id: int) -> Thread:
    """One with its thread. Raises NotFound."""
    one = await card(session, actor, feedback_id)
    who, to = alias_of(Person, "who"), alias_of(Person, "addressee")
    of = [one.feedback.id] + ([one.main.id] if one.main else [])
    entries = await session.execute(
        select(FeedbackEntry, who, to)
        .outerjoin(who, col(who.id) == col(FeedbackEntry.person_id))
        .outerjoin(to, col(to.id) == col(FeedbackEntry.to_person_id))
        .where(visible(actor, FeedbackEntry), col(FeedbackEntry.feedback_id).in_(of))
        .order_by(col(FeedbackEntry.id))
    )
    photos = await session.scalars(
        select(FeedbackPhoto)
        .where(visible(actor, FeedbackPhoto), col(FeedbackPhoto.feedback_id) == one.feedback.id)
        .order_by(col(FeedbackPhoto.id))
    )
    joined = await session.scalars(
        select(Feedback)
        .where(visible(actor, Feedback), col(Feedback.merged_into_id) == one.feedback.id)
        .order_by(col(Feedback.id))
    )
    return Thread(one, [(entry, a, b) for entry, a, b in entries], photos.all(), joined.all())


async def photo(session: AsyncSession, actor: Actor, photo_id: int) -> FeedbackPhoto:
    """A picture. Raises NotFound."""
    return await get_visible(session, actor, FeedbackPhoto, photo_id)


async def joinable(session: AsyncSession, actor: Actor, one: Feedback) -> list[Card]:
    """What ``one`` may be merged into: others that stand open or were answered, of the same page first."""
    return await _cards(
        session,
        actor,
        col(Feedback.id) != one.id,
        col(Feedback.state) != State.MERGED,
        order=((col(Feedback.page) != one.page), (col(Feedback.kind) != one.kind), col(Feedback.id).desc()),
        most=20,
    )


async def answerers(session: AsyncSession, actor: Actor) -> Sequence[Person]:
    """Who may be given something to answer."""
    found = await session.scalars(
        select(Person)
        .where(
            visible(actor, Person),
            col(Person.active).is_(True),
            col(Person.role).in_([str(role) for role in CAPABILITIES["feedback.answer"]]),
        )
        .order_by(col(Person.name), col(Person.id))
        .limit(100)
    )
    return found.all()


async def templates(session: AsyncSession, actor: Actor) -> Sequence[FeedbackTemplate]:
    """Those in use, the oldest first."""
    found = await session.scalars(
        select(FeedbackTemplate)
        .where(visible(actor, FeedbackTemplate), col(FeedbackTemplate.retired_at).is_(None))
        .order_by(col(FeedbackTemplate.id))
    )
    return found.all()


async def answer_days(session: AsyncSession, actor: Actor) -> int:
    """How many working days an answer may take."""
    newest = select(col(FeedbackPolicy.answer_days)).where(visible(actor, FeedbackPolicy))
    found = await session.scalar(newest.order_by(col(FeedbackPolicy.id).desc()).limit(1))
    return USUAL_DAYS if found is None else found


async def holidays(session: AsyncSession, actor: Actor) -> Collection[date]:
    """The site's own."""
    found = await session.scalar(select(col(SiteCalendar.holidays)).where(visible(actor, SiteCalendar)))
    return {date.fromisoformat(day) for day in found or ()}


async def waiting_count(session: AsyncSession, actor: Actor) -> tuple[int, int]:
    """How many wait for an answer, and how many of them too long."""
    row = await session.execute(
        select(func.count(), func.count().filter(col(Feedback.due_at) < now())).where(
            visible(actor, Feedback), one_of(col(Feedback.state), OPEN), col(Feedback.due_at).is_not(None)
        )
    )
    waiting, late = row.one()
    return waiting, late


def _wanted(actor: Actor, asked: Asked) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if asked.show in {"open", "done"}:
        within = one_of(col(Feedback.state), OPEN)
        wanted.append(within if asked.show == "open" else ~within)
    if asked.kind in set(Kind):
        wanted.append(col(Feedback.kind) == asked.kind)
    if asked.mine:
        wanted.append(col(Feedback.assigned_to) == actor.person_id)
    if asked.search:
        texts = (col(Feedback.number), col(Feedback.words), col(Feedback.page))
        wanted.append(or_(*(column.icontains(asked.search, autoescape=True) for column in texts)))
    return wanted


async def _cards(
    session: AsyncSession,
    actor: Actor,
    *wanted: ColumnElement[bool],
    order: Sequence[ColumnElement[object] | object],
    most: int,
) -> list[Card]:
    return [Card(*row) for row in await session.execute(_listed(actor, *wanted, order=order, most=most))]


def _listed(
    actor: Actor, *wanted: ColumnElement[bool], order: Sequence[ColumnElement[object] | object], most: int
) -> Select[Any]:
    giver, answerer, main = alias_of(Person, "giver"), alias_of(Person, "answerer"), alias_of(Feedback, "main")
    return (
        select(Feedback, giver, Team, answerer, main)
        .join(giver, col(giver.id) == col(Feedback.person_id))
        .outerjoin(Team, col(Team.id) == col(Feedback.team_id))
        .outerjoin(answerer, col(answerer.id) == col(Feedback.assigned_to))
        .outerjoin(main, col(main.id) == col(Feedback.merged_into_id))
        .where(visible(actor, Feedback), *wanted)
        .order_by(*order)  # type: ignore[arg-type]
        .limit(most)
    )
