"""What stands on each page of indicators: of what, of which days, and how values are said."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.pages import locale_of, render
from backend.identity.actor import Actor
from backend.operations.indicators import wording
from backend.operations.indicators.asked import Asked
from backend.operations.indicators.queries.reading import Named, Scope, counted_until
from backend.operations.indicators.registry import DIMENSIONS, MEASURES
from backend.operations.indicators.windows import DAY, PERIODS, Window, begin


def called(names: Mapping[str, Sequence[Named]], scope: Scope) -> Named | None:
    """What the scope is called; None for the whole and what isn't there."""
    return next((one for one in names.get(scope.dimension, ()) if one.id == scope.member_id), None)


async def shown(
    request: Request, session: AsyncSession, actor: Actor, view: str, asked: Asked, window: Window, **context: Any
) -> Response:
    """The page ``view``."""
    locale = locale_of(request)
    return render(
        request,
        f"operations/indicators/{view}.html",
        **{
            "block": None,
            "asked": asked,
            "window": window,
            "last_day": window.until - DAY,
            "as_of": await counted_until(session, actor),
            "periods": PERIODS,
            "dimensions": DIMENSIONS,
            "measures": MEASURES,
            "level_words": wording.LEVEL_WORDS,
            "advice": wording.ADVICE,
            "marker_words": wording.MARKERS,
            "units": wording.UNITS,
            "said": partial(wording.said, locale),
            "interval": partial(wording.interval, locale),
            "difference": partial(wording.difference, locale),
            "drawn": wording.drawn,
            "starts": lambda day: int(begin(day, actor.zone).timestamp()),
            "one_day": DAY,
            **context,
        },
    )
