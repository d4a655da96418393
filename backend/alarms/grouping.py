"""Which flood an alarm belongs to: near in time, and near on the plant graph.

Pure. ``commands.raising`` asks it with the groups that were raised into lately.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

GROUP_WINDOW = timedelta(minutes=10)
GROUP_LINKS = 3


class Neighbourhood:
    """Equipment joined by links, in either direction."""

    def __init__(self, links: Iterable[tuple[int, int]] = ()) -> None:
        self._next: defaultdict[int, set[int]] = defaultdict(set)
        self._near: dict[tuple[int, int], frozenset[int]] = {}
        for source, target in links:
            self._next[source].add(target)
            self._next[target].add(source)

    def within(self, equipment_id: int, links: int = GROUP_LINKS) -> frozenset[int]:
        """Equipment at most ``links`` links away, with itself."""
        key = (equipment_id, links)
        if key not in self._near:
            reached = {equipment_id}
            edge = {equipment_id}
            for _ in range(links):
                edge = {n for e in edge for n in self._next.get(e, ())} - reached
                reached |= edge
            self._near[key] = frozenset(reached)
        return self._near[key]


@dataclass(frozen=True)
class OpenGroup:
    """A group that may take one more alarm."""

    group_id: int
    last_raised_at: datetime
    equipment_ids: frozenset[int]


def group_for(
    equipment_id: int | None,
    at: datetime,
    groups: Sequence[OpenGroup],
    neighbourhood: Neighbourhood,
    *,
    window: timedelta = GROUP_WINDOW,
    links: int = GROUP_LINKS,
) -> int | None:
    """The group that an alarm of ``equipment_id`` at ``at`` joins, the latest first; None: it opens its own.

    An alarm without equipment (a system alarm, a point nobody placed) stands alone.
    """
    if equipment_id is None:
        return None
    near = neighbourhood.within(equipment_id, links)
    for group in sorted(groups, key=lambda g: (g.last_raised_at, g.group_id), reverse=True):
        if at - group.last_raised_at <= window and near & group.equipment_ids:
            return group.group_id
    return None
