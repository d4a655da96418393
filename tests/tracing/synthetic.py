"""Plants made up for the engine's tests: chains whose delays and root we know, and noise that is nobody's fault."""

from collections.abc import Sequence

import numpy as np

from backend.tracing.engine import Link, LinkKind, Node, NodeKind, Normal, PlantGraph, Window, learn_normal
from backend.tracing.engine.window import Floats

STEP_S = 10.0
NORMAL_ROWS = 400


def chain(
    delays: Sequence[int], *, rows: int, fault_at: int | None = None, size: float = 8.0, root: int = 0, seed: int = 1
) -> Window:
    """Points P0 → P1 → …, each following the one before after ``delays`` rows; at ``fault_at`` P``root`` is pushed.

    Every point has noise of its own, so that each moves a little by itself; after the last comes one bystander.
    """
    rng = np.random.default_rng(seed)
    count = len(delays) + 1
    own = rng.normal(0, 1, (rows, count + 1))
    values = np.zeros((rows, count + 1))
    for row in range(rows):
        values[row] = 0.6 * values[row - 1] * (row > 0) + own[row]
        for child, delay in enumerate(delays, start=1):
            if row >= delay:
                values[row, child] += 0.5 * values[row - delay, child - 1]
        if fault_at is not None and row >= fault_at:
            values[row, root] += size
    return Window.of(np.arange(rows) * STEP_S, [*(f"P{i}" for i in range(count)), "BY"], values + 100)


def chain_graph(count: int, *, delay_s: float | None = None) -> PlantGraph:
    """P0 → … in one line, each point on equipment of its own, and a bystander that nothing reaches."""
    nodes = [Node(f"P{i}", NodeKind.SENSOR, f"U{i}") for i in range(count)] + [Node("BY", NodeKind.SENSOR, "UB")]
    links = [Link(f"P{i}", f"P{i + 1}", LinkKind.MATERIAL, delay_s) for i in range(count - 1)]
    return PlantGraph(nodes, links)


def learned(delays: Sequence[int], *, seed: int = 99) -> Normal:
    """What is normal for ``chain(delays, …)``."""
    return learn_normal(chain(delays, rows=NORMAL_ROWS, seed=seed))


def permuted(window: Window, order: Sequence[int]) -> Window:
    """The same window with its columns in another order."""
    return Window(window.times_s, tuple(window.points[i] for i in order), window.values[:, list(order)])


def with_gaps(window: Window, share: float, seed: int = 5) -> Window:
    """The same window without a random ``share`` of its values."""
    values: Floats = window.values.copy()
    values[np.random.default_rng(seed).random(values.shape) < share] = np.nan
    return Window(window.times_s, window.points, values)
