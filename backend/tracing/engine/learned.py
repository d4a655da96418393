"""What people taught: from confirmed root causes to prior odds of points and causes, delays of links, similar cases.

Everything is a count with a stated strength, so the order of confirmations can't matter and taking one back gives
exactly the numbers from before it. Three levels of Dirichlet smoothing (class → equipment → point) let one
confirmation speak a little for the whole class, more for the equipment, most for the point (Dirichlet trees: Minka,
"The Dirichlet-tree distribution", 1999). Cases whose signature is like the present one
count once more, by their likeness, on top of that. The log-prior is bounded: what the readings show clearly stays.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import median

from .graph import PlantGraph
from .signature import Signature, likeness

STRENGTHS = (4.0, 12.0, 36.0, 108.0, 324.0)
"""How many cases the even start may weigh. Which of them holds is learned too: where roots recur a few cases say
much, where each was another the past says little about the next."""
LIKE_CASES = 1.0
"""The same for cases of like signature: these say more than the plant's history as a whole."""
LEAST_LIKENESS = 0.65
"""Less than this isn't the same story: about 19 of 20 pairs of development cases of different roots lie below."""
MOST_UP, MOST_DOWN = 3.0, 1.0
"""Bounds of the log-prior: who is confirmed gains a factor of 20 at the most, who never is loses 2.7."""
CAUSE_CASES = 4.0
DELAY_CASES = 2.0
LEAST_LAGS = 2
"""A link without a drawn delay gets one only from so many confirmed ways."""

Lag = tuple[str, str, float]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node stands: its equipment and that equipment's class, the levels at which confirmations are shared."""

    unit: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class ConfirmedCase:
    """A trace whose root a person confirmed. `root`: the node, empty where it is no node of the graph; `cause`: the
    key of the library's cause that was confirmed; `offered`: keys of the library's causes shown beside it; `lags`:
    seconds between onsets along the links of the way from root to symptom."""

    case: int
    root: str = ""
    signature: Signature = field(default_factory=Signature)
    cause: str = ""
    offered: tuple[str, ...] = ()
    lags: tuple[Lag, ...] = ()


@dataclass(frozen=True, slots=True)
class LearnedDelay:
    """Delay of a link as confirmed ways show it, shrunk towards the drawn one; `cases`: how many ways."""

    seconds: float
    cases: int


@dataclass(frozen=True, slots=True)
class SimilarCase:
    """An earlier case and how alike it is, 0 … 1."""

    case: ConfirmedCase
    likeness: float


def log_prior(
    cases: Sequence[ConfirmedCase], places: Mapping[str, Place], signature: Signature | None = None
) -> dict[str, float]:
    """Log-prior of each node of `places` as root cause, 0 = no better than any other, within the bounds.

    With `signature` the cases alike to it weigh once more."""
    if not places:
        return {}
    shares = _shares(cases, places)
    alike = {found.case.case: _weight(found.likeness) for found in similar(cases, signature)} if signature else {}
    near: dict[str, float] = defaultdict(float)
    for case in cases:
        near[case.root] += alike.get(case.case, 0.0)
    total = sum(alike.values()) + LIKE_CASES
    even = 1 / len(places)
    return {
        node: _bounded(math.log((near.get(node, 0.0) + LIKE_CASES * share) / (total * even)))
        for node, share in shares.items()
    }


def by_unit(prior: Mapping[str, float], places: Mapping[str, Place]) -> dict[str, float]:
    """The log-prior as `trace` takes it: what stands at a unit counts for each of its points as well."""
    shared = {place.unit: prior.get(place.unit, 0.0) for place in places.values()}
    own = {node: round(value - shared[places[node].unit], 6) for node, value in prior.items() if node not in shared}
    return {name: value for name, value in (shared | own).items() if value}


def _weight(alike: float) -> float:
    """0 at the least likeness that counts, 1 for the same story."""
    return (alike - LEAST_LIKENESS) / (1 - LEAST_LIKENESS)


def _shares(cases: Sequence[ConfirmedCase], places: Mapping[str, Place]) -> dict[str, float]:
    """Probability of each node before any reading is looked at; sums to 1.

    Class × equipment in it × node in that, averaged over the strengths that the counts make likely."""
    urns = _Urns(places, [case.root for case in cases if case.root in places])
    likely = [urns.log_likelihood(strength) for strength in STRENGTHS]
    weights = [math.exp(value - max(likely)) for value in likely]
    by_strength = [urns.shares(strength) for strength in STRENGTHS]
    whole = sum(weights)
    return {
        node: sum(weight * shares[node] for weight, shares in zip(weights, by_strength, strict=True)) / whole
        for node in places
    }


class _Urns:
    """Pólya urns within each other: one of the classes, one of the equipment of each, one of the nodes of that."""

    def __init__(self, places: Mapping[str, Place], roots: Sequence[str]) -> None:
        self._places, self._total = places, len(roots)
        self._nodes = Counter(roots)
        self._units = Counter(places[root].unit for root in roots)
        self._kinds = Counter(places[root].kind for root in roots)
        self._nodes_of_unit = Counter(place.unit for place in places.values())
        self._nodes_of_kind = Counter(place.kind for place in places.values())
        self._kind_of = {place.unit: place.kind for place in places.values()}

    def shares(self, strength: float) -> dict[str, float]:
        """Probability of each node when the even start weighs as much as ``strength`` cases."""
        kinds = {
            kind: _drawn(self._kinds[kind], self._total, count / len(self._places), strength)
            for kind, count in self._nodes_of_kind.items()
        }
        units = {unit: kinds[kind] * self._unit_share(unit, kind, strength) for unit, kind in self._kind_of.items()}
        return {
            node: units[place.unit]
            * _drawn(self._nodes[node], self._units[place.unit], 1 / self._nodes_of_unit[place.unit], strength)
            for node, place in self._places.items()
        }

    def _unit_share(self, unit: str, kind: str, strength: float) -> float:
        expected = self._nodes_of_unit[unit] / self._nodes_of_kind[kind]
        return _drawn(self._units[unit], self._kinds[kind], expected, strength)

    def log_likelihood(self, strength: float) -> float:
        """How likely the counts are under this strength: low when roots recur less than it says."""
        kinds = [(n, strength * self._nodes_of_kind[kind] / len(self._places)) for kind, n in self._kinds.items()]
        units = [
            (n, strength * self._nodes_of_unit[unit] / self._nodes_of_kind[self._kind_of[unit]])
            for unit, n in self._units.items()
        ]
        nodes = [(n, strength / self._nodes_of_unit[self._places[node].unit]) for node, n in self._nodes.items()]
        totals = [self._total, *self._kinds.values(), *self._units.values()]
        return sum(math.lgamma(n + a) - math.lgamma(a) for n, a in (*kinds, *units, *nodes)) - sum(
            math.lgamma(n + strength) - math.lgamma(strength) for n in totals
        )


def _drawn(count: int, total: int, expected: float, strength: float) -> float:
    return (count + strength * expected) / (total + strength)


def _bounded(value: float) -> float:
    return round(min(max(value, -MOST_DOWN), MOST_UP), 6)


def log_prior_of_causes(cases: Sequence[ConfirmedCase]) -> dict[str, float]:
    """Log-prior by key of the cause library, for every key that was confirmed or stood beside a confirmed one."""
    confirmed = Counter(case.cause for case in cases if case.cause)
    keys = sorted(confirmed.keys() | {key for case in cases if case.cause for key in case.offered})
    total = confirmed.total() + CAUSE_CASES
    return {key: _bounded(math.log((confirmed[key] * len(keys) + CAUSE_CASES) / total)) for key in keys}


def learned_delays(
    cases: Iterable[ConfirmedCase], drawn: Mapping[tuple[str, str], float | None]
) -> dict[tuple[str, str], LearnedDelay]:
    """Delay of each link on confirmed ways: the median lag, shrunk towards the delay that the plan gives."""
    seen: dict[tuple[str, str], list[float]] = defaultdict(list)
    for case in cases:
        for source, target, seconds in case.lags:
            seen[source, target].append(seconds)
    found = {}
    for link, lags in sorted(seen.items()):
        plan = drawn.get(link)
        if link not in drawn or (plan is None and len(lags) < LEAST_LAGS):
            continue
        middle, count = median(lags), len(lags)
        seconds = middle if plan is None else (count * middle + DELAY_CASES * plan) / (count + DELAY_CASES)
        found[link] = LearnedDelay(round(max(seconds, 0.0), 3), count)
    return found


def lags_along(path: Sequence[str], signature: Signature, unit_of: Mapping[str, str]) -> tuple[Lag, ...]:
    """Seconds between the onsets at both ends of each link of a way; a unit begins with the first of its points."""
    begun = dict(signature.onsets_s)
    for node, at in signature.onsets_s.items():
        unit = unit_of.get(node)
        if unit and unit != node:
            begun[unit] = min(at, begun.get(unit, at))
    return tuple(
        (source, target, round(begun[target] - begun[source], 3))
        for source, target in pairwise(path)
        if source in begun and target in begun and target != unit_of.get(source) and source != unit_of.get(target)
    )


def with_delays(graph: PlantGraph, delays: Mapping[tuple[str, str], float]) -> PlantGraph:
    """The graph with learned delays in place of the drawn ones; the graph itself where none of its links has one."""
    if not any((link.source, link.target) in delays for link in graph.links):
        return graph
    links = [replace(link, delay_s=delays.get((link.source, link.target), link.delay_s)) for link in graph.links]
    return PlantGraph(graph.nodes(), links)


def similar(
    cases: Iterable[ConfirmedCase], signature: Signature, *, least: float = LEAST_LIKENESS
) -> list[SimilarCase]:
    """Cases whose signature is like this one, most alike first; of equals the later."""
    found = [SimilarCase(case, likeness(case.signature, signature)) for case in cases]
    return sorted((one for one in found if one.likeness >= least), key=lambda one: (-one.likeness, -one.case.case))
