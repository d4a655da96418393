"""What stands on each page of indicators: of what, of which days, and how values are said."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from fastapi import Request, Response
from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.kept import kept_drawings
from backend.core.pages import drawn, locale_of, render
from backend.identity.actor import Actor
from backend.operations.indicators import wording
from backend.operations.indicators.asked import Asked, today_of
from backend.operations.indicators.queries.reading import Named, Scope, counted_until, own_team, targets
from backend.operations.indicators.registry import DIMENSIONS, MEASURES
from backend.operations.indicators.windows import DAY, PERIODS, begin


def called(names: Mapping[str, Sequence[Named]], scope: Scope) -> Named | None:
    """What the scope is called; None for the whole and what isn't there."""
    return next((one for one in names.get(scope.dimension, ()) if one.id == scope.member_id), None)


async def shown(
    request: Request, session: AsyncSession, actor: Actor, view: str, asked: Asked, **context: Any
) -> Response:
    """The page ``view``, with what is known of every one; ``drawing`` is its figures (``figures_of``)."""
    return render(
        request,
        f"operations/indicators/{view}.html",
        **{"block": None, **_known(request, actor, asked), "as_of": await counted_until(session, actor), **context},
    )


async def figures_of(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    view: tuple[str, str],
    asked: Asked,
    reckon: Callable[[], Awaitable[dict[str, Any]]],
) -> Markup:
    """The piece ``view`` (its template, the indicator's code) with what ``reckon`` gives; kept as long as the roll-up
    and the targets are the same, for everybody who sees as much of the site."""
    as_of = await counted_until(session, actor)
    wanted = await targets(session, actor)

    async def draw() -> Markup:
        return drawn(
            request, f"operations/indicators/{view[0]}.html", **_known(request, actor, asked), **await reckon()
        )

    if as_of is None:
        return await draw()
    versions = tuple(sorted((code, one.version) for code, one in wanted.items()))
    seen = (actor.site_id, actor.role, own_team(actor), locale_of(request), today_of(actor))
    return await kept_drawings(request, "indicators").get((view, asked, seen, as_of, versions), draw)


def _known(request: Request, actor: Actor, asked: Asked) -> dict[str, Any]:
    locale = locale_of(request)
    window = asked.read_window(today_of(actor))
    return {
        "asked": asked,
        "window": window,
        "last_day": window.until - DAY,
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
    }
