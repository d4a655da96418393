"""People as lists and pages show them: with team, posts, and where they are signed in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, case, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.errors import NotFound
from backend.identity.actor import Actor
from backend.identity.models import LoginSession, Person, Post, PostHolder, Role, Team
from backend.identity.permissions import visible

PAGE = 50
_RANKS = {Role.LEADER: 0, Role.WORKER: 1, Role.MANAGER: 2, Role.SAFETY_OFFICER: 3, Role.ADMIN: 4}


@dataclass(frozen=True)
class Named:
    """Something with a Chinese and an English name."""

    id: int
    name: str
    name_en: str


@dataclass(frozen=True)
class PersonView:
    """A person with team and posts."""

    id: int
    account: str
    name: str
    name_en: str
    role: str
    phone: str
    active: bool
    must_change_password: bool
    sample: bool
    created_at: datetime
    team: Named | None
    posts: tuple[Named, ...]
    locale: str = ""
    """As chosen; "" follows the phone."""


@dataclass(frozen=True)
class PeoplePage:
    """Some people in the order of their teams, and the cursor of those after them ("" at the end)."""

    people: list[PersonView]
    following: str = ""


@dataclass(frozen=True)
class Wanted:
    """Which people a list shows. ``search`` looks into names and accounts."""

    search: str = ""
    role: str = ""
    team_id: int | None = None
    active: bool = True


async def people(session: AsyncSession, actor: Actor, wanted: Wanted, *, after: str = "") -> PeoplePage:
    """A page of people by team, leaders first. ``after`` is the ``following`` of the page before."""
    order = _order()
    conditions = [visible(actor, Person), col(Person.active).is_(wanted.active)]
    if wanted.role:
        conditions.append(col(Person.role) == wanted.role)
    if wanted.team_id is not None:
        conditions.append(col(Person.team_id) == wanted.team_id)
    if wanted.search:
        texts = (col(Person.name), col(Person.name_en), col(Person.account))
        conditions.append(or_(*(column.icontains(wanted.search, autoescape=True) for column in texts)))
    place = _read_cursor(after)
    if place:
        conditions.append(tuple_(*order) > tuple_(*(literal(part, BigInteger) for part in place)))
    rows = (
        await session.execute(
            select(Person, Team, *order)
            .outerjoin(Team, col(Team.id) == col(Person.team_id))
            .where(*conditions)
            .order_by(*order)
            .limit(PAGE + 1)
        )
    ).all()
    posts = await _posts_of(session, actor, [row[0].id for row in rows])
    shown = [_view(person, team, posts) for person, team, *_ in rows[:PAGE]]
    following = ".".join(str(part) for part in rows[PAGE - 1][2:]) if len(rows) > PAGE else ""
    return PeoplePage(shown, following)


def _order() -> tuple[Any, ...]:
    """Whole numbers that sort the list, so that they are also an exact cursor; people without a team come last."""
    rank = case(_RANKS, value=col(Person.role), else_=len(_RANKS))
    return func.coalesce(col(Person.team_id), 2**62), rank, col(Person.id)


def _read_cursor(word: str) -> list[int]:
    parts = word.split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 20 for part in parts):
        return []
    numbers = [int(part) for part in parts]
    return numbers if max(numbers) < 2**63 else []


async def person_view(session: AsyncSession, actor: Actor, person_id: int) -> PersonView:
    """One person. Raises NotFound, also for who may not see them."""
    found = await session.execute(
        select(Person, Team)
        .outerjoin(Team, col(Team.id) == col(Person.team_id))
        .where(visible(actor, Person), col(Person.id) == literal(person_id, BigInteger))
    )
    row = found.one_or_none() if 0 < person_id < 2**63 else None
    if row is None:
        raise NotFound()
    return _view(row[0], row[1], await _posts_of(session, actor, [person_id]))


def _view(person: Person, team: Team | None, posts: dict[int, list[Named]]) -> PersonView:
    return PersonView(
        id=person.id,
        account=person.account,
        name=person.name,
        name_en=person.name_en,
        role=person.role,
        phone=person.phone,
        active=person.active,
        must_change_password=person.must_change_password,
        sample=person.sample,
        created_at=person.created_at,
        team=Named(team.id, team.name, team.name_en) if team else None,
        posts=tuple(posts.get(person.id, ())),
        locale=person.locale,
    )


async def _posts_of(session: AsyncSession, actor: Actor, people_ids: Iterable[int]) -> dict[int, list[Named]]:
    rows = await session.execute(
        select(col(PostHolder.person_id), Post)
        .join(Post, col(Post.id) == col(PostHolder.post_id))
        .where(
            visible(actor, PostHolder),
            visible(actor, Post),
            col(PostHolder.person_id).in_(list(people_ids)),
            col(PostHolder.until).is_(None),
        )
        .order_by(col(Post.id))
    )
    held: dict[int, list[Named]] = {}
    for person_id, post in rows:
        held.setdefault(person_id, []).append(Named(post.id, post.name, post.name_en))
    return held


async def teams(session: AsyncSession, actor: Actor) -> list[Named]:
    """The site's teams, for choosing."""
    found = await session.scalars(select(Team).where(visible(actor, Team)).order_by(col(Team.id)))
    return [Named(team.id, team.name, team.name_en) for team in found]


async def posts(session: AsyncSession, actor: Actor) -> list[Named]:
    """The site's posts, for choosing."""
    found = await session.scalars(select(Post).where(visible(actor, Post)).order_by(col(Post.id)))
    return [Named(post.id, post.name, post.name_en) for post in found]


async def sign_ins(session: AsyncSession, actor: Actor, person_id: int) -> list[LoginSession]:
    """Where a person is signed in now, the latest used first. The caller shows them to that person or an admin."""
    found = await session.scalars(
        select(LoginSession)
        .where(
            visible(actor, LoginSession),
            col(LoginSession.person_id) == person_id,
            col(LoginSession.revoked_at).is_(None),
            col(LoginSession.expires_at) > now(),
        )
        .order_by(col(LoginSession.last_seen_at).desc(), col(LoginSession.id))
        .limit(50)
    )
    return list(found)
