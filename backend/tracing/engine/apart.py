"""Two faults at once: what the first cause can't have reached is another disturbance, with a cause of its own.

The likeliest cause explains away what lies downstream of it. A point that deviates far although no drawn way leads
to it from there, and that in normal work doesn't go together with anything that was reached, didn't get it from
there (Reiter's minimal diagnosis, Artificial Intelligence 32 (1987) 57: a second fault is assumed only where one
doesn't explain all). Both conditions count, since links are forgotten. A handful of rows says too little.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .causes import ROWS_FOR_REGRESSION, Ranking
from .deviation import Deviations
from .graph import PlantGraph
from .normal import Normal

FAR_Z = 6.0
OWN_Z = 3.0
COUPLED = 0.4
"""A correlation in normal work from which on two points count as connected, drawn or not."""
LAGS, STANDARD_ERRORS, ROWS_TO_TELL = 20, 4.0, 200
"""So are two whose innovations go together at a lag, by so many standard errors, in the rows before the start. With
fewer rows there a forgotten link is likelier than two faults at once, so that one is told."""


@dataclass(frozen=True, eq=False)
class Apart:
    """`left`: the points (by column) of a second disturbance; all False where one cause explains everything."""

    left: NDArray[np.bool_]

    @property
    def found(self) -> bool:
        """Whether there is a second disturbance."""
        return bool(self.left.any())


def apart(normal: Normal, graph: PlantGraph, found: Deviations, ranking: Ranking, barred: Sequence[str]) -> Apart:
    """The points that deviate far and aren't reached by the likeliest cause, nor lead to it."""
    points = normal.points
    nothing = Apart(np.zeros(len(points), bool))
    enough = found.start >= ROWS_TO_TELL and len(found.z) - found.start >= ROWS_FOR_REGRESSION
    if not (enough and found.drawn and found.abnormal and ranking.probability.any() and normal.moments.size):
        return nothing
    first = int(ranking.probability.argmax())
    if ranking.probability[first] < ranking.unmeasured_probability.max(initial=0.0) or points[first] not in graph:
        return nothing
    far = (found.peak >= FAR_Z) & np.array([onset is not None for onset in found.onsets], bool)
    named = set(barred)
    far &= np.array([name not in named and name in graph for name in points])
    if not (far & ~_tied(graph, points, first, np.eye(len(points), dtype=bool))).any():
        return nothing
    left = far & ~_tied(graph, points, first, _coupled(normal, found, far))
    entered = np.maximum(found.early, found.lasting) >= OWN_Z
    return Apart(left) if (left & entered).any() else nothing


def merged(main: Ranking, second: Ranking, found: Apart) -> Ranking:
    """One ranking of both disturbances: each point has the probability that it is the root of its own."""
    return Ranking(
        np.where(found.left, second.score, main.score),
        np.where(found.left, second.probability, main.probability),
        main.likeness,
        main.coverage,
        main.strongest_parent,
        main.explained,
        main.unmeasured,
        main.unmeasured_probability,
        main.following,
    )


def _coupled(normal: Normal, found: Deviations, far: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Points × points: which of those far away went together in normal work, at once or one after the other.

    Each point's own persistence is taken out first, else slow points seem to go together by chance (Haugh, Journal of
    the American Statistical Association 71 (1976) 378)."""
    out = np.abs(normal.moments) >= COUPLED
    before, columns = found.z[: found.start], np.flatnonzero(far)
    new = before[1:, columns] - normal.autocorrelation[columns] * before[:-1, columns]
    new = new - new.mean(0) if len(new) else new
    new = new / np.maximum(new.std(0), 1e-9) if len(new) else new
    for lag in range(min(LAGS, len(new) // 4) + 1):
        rows = len(new) - lag
        together = np.abs(new[lag:].T @ new[:rows]) / max(rows, 1) * np.sqrt(max(rows, 1)) >= STANDARD_ERRORS
        out[np.ix_(columns, columns)] |= together | together.T
    return out


def _tied(graph: PlantGraph, points: Sequence[str], first: int, coupled: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What the first cause may have to do with: what it may reach, what may reach it, the rest of its unit; what went
    together with any of these, and what that may reach."""
    unit = graph.unit_of(points[first])
    leading = graph.upstream([points[first]])
    tied = np.array([name in leading or (unit is not None and graph.unit_of(name) == unit) for name in points], bool)
    tied[first], known = True, 0
    while int(tied.sum()) > known:
        known = int(tied.sum())
        reached = graph.downstream([points[int(column)] for column in np.flatnonzero(tied)])
        tied |= np.array([name in reached for name in points], bool)
        tied |= coupled[:, tied].any(1)
    return tied
