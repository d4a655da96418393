"""What the first paint of a page shows: what is critical, and cards that are there at once. Others come later."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.queries.listing import Flood, Show, Wanted, alarms
from backend.checkins.queries import due_visit_count
from backend.hazards.queries import Card as RectificationCard
from backend.hazards.queries import owned_to_do
from backend.home.catalogue import Card
from backend.home.layout import Run, runs
from backend.home.queries import Look, Seldom, Standing
from backend.identity.actor import Actor
from backend.incidents.models import Incident
from backend.incidents.queries.listing import Card as IncidentCard
from backend.incidents.queries.listing import open_incidents
from backend.incidents.response.queries.rolls import Roll, open_rolls
from backend.maintenance.queries import due_for_count
from backend.training.queries import due_count

MOST_FLOODS, MOST_URGENT = 4, 3
"""So many alarms call on the first page, and so many rectifications burn; the lists have the rest."""


@dataclass(frozen=True)
class Count:
    """How many wait, and how urgent that looks: ``bad``, ``warn`` or "". ``shown``: not where none is no news."""

    value: int
    tone: str
    shown: bool = True


@dataclass(frozen=True)
class Board:
    """A page as it is first painted. ``counts``: by code of their card."""

    evacuations: Sequence[tuple[Incident, Roll]]
    incidents: Sequence[IncidentCard]
    floods: Sequence[Flood]
    counts: dict[str, Count]
    urgent: Sequence[RectificationCard]
    runs: Sequence[Run]


async def board(session: AsyncSession, actor: Actor, cards: Sequence[Card], look: Look) -> Board:
    """Ask for what ``cards`` need at once, and for nothing else."""
    codes = {one.code for one in cards}
    stands, there = look.stands, look.there
    return Board(
        evacuations=await open_rolls(session, actor) if Seldom.EVACUATION in there else [],
        incidents=await open_incidents(session, actor) if Seldom.INCIDENT in there else [],
        floods=(await alarms(session, actor, Wanted(Show.WAITING), most=MOST_FLOODS)).floods,
        counts={**_known(stands), **await _asked(session, actor, codes)},
        urgent=await owned_to_do(session, actor, most=MOST_URGENT) if "urgent" in codes and stands.mine else (),
        runs=runs(cards),
    )


def _known(stands: Standing) -> dict[str, Count]:
    """What the one statement of ``queries.look`` has told already."""
    return {
        "to_confirm": Count(stands.unacknowledged, "bad" if stands.unacknowledged else ""),
        "own": Count(stands.mine, "warn" if stands.mine else ""),
        "to_verify": Count(stands.to_verify, "warn" if stands.to_verify else ""),
        "triage": Count(stands.to_triage, "bad" if stands.to_triage else "", stands.to_triage > 0),
        "overdue": Count(stands.overdue, "bad" if stands.overdue else ""),
    }


_Ask = Callable[[AsyncSession, Actor], Awaitable[int]]
_ASKED: dict[str, tuple[_Ask, str, bool]] = {
    "checkins": (due_visit_count, "warn", False),
    "maintenance": (due_for_count, "warn", False),
    "courses": (due_count, "warn", True),
}
"""Code → what counts it, how it looks where any wait, whether none is shown too."""


async def _asked(session: AsyncSession, actor: Actor, codes: Collection[str]) -> dict[str, Count]:
    found = {}
    for code, (ask, tone, always) in _ASKED.items():
        if code in codes:
            value = await ask(session, actor)
            found[code] = Count(value, tone if value else "", always or value > 0)
    return found
