"""Combinations of circumstances that come together more often than chance would have it. Pure.

Each record has at most one value of each attribute. All pairs and triples of values are counted (numpy), and each
is judged by the one split of it into one value and the rest that speaks least for it (Fisher's exact test, one-sided):
a longer combination is claimed only if every value in it adds to the others. After Webb, Discovering Significant
Patterns (Machine Learning 68, 2007) and Self-Sufficient Itemsets (TKDD 4:3, 2010).

Of all that is claimed at most a share of ``FDR`` is expected to be chance. Pairs and triples get half of it each by
Benjamini and Yekutieli (Annals of Statistics 29, 2001), which holds under any dependence; permutations would find a
little more, but take a thousand times as long and shuffle away what the plant ties together. What counts towards the
number of tests is chosen by the margins alone, never by how often values met.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

FDR = 0.1
LEAST_ROWS = 5
"""A combination that happened less often is no pattern, and a value that did takes no part."""
LEAST_LIFT = 1.3
"""Less than that above chance helps nobody, however sure it is."""
STILL_THERE = 0.05
"""A pair holds beside a triple of which it is part only if, without the triple's rows, chance reaches it in fewer than
this share of histories."""

Item = tuple[str, str]
"""Attribute and value."""
_Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Attribute:
    """A kind of circumstance. Two of one family never stand in one combination: they tell the same."""

    key: str
    family: str


@dataclass(frozen=True)
class Combination:
    """Values that come together. ``rows``: places of the records; ``of``: records that have all its attributes."""

    items: tuple[Item, ...]
    rows: tuple[int, ...]
    of: int
    expected: float
    """So many would come together if the value that adds least had nothing to do with the others."""
    p: float
    q: float
    """The bound on the share of chance among all that is claimed down to this one."""

    @property
    def lift(self) -> float:
        """How many times more often than expected."""
        return len(self.rows) / self.expected

    @property
    def support(self) -> float:
        """Its share of the records that have all its attributes."""
        return len(self.rows) / self.of


@dataclass(frozen=True)
class Mined:
    """What was found, the surest first, and among how many combinations."""

    combinations: tuple[Combination, ...]
    tested: int


@dataclass(frozen=True)
class _Column:
    attribute: Attribute
    values: tuple[str, ...]
    codes: NDArray[np.int64]
    """For each record the place of its value; -1: it has none."""


@dataclass(frozen=True)
class _Cell:
    """A combination as it was counted."""

    columns: tuple[_Column, ...]
    place: tuple[int, ...]
    of: int
    expected: float
    p: float


def mine(
    records: Sequence[Mapping[str, str]], attributes: Sequence[Attribute], tied: Sequence[frozenset[str]] = ()
) -> Mined:
    """Find the combinations of two and three values. ``records`` map attribute to value.

    ``tied`` are pairs of families that go together by the make of the plant (equipment and its upkeep): such a pair
    alone is no finding, and counts only where a third value joins both.
    """
    columns = [column for column in map(lambda one: _column(records, one), attributes) if len(column.values) > 1]
    cells: list[_Cell] = []
    bounds: list[float] = []
    tested = 0
    for size in (2, 3):
        counted = [_count(chosen) for chosen in combinations(columns, size) if _allowed(chosen, tied)]
        number = sum(of_them for of_them, _ in counted)
        found = [cell for _, some in counted for cell in some]
        cells += found
        bounds += _bounds([cell.p for cell in found], number)
        tested += number
    claimed = [_combination(cell, bound) for cell, bound in zip(cells, bounds, strict=True) if bound <= FDR]
    own = [one for one in claimed if _stands_alone(one, claimed, columns)]
    return Mined(tuple(sorted(own, key=lambda one: (one.p, -len(one.rows), one.items))), tested)


def _column(records: Sequence[Mapping[str, str]], attribute: Attribute) -> _Column:
    given = [record.get(attribute.key, "") for record in records]
    values = tuple(sorted({value for value in given if value}))
    places = {value: place for place, value in enumerate(values)}
    return _Column(attribute, values, np.array([places.get(value, -1) for value in given], dtype=np.int64))


def _allowed(chosen: Sequence[_Column], tied: Sequence[frozenset[str]]) -> bool:
    """Whether the families differ, and hang together by pairs that aren't tied."""
    families = [column.attribute.family for column in chosen]
    if len(set(families)) < len(families):
        return False
    free = [pair for pair in combinations(families, 2) if frozenset(pair) not in tied]
    return len(free) >= len(families) - 1


def _count(chosen: tuple[_Column, ...]) -> tuple[int, list[_Cell]]:
    """How many combinations of these attributes can be judged by their margins, and those worth judging."""
    codes = np.stack([column.codes for column in chosen])
    whole = codes[:, (codes >= 0).all(axis=0)]
    of = whole.shape[1]
    if of < LEAST_ROWS:
        return 0, []
    shape = tuple(len(column.values) for column in chosen)
    table = np.bincount(np.ravel_multi_index(tuple(whole), shape), minlength=int(np.prod(shape))).reshape(shape)
    margins = [
        table.sum(axis=tuple(other for other in range(len(shape)) if other != axis)) for axis in range(len(shape))
    ]
    number = int(np.prod([(margin >= LEAST_ROWS).sum() for margin in margins]))
    places = np.argwhere(table >= LEAST_ROWS)
    here = table[tuple(places.T)]
    ones = np.stack([margins[axis][places[:, axis]] for axis in range(len(shape))])
    rests = np.stack([table.sum(axis=axis)[tuple(np.delete(places, axis, 1).T)] for axis in range(len(shape))])
    expected = (ones * rests / of).max(axis=0)
    worth = here >= LEAST_LIFT * expected
    chances = _by_chance(here[worth], of, ones[:, worth], rests[:, worth]).max(axis=0)
    found = zip(places[worth].tolist(), expected[worth].tolist(), chances.tolist(), strict=True)
    return number, [_Cell(chosen, tuple(place), of, likely, p) for place, likely, p in found]


def _by_chance(both: _Counts, of: int, one: _Counts, rest: _Counts) -> NDArray[np.float64]:
    """Probability that ``one`` and ``rest`` records out of ``of``, drawn blindly, share ``both`` or more."""
    from scipy.stats import hypergeom

    return np.asarray(hypergeom.sf(both - 1, of, one, rest), dtype=np.float64)


def _bounds(chances: Sequence[float], tested: int) -> list[float]:
    """Each one's bound on the share of chance among what is claimed. What wasn't worth judging counts as p = 1."""
    from scipy.stats import false_discovery_control

    if not chances:
        return []
    padded = np.ones(max(tested, len(chances)))
    padded[: len(chances)] = np.minimum(chances, 1.0)
    adjusted = false_discovery_control(padded, method="by")[: len(chances)]
    return [min(1.0, 2.0 * float(one)) for one in adjusted]


def _combination(cell: _Cell, bound: float) -> Combination:
    items = tuple(
        (column.attribute.key, column.values[place]) for column, place in zip(cell.columns, cell.place, strict=True)
    )
    matches = [column.codes == place for column, place in zip(cell.columns, cell.place, strict=True)]
    rows = np.flatnonzero(np.logical_and.reduce(matches))
    return Combination(items, tuple(int(row) for row in rows), cell.of, cell.expected, cell.p, bound)


def _stands_alone(one: Combination, claimed: Sequence[Combination], columns: Sequence[_Column]) -> bool:
    """Whether it still holds without the rows of the longer ones that contain it."""
    longer = [other for other in claimed if len(other.items) > len(one.items) and set(one.items) < set(other.items)]
    if not longer:
        return True
    by_key = {column.attribute.key: column for column in columns}
    first, second = (by_key[key].codes for key, _ in one.items)
    taken = np.zeros(len(first), dtype=bool)
    taken[[row for other in longer for row in other.rows]] = True
    left = (first >= 0) & (second >= 0) & ~taken
    places = [by_key[key].values.index(value) for key, value in one.items]
    has, too = left & (first == places[0]), left & (second == places[1])
    both = (has & too).sum()
    chance = float(_by_chance(both, int(left.sum()), has.sum(), too.sum()))
    return bool(both >= LEAST_ROWS and chance <= STILL_THERE)
