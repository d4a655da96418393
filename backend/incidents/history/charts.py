"""The trend as stacked columns that the server draws; the table behind it holds the same. Pure."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from backend.incidents.history.periods import Step, last_of
from backend.incidents.lifecycle import LEVELS
from backend.live.charting import BOTTOM, LEFT, RIGHT, TOP, Tick

_GAP = 0.18
"""Of a column's place is left free."""
_MOST_WORDS = 3
"""So many words fit below the columns of a phone."""


@dataclass(frozen=True)
class Piece:
    """The part of a column that one level makes."""

    level: str
    count: int
    y: float
    height: float


@dataclass(frozen=True)
class Column:
    """One step: its first and last day, how many, and where it stands."""

    first: date
    last: date
    words: str
    count: int
    x: float
    width: float
    pieces: Sequence[Piece]

    def of(self, level: str) -> int:
        """How many of one level."""
        return sum(piece.count for piece in self.pieces if piece.level == level)


@dataclass(frozen=True)
class Columns:
    """What the template draws, in the box of ``live.charting``."""

    columns: Sequence[Column]
    values: Sequence[Tick]
    times: Sequence[Tick]


def columns(
    span: tuple[date, date],
    firsts: Sequence[date],
    counts: Mapping[tuple[date, str], int],
    step: Step,
    words: Callable[[date], str],
) -> Columns:
    """A column for each of ``firsts``, also where nothing happened, the gravest level at the bottom; those at the ends
    hold no days beyond ``span``, the first and last day of the period."""
    totals = [sum(counts.get((first, level), 0) for level in LEVELS) for first in firsts]
    top = _round_up(max(totals, default=0))
    place = (RIGHT - LEFT) / max(len(firsts), 1)
    drawn = [
        Column(
            max(first, span[0]),
            min(last_of(first, step), span[1]),
            words(first),
            total,
            round(LEFT + place * (number + _GAP / 2), 1),
            round(place * (1 - _GAP), 1),
            _pieces([(level, counts.get((first, level), 0)) for level in LEVELS], top),
        )
        for number, (first, total) in enumerate(zip(firsts, totals, strict=True))
    ]
    ticks = [Tick(_y(value, top), str(value)) for value in sorted({0, top // 2, top})]
    return Columns(drawn, ticks, _times(drawn))


def _pieces(of: Sequence[tuple[str, int]], top: int) -> list[Piece]:
    pieces, below = [], 0
    for level, count in of:
        if count:
            y = _y(below + count, top)
            pieces.append(Piece(level, count, y, round(_y(below, top) - y, 1)))
        below += count
    return pieces


def _times(drawn: Sequence[Column]) -> list[Tick]:
    """The words of some columns at equal distances."""
    every = math.ceil(len(drawn) / _MOST_WORDS)
    return [Tick(round(one.x + one.width / 2, 1), one.words) for one in drawn[:: max(every, 1)]]


def _y(value: int, top: int) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * value / top, 1)


def _round_up(most: int) -> int:
    """The next of 2, 4, 10, 20, 40, 100, …, so that half of it is whole too."""
    size = 1
    while True:
        for step in (2, 4, 10):
            if most <= step * size:
                return step * size
        size *= 10
