"""Cards of places: areas by their level now, and where most goes wrong."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.identity.actor import Actor
from backend.operations.distribution.asked import Asked
from backend.operations.distribution.concentration import Concentration, concentration
from backend.operations.distribution.queries.counting import by_area
from backend.operations.distribution.queries.names import Named, known
from backend.operations.riskmap.queries import areas, standings

TOP = 3


@dataclass(frozen=True)
class Levels:
    """How many areas stand at each level now; ``none``: how many have no risk point and nothing wrong."""

    by_level: Mapping[str, int]
    none: int

    @property
    def all(self) -> int:
        """All areas."""
        return sum(self.by_level.values()) + self.none


async def levels(session: AsyncSession, actor: Actor) -> Levels:
    """The map in figures."""
    found = await standings(session, actor, await areas(session, actor))
    counted = Counter(one.live for one in found.values())
    none = counted.pop("", 0)
    return Levels(counted, none)


@dataclass(frozen=True)
class Heap:
    """An area with how many facts lie there and which share of all, 0 … 1."""

    area_id: int
    name: Named
    count: int
    share: float


@dataclass(frozen=True)
class Heaps:
    """The areas with most of the last 30 days, of ``total`` facts."""

    total: int
    top: Sequence[Heap]
    concentration: Concentration | None


async def heaps(session: AsyncSession, actor: Actor) -> Heaps:
    """Where alarms, hazards and incidents are most; none where nothing happened."""
    wanted = Asked().read(now(), actor.zone)
    counts = await by_area(session, actor, wanted, wanted.period)
    everything = await known(session, actor)
    held = sorted(((count, area) for area, count in counts.areas.items() if area is not None), key=lambda one: -one[0])
    named = [(area, everything.called("area", area), count) for count, area in held[:TOP]]
    top = [Heap(area, name, count, count / counts.total) for area, name, count in named if name is not None]
    return Heaps(counts.total, top, concentration([counts.areas.get(area, 0) for area in everything.areas]))
