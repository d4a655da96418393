"""What people chose beside what the system ranks. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from backend.incidents.meeting.lifecycle import OTHER


@dataclass(frozen=True)
class Chosen:
    """One choice as it is counted. ``blind``: its chooser didn't know the ranking."""

    cause: str
    blind: bool = True


@dataclass(frozen=True)
class Ranked:
    """A cause as the system ranks it, 1 the first; ``probability`` 0 … 1."""

    key: str
    probability: float


@dataclass(frozen=True)
class Row:
    """A cause with how many chose it and its place in the ranking; ``rank`` None: the system doesn't rank it."""

    key: str
    count: int
    rank: int | None
    probability: float | None


@dataclass(frozen=True)
class Agreement:
    """How far people and system agree. ``chosen``: so many chose; ``blind``: so many of them without knowing the
    ranking; ``with_first``: so many of the blind ones chose what the system ranks first; ``most``: so many of all chose
    the same, the most frequent cause."""

    chosen: int
    blind: int
    with_first: int
    most: int


@dataclass(frozen=True)
class Comparison:
    """All rows, those most chosen first, of equals the better ranked, and the agreement."""

    rows: Sequence[Row] = field(default_factory=tuple)
    agreement: Agreement = Agreement(0, 0, 0, 0)


def compare(choices: Sequence[Chosen], ranking: Sequence[Ranked]) -> Comparison:
    """Choices beside a ranking that is in its order."""
    counted = Counter(one.cause for one in choices)
    ranks: Mapping[str, tuple[int, float]] = {one.key: (n, one.probability) for n, one in enumerate(ranking, 1)}
    keys = [*ranks, *sorted(key for key in counted if key not in ranks)]
    rows = [Row(key, counted[key], *(ranks.get(key, (None, None)))) for key in keys]
    rows.sort(key=lambda row: (-row.count, row.rank is None, row.rank or 0, row.key == OTHER))
    first = ranking[0].key if ranking else None
    blind = [one.cause for one in choices if one.blind]
    with_first = sum(1 for cause in blind if cause == first)
    return Comparison(rows, Agreement(len(choices), len(blind), with_first, max(counted.values(), default=0)))
