"""Areas where what happened is heavier than their risk points say. Pure.

A level on paper is an expectation; what happens is the test of it. One incident, or three alarms that weren't false, of
a level say that such a thing can happen there: where every risk point in use of the area is graded lower, the list is
wrong. The reverse isn't claimed: that nothing happened yet doesn't make a place safe.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backend.operations.distribution.asked import Source
from backend.risks.codes import RANK

LEAST = {Source.INCIDENT: 1, Source.ALARM: 3}
"""So many of a level or above make it the level of what happened; one alarm may be a sensor's whim. Ours."""
_DESCENDING = sorted((level for level in RANK if level), key=lambda level: -RANK[level])

Happened = Mapping[tuple[str, str], int]
"""How many there were, by source and level."""


@dataclass(frozen=True)
class Mark:
    """So many of ``source`` of ``level``, above what is graded."""

    source: Source
    level: str
    count: int


@dataclass(frozen=True)
class Heavier:
    """An area: what its risk points say ("" : none is graded), what happened, and what tells so, the gravest first."""

    area_id: int
    said: str
    shown: str
    marks: Sequence[Mark]


def shown_level(happened: Happened) -> str:
    """The highest level at which, counted with all above it, a source has its ``LEAST``; "" for none."""
    for level in _DESCENDING:
        for source, least in LEAST.items():
            if sum(n for (of, one), n in happened.items() if of == source and RANK[one] >= RANK[level]) >= least:
                return str(level)
    return ""


def undergraded(graded: Mapping[int, str], happened: Mapping[int, Happened]) -> list[Heavier]:
    """The areas whose list says less than what happened, the greatest difference first."""
    found = []
    for area_id, counts in happened.items():
        said, shown = graded.get(area_id, ""), shown_level(counts)
        if RANK[shown] > RANK[said]:
            marks = [
                Mark(source, str(level), counts[source, level])
                for level in _DESCENDING
                for source in LEAST
                if RANK[level] > RANK[said] and counts.get((source, level))
            ]
            found.append(Heavier(area_id, said, shown, marks))
    return sorted(found, key=lambda one: (RANK[one.said] - RANK[one.shown], -RANK[one.shown], one.area_id))
