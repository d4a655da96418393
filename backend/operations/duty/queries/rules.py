"""Which rule counts in a month, and its versions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Integer, Select, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import made_once, system_query, visible
from backend.operations.duty.models import DutyRule
from backend.operations.duty.rules import USUAL, Rule


@dataclass(frozen=True)
class Numbered:
    """A rule with its version; 0 is the usual one."""

    number: int
    rule: Rule


async def rule_of(session: AsyncSession, actor: Actor, month: date) -> Numbered:
    """The rule that counts in ``month``."""
    return _numbered(await session.scalar(_counting(month).where(visible(actor, DutyRule))))


@system_query("the worker keeps the months of all sites")
async def rule_of_site(session: AsyncSession, site_id: int, month: date) -> Numbered:
    """The same for the worker."""
    return _numbered(await session.scalar(_counting(month).where(col(DutyRule.site_id) == site_id)))


async def rule_numbered(session: AsyncSession, actor: Actor, number: int) -> Rule:
    """The rule of that version; the usual one for 0, or where there is none."""
    if not number:
        return USUAL
    return _numbered(await session.scalar(_with_number(actor), {"number": number})).rule


@made_once
def _with_number(actor: Actor) -> Select[Any]:
    wanted = col(DutyRule.number) == bindparam("number", type_=Integer)
    return select(DutyRule).where(visible(actor, DutyRule), wanted)


async def rules_numbered(session: AsyncSession, actor: Actor, numbers: Collection[int]) -> dict[int, Rule]:
    """Rules by version, of those asked for."""
    wanted = select(DutyRule).where(visible(actor, DutyRule), col(DutyRule.number).in_(numbers))
    found = {row.number: Rule.of(row.terms) for row in await session.scalars(wanted)}
    return {number: found.get(number, USUAL) for number in numbers}


async def versions(session: AsyncSession, actor: Actor) -> Sequence[tuple[DutyRule, Person]]:
    """All versions with who made them, the newest first."""
    statement = (
        select(DutyRule, Person)
        .join(Person, col(Person.id) == col(DutyRule.made_by))
        .where(visible(actor, DutyRule))
        .order_by(col(DutyRule.number).desc())
    )
    return [(rule, person) for rule, person in await session.execute(statement)]


@system_query("it is part of the two above, which say whose rules")
def _counting(month: date) -> Select[Any]:
    return select(DutyRule).where(col(DutyRule.from_month) <= month).order_by(col(DutyRule.number).desc()).limit(1)


def _numbered(row: DutyRule | None) -> Numbered:
    return Numbered(row.number, Rule.of(row.terms)) if row else Numbered(0, USUAL)
