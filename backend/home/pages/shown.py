"""What every page with cards is given."""

from datetime import timedelta
from functools import partial
from typing import Any

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.pages import locale_of
from backend.home.board import board
from backend.home.catalogue import CATALOGUE, Card, Kind
from backend.home.queries import Look
from backend.identity.actor import Actor
from backend.incidents.review.blocks import Reader
from backend.incidents.wording import STATES, TONES
from backend.operations.alarmload.figures import FLOOD_BEGINS, MOST_PER_SLOT
from backend.operations.indicators import wording
from backend.operations.indicators.windows import begin
from backend.operations.reports.telling import title

STALE_AFTER = timedelta(minutes=2)
"""Data older than this is shown as old: sources usually send every few seconds."""


async def first_paint(session: AsyncSession, actor: Actor, look: Look, cards: list[Card]) -> dict[str, Any]:
    """What is there at once, by the names under which templates know it."""
    newest = look.stands.newest_reading_at
    return {
        "stands": look.stands,
        "board": await board(session, actor, cards, look),
        "card_of": CATALOGUE,
        "draws": any(one.kind == Kind.FIGURE for one in cards),
        "incident_states": STATES,
        "incident_tones": TONES,
        "stale": newest is None or now() - newest > STALE_AFTER,
        "leads": actor.can("rectifications.verify"),
    }


def words(request: Request, actor: Actor) -> dict[str, Any]:
    """How cards that come later say what they found."""
    locale = locale_of(request)
    return {
        "said": partial(wording.said, locale),
        "interval": partial(wording.interval, locale),
        "difference": partial(wording.difference, locale),
        "drawn": wording.drawn,
        "advice": wording.ADVICE,
        "starts": lambda day: int(begin(day, actor.zone).timestamp()),
        "report_title": lambda one: title(one, None, Reader(locale, actor.zone)),
        "most_per_slot": MOST_PER_SLOT,
        "flood_begins": FLOOD_BEGINS,
    }
