"""Which switches move together, and which one has fallen out of step.

Two points are coupled when nearly every change of one came with a change of the other within few rows. A coupling
needs no drawn link and little data: that two rare changes fall together twice by chance is unlikely. A point that
most of its partners left behind (it stuck), or that changed while they stood still (it jumped), is out of step;
one whose leading partner is out of step too only follows. Sources: invariants between signals and blame by the
share of broken ones (Jiang, Chen & Yoshihira, IEEE TKDE 19 (2007) 1508); rule of succession for what was never
seen to fail (Laplace).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .window import Floats

TOGETHER_ROWS = 4
LEAST_SHARE = 0.7
MOST_BY_CHANCE = 0.05
MOST_POINTS = 100
COUPLED = 0.1  # share of pairs that are coupled, before looking


@dataclass(frozen=True, slots=True)
class OutOfStep:
    """`column` fell out of step at row `since`; `share` 0 … 1 of its couplings are broken; `rate`: how often a row
    would show that by chance."""

    column: int
    since: int
    share: float
    rate: float


@dataclass(frozen=True, eq=False)
class _Moves:
    rows: list[NDArray[np.intp]]
    columns: list[int]


def out_of_step(values: Floats, discrete: NDArray[np.bool_], row: int, recent_rows: int) -> list[OutOfStep]:
    """Points that are out of step with their partners at `row`, judged by all that happened before.

    `values` is rows × points without gaps; only what changed within `recent_rows` before `row` is looked at."""
    moves = _moves(values[: row + TOGETHER_ROWS + 1], discrete)
    begins, last = max(row - recent_rows, 1), min(row + TOGETHER_ROWS, len(values) - 1)
    recent = [rows[rows >= begins] for rows in moves.rows]
    partners = [_partners(moves, i, begins) for i in range(len(moves.columns))]
    found: dict[int, OutOfStep] = {}
    for i, coupled in enumerate(partners):
        tested = [p for p in coupled if len(recent[i]) or len(recent[p.other])]
        broken = [
            (since, p) for p in tested if (since := p.broken_since(recent[i], recent[p.other], row, last)) is not None
        ]
        weight = sum(p.real for p in tested)
        share = 2 * sum(p.real for _, p in broken) / weight - 1 if tested else 0.0
        if share > 0:
            times = len(moves.rows[i]) - len(recent[i])
            share *= max(p.real for _, p in broken)
            found[i] = OutOfStep(
                moves.columns[i], min(since for since, _ in broken), share, times / (times + 2) / begins
            )
    return [one for i, one in found.items() if not any(p.lead > 0 and p.other in found for p in partners[i])]


@dataclass(frozen=True, slots=True)
class _Partner:
    other: int
    lead: float
    """Mean rows by which the other moves first."""
    latest: int
    """The most rows by which one came after the other so far."""
    real: float
    """Probability that the two are coupled at all, against falling together by chance."""

    def broken_since(self, own: NDArray[np.intp], others: NDArray[np.intp], row: int, until: int) -> int | None:
        """Row since when one of the two has moved without the other, as seen at `until`; None if they are in step."""
        moved = [int(rows[rows < row - 1][-1]) for rows in (own, others) if (rows < row - 1).any()]
        if not moved:
            return None
        due = max(moved) + self.latest + 1
        alone = any(not len(rows) or max(moved) - int(rows[-1]) > self.latest + 1 for rows in (own, others))
        return min(due, row) if alone and due <= until else None


def _moves(values: Floats, discrete: NDArray[np.bool_]) -> _Moves:
    changed = values[1:] != values[:-1]
    counts = changed.sum(0)
    moving = np.flatnonzero(discrete & (counts > 0) & (counts < len(values) / 8))
    last = len(changed) - changed[::-1, moving].argmax(0) if len(moving) else moving
    columns = sorted(moving[np.argsort(-last, kind="stable")][:MOST_POINTS].tolist())  # the latest to move
    return _Moves([np.flatnonzero(changed[:, column]) + 1 for column in columns], columns)


def _partners(moves: _Moves, i: int, begins: int) -> list[_Partner]:
    """Whose changes nearly always fell together with those of i, before `begins`."""
    own = moves.rows[i][moves.rows[i] < begins]
    if not len(own):
        return []
    out = []
    for j, rows in enumerate(moves.rows):
        others = rows[rows < begins]
        if j == i or not len(others):
            continue
        gap = own[:, None] - others[None, :]
        near = np.abs(gap) <= TOGETHER_ROWS
        hits = min(int(near.any(1).sum()), int(near.any(0).sum()))
        share = hits / max(len(own), len(others))
        chance = min((2 * TOGETHER_ROWS + 1) * len(others) / begins, 1.0) ** hits
        if hits and share >= LEAST_SHARE and chance <= MOST_BY_CHANCE:
            out.append(
                _Partner(
                    j,
                    float(gap[near].mean()),
                    int(np.abs(gap[near]).max()),
                    COUPLED / (COUPLED + (1 - COUPLED) * chance),
                )
            )
    return out
