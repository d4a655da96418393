"""``/distribution``: how many of what, of what level, where, when and why; each mark opens the rows behind it."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.labels import LEVELS
from backend.core.kept import kept_drawings
from backend.core.pages import drawn, locale_of
from backend.core.routing import APIRouter
from backend.hazards.accidents import ACCIDENTS
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.history.periods import Against
from backend.incidents.history.shares import Bar, few, ranked
from backend.incidents.history.wording import SHORT_WEEKDAYS, STEPS, VERDICTS, change
from backend.operations.distribution import wording
from backend.operations.distribution.accidents import by_accident
from backend.operations.distribution.asked import Asked
from backend.operations.distribution.overview import Overview, overview
from backend.operations.distribution.pages.frame import Frame, framed, shown
from backend.operations.distribution.queries.names import Known, known
from backend.operations.distribution.trends import trend_of
from backend.plant.floors import PlanId, drawing_of, floors_of

router = APIRouter(prefix="/distribution")

MOST_BARS = 8
"""Of posts, causes and accident types; the rest is in the list, of accident types in their table."""


@router.get("", dependencies=[allow("operations.see")])
async def overview_page(
    request: Request, session: SessionDep, actor: ActorDep, asked: Annotated[Asked, Depends()], plan: PlanId = None
) -> Response:
    """The whole distribution; what is drawn is kept for half a minute, for each person by themselves. ``plan``: else
    the one with the most. Raises NotFound for a plan that isn't in use."""
    frame = await framed(request, session, actor, asked)
    drawing = Markup("")
    if frame.wanted is not None:
        key = (actor.rights, locale_of(request), asked, plan)
        kept = kept_drawings(request, "distribution")
        drawing = await kept.get(key, lambda: _drawn(request, session, actor, frame, plan))
    return shown(request, actor, frame, "overview", drawn=drawing)


async def _drawn(request: Request, session: AsyncSession, actor: Actor, frame: Frame, plan: int | None) -> Markup:
    assert frame.wanted is not None
    everything = await known(session, actor)
    seen = await overview(session, actor, frame.wanted, everything)
    counts = seen.counts
    floors = await floors_of(session, actor, counts.areas)
    found = {id_: sum(on) for id_, on in floors.gathered(counts.areas).items()}
    drawing = await drawing_of(session, actor, floors, floors.chosen(plan, floors.most(found)))
    causes = ranked({code: n for code, n in counts.causes.items() if code}, counts.confirmed)
    return drawn(
        request,
        "operations/distribution/drawn.html",
        seen=seen,
        counts=counts,
        asked=frame.asked,
        called=everything.called,
        drawing=replace(drawing, equipment=(), pipes=()) if drawing else None,
        floors=floors,
        on_plans=found,
        trend=trend_of(seen, frame.asked, locale_of(request), actor.zone),
        step=STEPS[frame.wanted.step],
        zone=str(actor.zone),
        sources=wording.SOURCES,
        against=wording.AGAINSTS[Against(frame.asked.against or Against.PREVIOUS)],
        change=change,
        verdicts=VERDICTS,
        levels=[(source, sorted(bars, key=_gravity)) for source, bars in _by_source(seen, counts.levels)],
        types=_by_source(seen, counts.types),
        accidents=by_accident(seen.wanted.sources, counts.accidents, seen.before.accidents),
        accident_words=ACCIDENTS,
        most_bars=MOST_BARS,
        type_words=wording.type_words,
        type_heads=wording.TYPE_HEADS,
        unknown=wording.UNKNOWN,
        filters=wording.FILTERS,
        areas=_areas(seen, everything),
        stages=ranked(counts.stages),
        teams=ranked(counts.teams),
        posts=ranked(counts.posts)[:MOST_BARS],
        causes=causes[:MOST_BARS],
        few=few(causes),
        whole=sum(bar.count for bar in causes),
        names=seen.causes,
        weekdays=list(enumerate(SHORT_WEEKDAYS, start=1)),
        hours=wording.HOURS_OF_DAY,
        heat=_heat(counts.hours),
        area_heat=_heat({area: n for area, n in counts.areas.items() if area is not None}),
        matrix_heat=_heat({place: n for place, n in counts.matrix.items() if place[1]}),
        chosen=wording.chosen,
        links=[next((one for one in advice.rule.links if actor.can(one.capability)), None) for advice in seen.advice],
    )


def _areas(seen: Overview, everything: Known) -> list[Bar[int | None]]:
    """All areas, those where nothing was too; none where nothing was anywhere."""
    found = seen.counts.areas
    return ranked({**dict.fromkeys(everything.areas, 0), **found}) if found else []


def _by_source(seen: Overview, counts: Mapping[tuple[str, str], int]) -> list[tuple[str, Any]]:
    """Bars of each source that has any: their codes are the source's own."""
    found: list[tuple[str, Any]] = []
    for source in seen.wanted.sources:
        own = {code: count for (of, code), count in counts.items() if of == source}
        if own:
            found.append((source, ranked(own)))
    return found


def _gravity(bar: Bar[str]) -> int:
    return list(LEVELS).index(bar.key) if bar.key in LEVELS else len(LEVELS)


def _heat(counts: Mapping[Any, int]) -> dict[Any, int]:
    """How dark each place is, from 0 (none) to 4 (as many as the darkest): by the root, so that one peak doesn't make
    all others alike."""
    most = max(counts.values(), default=1)
    return {place: math.ceil(4 * math.sqrt(count / most)) for place, count in counts.items()}
