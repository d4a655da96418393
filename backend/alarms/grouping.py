"""What is near: an alarm joins the latest flood of its neighbourhood that is younger than the window.

Pure. ``commands.making`` looks for that flood in the statement that makes the alarm; an alarm without equipment (a
system alarm, a point nobody placed) stands alone.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

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
