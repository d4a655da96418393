"""What stands on each page of the distribution: what is counted, its period, what it is narrowed by, and the form."""

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
from backend.incidents.history.wording import between, days_of
from backend.operations.distribution import wording
from backend.operations.distribution.asked import NONE, Asked, Wanted
from backend.operations.distribution.queries.names import Known, Named, causes_of, known


@dataclass(frozen=True)
class Chip:
    """One thing that the distribution is narrowed by; ``name`` of what people named, else ``words``, a msgid."""

    parameter: str
    name: Named | None
    words: str


@dataclass(frozen=True)
class Frame:
    """``wanted`` is None where what was typed can't be read, which ``refused`` tells."""

    asked: Asked
    wanted: Wanted | None
    refused: Refusal
    chips: Sequence[Chip]


async def framed(request: Request, session: AsyncSession, actor: Actor, asked: Asked) -> Frame:
    """Read what is asked for."""
    chips: Sequence[Chip] = ()
    if narrowed := asked.narrowed():
        everything = await known(session, actor)
        chips = [await _chip(session, actor, asked, name, everything) for name in narrowed]
    try:
        return Frame(asked, asked.read(now(), actor.zone), Refusal(), chips)
    except Invalid as error:
        return Frame(asked, None, refusal(request, error), chips)


def shown(request: Request, actor: Actor, frame: Frame, view: str, **context: Any) -> Response:
    """The page ``view``, or its part that htmx asks for."""
    wanted = frame.wanted
    answer: Response = render(
        request,
        f"operations/distribution/{view}.html",
        **{
            "block": None,
            "view": view,
            "frame": frame,
            "asked": frame.asked,
            "wanted": wanted,
            "days": days_of(wanted.period, actor.zone) if wanted else None,
            "between": between,
            "sources": wording.SOURCES,
            "presets": wording.PRESETS,
            "againsts": wording.AGAINSTS,
            "filters": wording.FILTERS,
            **context,
        },
    )
    answer.status_code = frame.refused.status
    return answer


async def _chip(session: AsyncSession, actor: Actor, asked: Asked, name: str, everything: Known) -> Chip:
    value = asked.typed(name)
    words = wording.chosen(asked.source, name, value)
    if words is not None:
        return Chip(name, None, words)
    if name == "cause":
        return Chip(name, (await causes_of(session, actor, [value], everything)).get(value), value)
    return Chip(name, everything.called(name, value), value if value != NONE else "")
