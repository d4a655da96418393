"""All that the page and the API show of a distribution, gathered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.identity.actor import Actor
from backend.incidents.history.comparing import Compared, Figures, Metric, compare
from backend.operations.distribution.advice import Advice, all_advice
from backend.operations.distribution.asked import HOURS, Wanted
from backend.operations.distribution.concentration import Concentration, concentration
from backend.operations.distribution.queries.counting import Counts, before, counts, first_moment
from backend.operations.distribution.queries.names import Known, Named, causes_of


@dataclass(frozen=True)
class Overview:
    """``compared``: by source, this period beside the other; empty where there is no other. ``begins``: the first
    record of all where it came after the other period had begun, so that this one is known in part only."""

    wanted: Wanted
    at: datetime
    counts: Counts
    before: Counts
    compared: Mapping[str, Compared]
    begins: datetime | None
    concentration: Concentration | None
    advice: Sequence[Advice]
    causes: Mapping[str, Named]


async def overview(session: AsyncSession, actor: Actor, wanted: Wanted, known: Known) -> Overview:
    """Count what is asked for, and the period that it is compared with."""
    found, earlier = await counts(session, actor, wanted), await before(session, actor, wanted)
    heaped = None
    if "area" not in wanted.narrowed:
        heaped = concentration([found.areas.get(area, 0) for area in known.areas])
    return Overview(
        wanted,
        now(),
        found,
        earlier,
        {source: _compared(wanted, found, earlier, source) for source in wanted.sources} if wanted.other else {},
        await _begins(session, actor, wanted),
        heaped,
        all_advice(found, 24 // HOURS, heaped=bool(heaped and heaped.heaped)),
        await causes_of(session, actor, found.causes, known),
    )


async def _begins(session: AsyncSession, actor: Actor, wanted: Wanted) -> datetime | None:
    first = await first_moment(session, actor, wanted)
    since = wanted.other.since if wanted.other else None
    return first if first is not None and since is not None and since < first else None


def _compared(wanted: Wanted, found: Counts, earlier: Counts, source: str) -> Compared:
    """Whether there are more or fewer a day than chance gives; ``periods.compared_with`` gives one as long."""
    days, other_days = wanted.period.days, wanted.other.days if wanted.other else 0.0
    figures = Figures(days, found.totals.get(source, 0)), Figures(other_days, earlier.totals.get(source, 0))
    return next(one for one in compare(*figures) if one.metric == Metric.COUNT)
