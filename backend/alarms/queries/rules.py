"""Rules as people see them: by equipment and point, with what is open of them and how they fared lately."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, cast, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Alarm, AlarmRule, AlarmState
from backend.alarms.queries.listing import named
from backend.core.clock import now
from backend.core.errors import NotFound
from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.identity.queries.people import Named
from backend.plant.models import Equipment, Point

PAGE = 60
LATELY = timedelta(days=30)
_LAST = 2**53
"""Sorts what has no place behind everything that has one."""


class Service(enum.StrEnum):
    """Whether a rule judges."""

    IN_FORCE = "in_force"
    OUT_OF_SERVICE = "out_of_service"
    DISABLED = "disabled"


@dataclass(frozen=True)
class Wanted:
    """Which rules; "" and None narrow nothing."""

    service: str = ""
    kind: str = ""
    point_id: int | None = None
    search: str = ""


@dataclass(frozen=True)
class RuleCard:
    """A rule with its place; ``open`` counts its alarms that aren't closed."""

    rule: AlarmRule
    point: Point | None
    equipment: Named | None
    open: int

    @property
    def service(self) -> Service:
        """Whether it judges."""
        if self.rule.out_of_service_reason:
            return Service.OUT_OF_SERVICE
        return Service.IN_FORCE if self.rule.enabled else Service.DISABLED


@dataclass(frozen=True)
class RulePage:
    """Some rules in the order of the plant, and the cursor of those after them ("" at the end)."""

    cards: list[RuleCard]
    following: str = ""

    @property
    def by_equipment(self) -> list[tuple[Named | None, list[RuleCard]]]:
        """The cards under their equipment."""
        return [(equipment, list(cards)) for equipment, cards in groupby(self.cards, key=lambda card: card.equipment)]


@dataclass(frozen=True)
class Record:
    """How a rule fared in the last thirty days."""

    raised: int
    judged_false: int


async def rules(session: AsyncSession, actor: Actor, wanted: Wanted, *, after: str = "", most: int = PAGE) -> RulePage:
    """Rules by equipment and point. ``after`` is the ``following`` of the page before."""
    order = _order()
    conditions = [visible(actor, AlarmRule), *_narrowing(wanted)]
    place = _read_cursor(after)
    if place:
        conditions.append(tuple_(*order) > tuple_(*(literal(part, BigInteger) for part in place)))
    rows = (
        await session.execute(
            select(AlarmRule, Point, Equipment, _open_alarms(actor), *order)
            .outerjoin(Point, col(Point.id) == col(AlarmRule.point_id))
            .outerjoin(Equipment, col(Equipment.id) == col(Point.equipment_id))
            .where(*conditions)
            .order_by(*order)
            .limit(most + 1)
        )
    ).all()
    following = ".".join(str(part) for part in rows[most - 1][4:]) if len(rows) > most else ""
    return RulePage([_card(row) for row in rows[:most]], following)


async def rule_card(session: AsyncSession, actor: Actor, rule_id: int) -> RuleCard:
    """One rule. Raises NotFound, also for who may not see it."""
    row = (
        await session.execute(
            select(AlarmRule, Point, Equipment, _open_alarms(actor))
            .outerjoin(Point, col(Point.id) == col(AlarmRule.point_id))
            .outerjoin(Equipment, col(Equipment.id) == col(Point.equipment_id))
            .where(visible(actor, AlarmRule), col(AlarmRule.id) == rule_id)
        )
    ).one_or_none()
    if row is None:
        raise NotFound()
    return _card(row)


async def record(session: AsyncSession, actor: Actor, rule: AlarmRule) -> Record:
    """Alarms of the rule in the last thirty days."""
    counts = (
        await session.execute(
            select(
                func.count().label("raised"), func.count().filter(col(Alarm.judgement) == "false").label("judged_false")
            )
            .select_from(Alarm)
            .where(visible(actor, Alarm), col(Alarm.rule_id) == rule.id, col(Alarm.raised_at) >= now() - LATELY)
        )
    ).one()
    return Record(counts.raised, counts.judged_false)


def _open_alarms(actor: Actor) -> Any:
    return (
        select(func.count())
        .select_from(Alarm)
        .where(visible(actor, Alarm), col(Alarm.rule_id) == col(AlarmRule.id), col(Alarm.state) != AlarmState.CLOSED)
        .correlate(AlarmRule)
        .scalar_subquery()
    )


def _order() -> list[Any]:
    """Whole numbers that sort the list, so that they are also an exact cursor."""
    return [
        func.coalesce(col(Point.equipment_id), literal(_LAST, BigInteger)),
        cast(func.coalesce(col(Point.position), literal(_LAST, BigInteger)), BigInteger),
        func.coalesce(col(AlarmRule.point_id), literal(_LAST, BigInteger)),
        col(AlarmRule.id),
    ]


def _card(row: Any) -> RuleCard:
    return RuleCard(row[0], row[1], named(row[2]), row[3])


def _narrowing(wanted: Wanted) -> Iterable[ColumnElement[bool]]:
    in_service = col(AlarmRule.out_of_service_reason) == ""
    if wanted.service == Service.OUT_OF_SERVICE:
        yield ~in_service
    elif wanted.service:
        yield in_service & col(AlarmRule.enabled).is_(wanted.service == Service.IN_FORCE)
    if wanted.kind:
        yield col(AlarmRule.kind) == wanted.kind
    if wanted.point_id is not None:
        yield col(AlarmRule.point_id) == wanted.point_id
    if wanted.search:
        texts: tuple[Any, ...] = (
            AlarmRule.name, AlarmRule.name_en, Point.name, Point.name_en, Point.code, Equipment.name, Equipment.name_en,
        )  # fmt: skip
        yield or_(*(col(text).icontains(wanted.search, autoescape=True) for text in texts))


def _read_cursor(word: str) -> list[int]:
    try:
        numbers = [int(part) for part in word.split(".")]
    except ValueError:
        return []
    return numbers if len(numbers) == 4 and all(abs(number) < 2**63 for number in numbers) else []
