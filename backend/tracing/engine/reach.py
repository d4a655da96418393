"""How far along links a disturbance gets: one question over the whole plant as arrays, 100,000 links in some 50 ms.

Every link passes on a share of what reaches it; the way that matters is the one along which most gets through
(largest product of shares, found as the shortest way of −ln share). Nodes are numbers here; graph.py knows names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from .window import Floats

Numbers = NDArray[np.int64]

NOT_REACHED = -1
BY_DELAY = 1e-7  # of two ways that pass on the same share, the quicker one counts
LEAST_STRENGTH, MOST_STRENGTH = 1e-6, 0.999


@dataclass(frozen=True, eq=False)
class Tree:
    """What one question found; one entry a node. `strength` 0 … 1 (0: not reached, 1: where it starts); along the way
    there: `steps`, `delay_s` (as far as known), `blind` (steps of unknown delay, each weighed by its pace), `before`
    (the node before it, −1 for none) and `link` (the link it came by, −1 for none)."""

    strength: Floats
    steps: Floats
    delay_s: Floats
    blind: Floats
    before: Numbers
    link: Numbers

    def way(self, node: int) -> list[int]:
        """Nodes from where it starts to this one, both included; empty if it isn't reached or starts there."""
        way = [node]
        while (before := int(self.before[way[-1]])) != NOT_REACHED:
            way.append(before)
        return way[::-1] if len(way) > 1 else []


@dataclass(frozen=True, eq=False)
class Network:
    """Links between `count` nodes by number; each entry one link, sorted by source and target, no pair twice.

    `strength` is the share passed on, `steps` how long the link is as a way, `delay_s` 0 where not known and then
    `blind` is its pace (else 0); `number` is the caller's own number of the link."""

    count: int
    source: Numbers
    target: Numbers
    strength: Floats
    steps: Floats
    delay_s: Floats
    blind: Floats
    number: Numbers

    @classmethod
    def of(
        cls,
        count: int,
        source: Sequence[int],
        target: Sequence[int],
        strength: Sequence[float],
        steps: Sequence[float],
        delay_s: Sequence[float],
        blind: Sequence[float],
    ) -> "Network":
        """Sort the links; of several between the same two nodes the strongest stays."""
        ends = np.asarray(source, np.int64), np.asarray(target, np.int64)
        shares = np.clip(np.asarray(strength, float), LEAST_STRENGTH, MOST_STRENGTH)
        delays = np.asarray(delay_s, float)
        order = np.lexsort((delays, -shares, ends[1], ends[0]))
        pair = ends[0][order] * count + ends[1][order]
        order = order[np.append(True, pair[1:] != pair[:-1])[: len(pair)]]
        lengths, paces = np.asarray(steps, float)[order], np.asarray(blind, float)[order]
        return cls(count, ends[0][order], ends[1][order], shares[order], lengths, delays[order], paces, order)

    @cached_property
    def turned(self) -> "Network":
        """The same links, each from its target to its source: for questions upstream."""
        order = np.lexsort((self.source, self.target))
        strength, steps, delay_s = self.strength[order], self.steps[order], self.delay_s[order]
        ends = self.target[order], self.source[order]
        return Network(self.count, *ends, strength, steps, delay_s, self.blind[order], self.number[order])

    @cached_property
    def _costs(self) -> Floats:
        return np.asarray(-np.log(self.strength) + BY_DELAY * np.log1p(self.delay_s))

    @cached_property
    def _rows(self) -> Numbers:
        return np.searchsorted(self.source, np.arange(self.count + 1))

    def links_of(self, node: int) -> range:
        """Places of the links that start at this node."""
        return range(int(self._rows[node]), int(self._rows[node + 1]))

    def spread(self, starts: Sequence[int], weakened: Mapping[int, float] | None = None) -> Tree:
        """From `starts` along the links; `weakened`: factors 0 … 1 on the strength of links by their place."""
        costs = self._costs
        if weakened:
            costs = costs.copy()
            places = np.fromiter(weakened, np.int64, len(weakened))
            factors = np.fromiter(weakened.values(), float, len(weakened))
            costs[places] -= np.log(np.clip(factors, LEAST_STRENGTH, 1.0))
        if not starts:
            return _unreached(self.count)
        graph: Any = csr_array((costs, self.target, self._rows), shape=(self.count, self.count))
        found: Any = dijkstra(graph, indices=np.unique(starts), min_only=True, return_predecessors=True)
        far, before = found[:2]
        before = np.where(before < 0, NOT_REACHED, before).astype(np.int64)
        link = self._link_between(before)
        steps, delay_s, blind = _along(before, [_at(part, link) for part in (self.steps, self.delay_s, self.blind)])
        steps = np.where(np.isfinite(far), steps, np.inf)
        return Tree(np.exp(-far), steps, delay_s, blind, before, link)

    def _link_between(self, before: Numbers) -> Numbers:
        """Place of the link from the node before to each node."""
        if not len(self.source):
            return np.full(self.count, NOT_REACHED)
        pairs = self.source * self.count + self.target
        wanted = before * self.count + np.arange(self.count)
        place = np.minimum(np.searchsorted(pairs, wanted), len(pairs) - 1)
        return np.where(before >= 0, place, NOT_REACHED)


def _unreached(count: int) -> Tree:
    nothing, none = np.zeros(count), np.full(count, NOT_REACHED)
    return Tree(nothing, np.full(count, np.inf), nothing, nothing, none, none)


def _at(values: Floats, link: Numbers) -> Floats:
    return np.where(link >= 0, values[link], 0.0) if len(values) else np.zeros(len(link))


def _along(before: Numbers, parts: list[Floats]) -> list[Floats]:
    """Sums of each part from the start to every node, by doubling the stretch that is looked back."""
    ahead = np.where(before >= 0, before, np.arange(len(before)))
    sums = [part.copy() for part in parts]
    while True:
        further = ahead[ahead]
        sums = [total + np.where(ahead != np.arange(len(ahead)), total[ahead], 0.0) for total in sums]
        if (further == ahead).all():
            return sums
        ahead = further
