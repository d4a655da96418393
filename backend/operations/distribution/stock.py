"""What of the stock of risk points is asked for, and all that is shown of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.hazards.forms import database_id
from backend.identity.actor import Actor
from backend.operations.distribution.asked import NONE, Asked, Preset, Wanted
from backend.operations.distribution.queries.stock import (
    Gravest,
    Narrowed,
    Stock,
    graded_areas,
    gravest,
    happened_in,
    stock,
)
from backend.operations.distribution.undergraded import Heavier, undergraded

Short = Annotated[str, Query(max_length=20)]
_PLACES = ("area", "stage", "post")
AGAINST = Preset.QUARTER
"""What happened in the last 90 days is held against the levels."""


@dataclass(frozen=True)
class AskedStock:
    """As typed; empty: not asked for; ``none``: those of which it isn't known."""

    level: Short = ""
    inherent: Short = ""
    area: Short = ""
    stage: Short = ""
    accident: Annotated[str, Query(max_length=40)] = ""
    post: Short = ""

    def typed(self, name: str) -> str:
        """What was typed for it."""
        return str(getattr(self, name)).strip()

    def narrowed(self) -> list[str]:
        """Which parameters narrow it."""
        return [one.name for one in fields(self) if self.typed(one.name)]

    def url(self, path: str = "", **changes: object) -> str:
        """The page below ``/distribution/risk-points`` that shows it, some of it changed; None takes one away."""
        asked = replace(self, **{name: "" if new is None else str(new) for name, new in changes.items()})
        query = urlencode([(name, asked.typed(name)) for name in asked.narrowed()])
        return f"/distribution/risk-points{path}{'?' if query else ''}{query}"

    def read(self) -> Narrowed:
        """As values; an id that can't be finds nothing."""
        return {name: self._value(name) for name in self.narrowed()}

    def _value(self, name: str) -> str | int | None:
        typed = self.typed(name)
        if typed == NONE:
            return None
        if name not in _PLACES:
            return typed
        number = database_id(typed)
        return -1 if number is None else number


@dataclass(frozen=True)
class StockView:
    """The stock, and the areas whose list says less than what happened, with what to grade anew there."""

    stock: Stock
    heavier: Sequence[Heavier]
    gravest: Mapping[int, Gravest]
    compared: int
    """How many areas had anything to compare."""


def held_against(actor: Actor) -> Wanted:
    """The period whose alarms and incidents are held against the levels."""
    return Asked(period=AGAINST).read(now(), actor.zone)


async def stock_view(session: AsyncSession, actor: Actor, asked: AskedStock) -> StockView:
    """All of the page. The comparison is of the whole site, whatever the stock is narrowed by."""
    happened = await happened_in(session, actor, held_against(actor))
    heavier = undergraded(await graded_areas(session, actor), happened)
    found = await gravest(session, actor, [one.area_id for one in heavier if one.said])
    return StockView(await stock(session, actor, asked.read()), heavier, found, len(happened))
