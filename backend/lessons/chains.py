"""Recurring chains on the plant graph: after trouble at A there is trouble at B, downstream of it. Pure.

For each pair that the graph joins, two things must be unlikely by chance: that so many troubles at A were followed at
B within the time, given how much of the history lies so shortly before trouble at B (binomial), and that B follows A
so much more often than A follows B (sign test): shared bad days make both alike. The worse of the two counts, bounded
over all pairs by Benjamini and Yekutieli (2001).
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from backend.lessons.mining import FDR

WITHIN_S = 24 * 3600.0
"""So soon after the first trouble the second counts as following it."""
LEAST_TIMES = 4


@dataclass(frozen=True)
class Trouble:
    """Something went wrong at equipment. ``at_s``: seconds on any clock; ``ref``: the record, as ``alarm:5``."""

    node: int
    at_s: float
    ref: str


@dataclass(frozen=True)
class Chain:
    """``times`` of ``of`` troubles at ``first`` were followed at ``second``, ``delay_s`` later in the middle case."""

    first: int
    second: int
    refs: tuple[tuple[str, str], ...]
    of: int
    expected: float
    delay_s: float
    p: float
    q: float

    @property
    def times(self) -> int:
        """How often it happened."""
        return len(self.refs)


def chains(
    troubles: Iterable[Trouble], downstream: Mapping[int, frozenset[int]], span_s: float, within_s: float = WITHIN_S
) -> list[Chain]:
    """The chains of a history of ``span_s`` seconds, the surest first. ``downstream``: where a node's trouble gets."""
    from scipy.stats import false_discovery_control

    onsets = _onsets(troubles, within_s)
    pairs = [(a, b) for a, reached in downstream.items() for b in reached if a != b and a in onsets and b in onsets]
    judged = [_judge(onsets[a], onsets[b], span_s, within_s) for a, b in pairs]
    if not judged:
        return []
    bounds = false_discovery_control(np.array([p for _, _, p in judged]), method="by")
    found = []
    for (a, b), (followed, expected, p), bound in zip(pairs, judged, bounds, strict=True):
        if bound <= FDR and len(followed) >= LEAST_TIMES:
            refs = tuple((first.ref, second.ref) for first, second in followed)
            delay = median(second.at_s - first.at_s for first, second in followed)
            found.append(Chain(a, b, refs, len(onsets[a]), expected, delay, p, float(bound)))
    return sorted(found, key=lambda chain: (chain.p, chain.first, chain.second))


def _onsets(troubles: Iterable[Trouble], within_s: float) -> dict[int, list[Trouble]]:
    """The first of each spell at each node: what comes again while it lasts is the same trouble."""
    spells: dict[int, list[Trouble]] = {}
    last: dict[int, float] = {}
    for one in sorted(troubles, key=lambda trouble: trouble.at_s):
        if one.at_s - last.get(one.node, -np.inf) > within_s:
            spells.setdefault(one.node, []).append(one)
        last[one.node] = one.at_s
    return spells


def _judge(
    first: Sequence[Trouble], second: Sequence[Trouble], span_s: float, within_s: float
) -> tuple[list[tuple[Trouble, Trouble]], float, float]:
    """What followed, how much would by chance, and how likely chance does as much."""
    from scipy.stats import binom

    followed = _followed(first, second, within_s)
    share = min(1.0, len(second) * within_s / max(span_s, within_s))
    back = len(_followed(second, first, within_s))
    p_often = float(binom.sf(len(followed) - 1, len(first), share))
    p_way = float(binom.sf(len(followed) - 1, len(followed) + back, 0.5))
    return followed, len(first) * share, max(p_often, p_way)


def _followed(first: Sequence[Trouble], second: Sequence[Trouble], within_s: float) -> list[tuple[Trouble, Trouble]]:
    moments = [one.at_s for one in second]
    pairs = []
    for one in first:
        place = bisect_right(moments, one.at_s)
        if place < len(second) and second[place].at_s - one.at_s <= within_s:
            pairs.append((one, second[place]))
    return pairs
