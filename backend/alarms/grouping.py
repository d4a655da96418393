"""What belongs together: an alarm joins the latest flood of its neighbourhood that is younger than the window.

A learned normal's warning speaks of all the points it knows, so it makes one neighbourhood of the part of the plant's
graph it was placed on: while it stands, and within the window after it went, alarms of those points join its flood,
however many links away and however slowly they come one after the other; it joins theirs likewise. At the demo plant's
own pace the alarms of one upset come up to 8.3 h after its warning, mostly further apart than the window.

Pure. ``commands.making`` looks for that flood in the statement that makes the alarm; an alarm without equipment (a
system alarm, a point nobody placed) stands alone, but for a warning that can't say yet which point it comes from: it
concerns the plant as a whole.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

GROUP_WINDOW = timedelta(minutes=10)
GROUP_LINKS = 3
LONGEST_FLOOD = timedelta(hours=12)
"""No flood takes in more after this: a warning may stand for weeks, and what comes a (long) shift later is looked at
afresh by those who are there then."""
FLOOD_ROWS = 1900
"""Nor does a warning join what is further apart than this many rows of its normal: a trace that can't look back on the
flood's beginning (``tracing.windows.MOST_ROWS``) would take a consequence for the root."""


@dataclass(frozen=True)
class Together:
    """Points that a learned normal knows, and the conditions that judge them as a whole (``alarm.condition_key``)."""

    conditions: tuple[str, ...]
    point_ids: frozenset[int]
    longest: timedelta


def watched_together(conditions: Iterable[str], point_ids: Iterable[int], step_s: float) -> Together:
    """What a learned normal of rows ``step_s`` seconds apart holds together, for as long as its trace can look back."""
    seen = timedelta(seconds=min(step_s * FLOOD_ROWS, LONGEST_FLOOD.total_seconds()))
    return Together(tuple(sorted(conditions)), frozenset(point_ids), max(seen, GROUP_WINDOW))


class Neighbourhood:
    """Equipment joined by links, in either direction, and by site the points that are watched together."""

    def __init__(self, links: Iterable[tuple[int, int]] = ()) -> None:
        self._next: defaultdict[int, set[int]] = defaultdict(set)
        self._near: dict[tuple[int, int | None], frozenset[int]] = {}
        self._together: Mapping[int, Together] = {}
        for source, target in links:
            self._next[source].add(target)
            self._next[target].add(source)

    def within(self, equipment_id: int, links: int | None = GROUP_LINKS) -> frozenset[int]:
        """Equipment at most ``links`` links away (None: any number), with itself."""
        key = (equipment_id, links)
        if key not in self._near:
            reached = edge = {equipment_id}
            taken = 0
            while edge and taken != links:
                edge = {n for e in edge for n in self._next.get(e, ())} - reached
                reached = reached | edge
                taken += 1
            self._near[key] = frozenset(reached)
        return self._near[key]

    def watch_together(self, by_site: Mapping[int, Together]) -> None:
        """From now on these points are watched together."""
        self._together = by_site

    def together(self, site_id: int, point_id: int | None, condition_key: str) -> Together | None:
        """What is watched together with the point of a condition, or by the condition; None of all others."""
        found = self._together.get(site_id)
        return found if found and (point_id in found.point_ids or condition_key in found.conditions) else None
