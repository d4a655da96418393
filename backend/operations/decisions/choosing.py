"""Choosing what is worth most under a budget: a knapsack in which of each group at most one is taken. Pure.

Solved exactly as an integer programme by HiGHS through ``scipy.optimize.milp`` (Huangfu and Hall, Mathematical
Programming Computation 10, 2018): a few hundred candidates take milliseconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

ENOUGH = 1e-9
"""What is worth less than this isn't worth taking."""


@dataclass(frozen=True)
class Candidate:
    """Something that could be done. ``group``: of those alike at most one; ``cost`` may be negative: it frees some."""

    group: int
    worth: float
    cost: float


def choose(candidates: Sequence[Candidate], budget: float) -> list[int]:
    """Which of ``candidates`` to take, as places in the sequence in order: worth most together at ``budget`` or less.

    What costs nothing and is worth something is always taken. Raises ValueError for a budget below nought.
    """
    if budget < 0:
        raise ValueError(budget)
    if not any(one.worth > ENOUGH for one in candidates):
        return []
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    groups = {group: row for row, group in enumerate(sorted({one.group for one in candidates}))}
    rows = [0] * len(candidates) + [1 + groups[one.group] for one in candidates]
    columns = [*range(len(candidates)), *range(len(candidates))]
    values = [*(one.cost for one in candidates), *(1.0 for _ in candidates)]
    matrix = csr_array((values, (rows, columns)), shape=(1 + len(groups), len(candidates)))
    most = np.concatenate([[budget], np.ones(len(groups))])
    solved = milp(
        -np.array([one.worth for one in candidates]),
        constraints=LinearConstraint(matrix, -np.inf, most),
        integrality=np.ones(len(candidates), dtype=int),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 1e-6, "time_limit": 5.0},
    )
    if solved.x is None:
        return []
    return [place for place, taken in enumerate(solved.x) if taken > 0.5]
