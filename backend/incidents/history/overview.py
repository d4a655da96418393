"""All that the overview of a history shows, for pages and programs alike."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.actor import Actor
from backend.incidents.history.asked import Wanted
from backend.incidents.history.comparing import Figures
from backend.incidents.history.periods import Period, Step, step_of
from backend.incidents.history.queries.counting import Counts, counts, first_moment
from backend.incidents.history.queries.figuring import figures
from backend.incidents.history.queries.names import Named, Places, causes_called


@dataclass(frozen=True)
class Overview:
    """``period`` begins with the first incident where none was given; then ``any`` tells whether the site has one."""

    period: Period
    step: Step
    counts: Counts
    figures: Figures
    causes: Mapping[str, Named]
    any: bool


async def overview(session: AsyncSession, actor: Actor, wanted: Wanted, known: Places) -> Overview:
    """Count what is asked for."""
    first = await first_moment(session, actor)
    period = wanted.period
    if period.since is None:
        period = replace(period, since=first)
    step = Step.MONTH if period.since is None else step_of(period.since, period.until)
    wanted = replace(wanted, period=period)
    found = await counts(session, actor, wanted, step)
    [figured] = await figures(session, actor, wanted, [period])
    called = await causes_called(session, actor, found.causes, known)
    return Overview(period, step, found, figured, called, first is not None)
