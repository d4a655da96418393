"""What stands on each page of the history: its period, what it is narrowed by, and the form to choose."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.errors import Invalid
from backend.core.pages import render
from backend.core.refusals import Refusal, refusal
from backend.identity.actor import Actor
from backend.incidents.history import wording
from backend.incidents.history.asked import PLACES, Asked, Wanted
from backend.incidents.history.queries.names import Named, Places, causes_called, places


@dataclass(frozen=True)
class Chip:
    """One thing that the history is narrowed by; ``name`` of what people named, else ``words``, a msgid."""

    parameter: str
    name: Named | None
    words: str


@dataclass(frozen=True)
class Frame:
    """``wanted`` is None where what was typed can't be read, which ``refused`` tells."""

    asked: Asked
    wanted: Wanted | None
    refused: Refusal
    known: Places
    chips: Sequence[Chip]


async def framed(request: Request, session: AsyncSession, actor: Actor, asked: Asked) -> Frame:
    """Read what is asked for."""
    known = await places(session, actor)
    chips = [await _chip(session, actor, name, asked.typed(name), known) for name in asked.narrowed()]
    try:
        return Frame(asked, asked.read(now(), actor.zone), Refusal(), known, chips)
    except Invalid as error:
        return Frame(asked, None, refusal(request, error), known, chips)


def shown(request: Request, actor: Actor, frame: Frame, view: str, **context: Any) -> Response:
    """The page ``view``, or its part that htmx asks for."""
    period = frame.wanted.period if frame.wanted else None
    answer: Response = render(
        request,
        f"incidents/history/{view}.html",
        **{
            "block": None,
            "view": view,
            "frame": frame,
            "asked": frame.asked,
            "period": period,
            "days": wording.days_of(period, actor.zone) if period else None,
            "between": wording.between,
            "presets": wording.PRESETS,
            "filters": wording.FILTERS,
            "choices_of": wording.choices,
            "class_words": wording.class_words(frame.known.classes),
            **context,
        },
    )
    answer.status_code = frame.refused.status
    return answer


async def _chip(session: AsyncSession, actor: Actor, name: str, value: str, known: Places) -> Chip:
    words = wording.chosen(name, value)
    if words is not None:
        return Chip(name, None, words)
    if name in PLACES:
        return Chip(name, known.called(name, value), value)
    if name == "cause":
        return Chip(name, (await causes_called(session, actor, [value], known)).get(value), value)
    return Chip(name, Named(value, value), value)
