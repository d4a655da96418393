"""Two periods beside each other, for pages and programs alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.errors import N_, Invalid
from backend.identity.actor import Actor
from backend.incidents.history.asked import Asked, Wanted
from backend.incidents.history.comparing import Compared, compare
from backend.incidents.history.periods import Against, Period, compared_with, custom
from backend.incidents.history.queries.counting import first_moment
from backend.incidents.history.queries.figuring import figures


@dataclass(frozen=True)
class Comparison:
    """``begins``: the site's first incident where it came after the earlier period had begun, so that this one is
    known in part only."""

    period: Period
    other: Period
    rows: Sequence[Compared]
    begins: datetime | None


async def comparison(session: AsyncSession, actor: Actor, asked: Asked, wanted: Wanted) -> Comparison:
    """What is asked for, in its period and in the other one. Raises Invalid beside the field that is wrong."""
    other = _other(asked, wanted.period, actor)
    now_figures, then_figures = await figures(session, actor, wanted, [wanted.period, other])
    first = await first_moment(session, actor)
    unknown = first is not None and other.since is not None and other.since < first
    return Comparison(wanted.period, other, compare(now_figures, then_figures), first if unknown else None)


def _other(asked: Asked, period: Period, actor: Actor) -> Period:
    against = asked.against or Against.PREVIOUS
    if against not in set(Against):
        raise Invalid(fields={"against": N_("请选择对比的时间")})
    if period.since is None:
        words = N_("“全部”没有可以对比的时间，请选择一段时间")
        raise Invalid(words, fields={"period": words})
    if against == Against.CUSTOM:
        names = ("against_from", "against_to")
        other: Period | None = custom(asked.against_from, asked.against_to, now(), actor.zone, names)
    else:
        other = compared_with(period, Against(against), actor.zone)
    if other is None or period.overlaps(other):
        words = N_("两段时间不能重叠")
        raise Invalid(words, fields={"against_to": words})
    return other
