"""Figure cards: indicators from their roll-up, several with one question, never the facts behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.home.catalogue import FIGURE
from backend.identity.actor import Actor
from backend.operations.indicators.asked import Asked, today_of
from backend.operations.indicators.overview import Card, cards
from backend.operations.indicators.queries.reading import WHOLE, Named, counted_until, members


@dataclass(frozen=True)
class Figures:
    """By code of their card; ``as_of``: until when the roll-up counts, None before its first time."""

    cards: Mapping[str, Card]
    as_of: datetime | None
    names: Mapping[str, Sequence[Named]]
    asked: Asked


async def figures(session: AsyncSession, actor: Actor, codes: Sequence[str]) -> Figures:
    """The indicators of ``codes`` (of cards) in the period that their own page shows first."""
    asked = Asked()
    wanted = {code.removeprefix(FIGURE) for code in codes}
    only = next(iter(wanted)) if len(wanted) == 1 else None
    found = await cards(session, actor, WHOLE, asked.read_window(today_of(actor)), only)
    chosen = {FIGURE + one.indicator.code: one for one in found if one.indicator.code in wanted}
    explained = any(one.why for one in chosen.values())
    names = await members(session, actor) if explained else {}
    return Figures(chosen, await counted_until(session, actor), names, asked)


def is_old(as_of: datetime | None) -> bool:
    """Whether a roll-up is too old to be called present: it usually follows within minutes."""
    return as_of is None or (now() - as_of).total_seconds() > 3600
