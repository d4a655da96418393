"""``/incidents/history``: how many over time, of what level, where, why and when."""

from typing import Annotated, Any

from fastapi import Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.pages import locale_of
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.alike import alike
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.history import wording
from backend.incidents.history.asked import HOURS, Asked
from backend.incidents.history.charts import columns
from backend.incidents.history.overview import Overview, overview
from backend.incidents.history.pages.frame import Frame, framed, shown
from backend.incidents.history.periods import buckets
from backend.incidents.history.shares import few, ranked
from backend.incidents.lifecycle import LEVELS
from backend.incidents.wording import KINDS

router = APIRouter(prefix="/incidents/history")

MOST_BARS = 8
"""Of equipment; the rest is a tap on the list away."""


@router.get("", dependencies=[allow("incidents.see")])
@alike
async def overview_page(
    request: Request, session: SessionDep, actor: ActorDep, asked: Annotated[Asked, Depends()]
) -> Response:
    """Figures, trend, distributions; each mark opens the incidents behind it."""
    frame = await framed(request, session, actor, asked)
    drawn = await _drawn(request, session, actor, frame)
    return shown(request, actor, frame, "overview", **drawn)


async def _drawn(request: Request, session: AsyncSession, actor: Actor, frame: Frame) -> dict[str, Any]:
    if frame.wanted is None:
        return {"seen": None}
    seen = await overview(session, actor, frame.wanted, frame.known)
    locale = locale_of(request)
    causes = ranked({code: n for code, n in seen.counts.causes.items() if code}, seen.counts.confirmed)
    return {
        "seen": seen,
        "figures": seen.figures,
        "trend": _trend(seen, actor, locale),
        "steps": wording.STEPS,
        "levels": LEVELS,
        "causes": causes,
        "few": few(causes),
        "names": seen.causes,
        "stages": ranked(seen.counts.stages),
        "kinds": ranked(seen.counts.kinds),
        "equipment": ranked(seen.counts.equipment)[:MOST_BARS],
        "level_bars": ranked(seen.counts.levels),
        "kind_words": KINDS,
        "weekdays": list(enumerate(wording.SHORT_WEEKDAYS, start=1)),
        "hours": range(0, 24, HOURS),
        "heat": _heat(seen),
        "unknown": wording.UNKNOWN,
    }


def _trend(seen: Overview, actor: Actor, locale: str) -> Any:
    period = seen.period
    span = wording.days_of(period, actor.zone)
    if span is None or period.since is None:
        return None
    firsts = buckets(period.since, period.until, seen.step, actor.zone)
    return columns(
        span, firsts, seen.counts.trend, seen.step, lambda first: wording.bucket_words(locale, first, seen.step)
    )


def _heat(seen: Overview) -> dict[tuple[int, int], int]:
    """How dark each place is, from 0 (none) to 4 (as many as the darkest)."""
    most = max(seen.counts.hours.values(), default=1)
    return {place: -(-4 * count // most) for place, count in seen.counts.hours.items()}
