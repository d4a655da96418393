"""Layouts of first pages by role and version, and how people have put their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, literal_column, select
from sqlalchemy.dialects.postgresql import JSONB, distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.home.layout import USUAL, Arrangement, Layout
from backend.home.models import HomeArrangement, HomeLayout
from backend.identity.actor import Actor
from backend.identity.models import Person, Role
from backend.identity.permissions import visible


@dataclass(frozen=True)
class Version:
    """A version with who made it."""

    row: HomeLayout
    author: Person


def document_of(actor: Actor, role: Role) -> Select[Any]:
    """The newest layout of ``role`` as one JSON document, for a statement of which it is a part."""
    newest = func.jsonb_build_object(
        "cards", col(HomeLayout.cards), "free", col(HomeLayout.free), "number", col(HomeLayout.number), type_=JSONB
    )
    return (
        select(newest)
        .where(visible(actor, HomeLayout), col(HomeLayout.role) == role)
        .order_by(col(HomeLayout.number).desc())
        .limit(literal_column("1"))
    )


def arrangement_of(actor: Actor) -> Select[Any]:
    """The actor's own arrangement, likewise."""
    own = func.jsonb_build_object(
        "order", col(HomeArrangement.order), "hidden", col(HomeArrangement.hidden), type_=JSONB
    )
    return select(own).where(visible(actor, HomeArrangement), col(HomeArrangement.person_id) == actor.person_id)


def layout_from(role: Role, found: Mapping[str, Any] | None) -> Layout:
    """What ``document_of`` gave; the usual layout where the site has none."""
    return Layout(tuple(found["cards"]), found["free"], found["number"]) if found else USUAL[role]


def own_from(found: Mapping[str, Any] | None) -> Arrangement:
    """What ``arrangement_of`` gave."""
    return Arrangement(tuple(found["order"]), frozenset(found["hidden"])) if found else Arrangement()


async def layouts(session: AsyncSession, actor: Actor) -> dict[Role, Layout]:
    """What each role's page shows now."""
    newest = (
        select(HomeLayout)
        .where(visible(actor, HomeLayout))
        .ext(distinct_on(col(HomeLayout.role)))
        .order_by(col(HomeLayout.role), col(HomeLayout.number).desc())
    )
    found = {Role(one.role): _layout(one) for one in await session.scalars(newest)}
    return {role: found.get(role, usual) for role, usual in USUAL.items()}


async def layout_numbered(session: AsyncSession, actor: Actor, role: Role, number: int) -> Layout | None:
    """A version of a role's layout; 0 is the usual one; None where there is no such."""
    if number == 0:
        return USUAL[role]
    wanted = select(HomeLayout).where(
        visible(actor, HomeLayout), col(HomeLayout.role) == role, col(HomeLayout.number) == number
    )
    row = await session.scalar(wanted)
    return _layout(row) if row else None


async def versions(session: AsyncSession, actor: Actor, role: Role) -> Sequence[Version]:
    """All versions of a role's layout, the newest first."""
    statement = (
        select(HomeLayout, Person)
        .join(Person, col(Person.id) == col(HomeLayout.made_by))
        .where(visible(actor, HomeLayout), col(HomeLayout.role) == role)
        .order_by(col(HomeLayout.number).desc())
    )
    return [Version(row, author) for row, author in await session.execute(statement)]


async def own_row(session: AsyncSession, actor: Actor) -> HomeArrangement | None:
    """The actor's own arrangement as a row, to be changed."""
    wanted = select(HomeArrangement).where(
        visible(actor, HomeArrangement), col(HomeArrangement.person_id) == actor.person_id
    )
    return await session.scalar(wanted.with_for_update())


def _layout(row: HomeLayout) -> Layout:
    return Layout(tuple(row.cards), row.free, row.number)
