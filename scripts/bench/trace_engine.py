"""How long one trace takes in the engine, beside what a plain regression on the graph parents takes, in one run.

``python scripts/bench/trace_engine.py [--points 50 1000] [--rows 1000]``: made-up plants (sparse vector autoregressions
along a random graph) with a fault in the last fifth. ``learn_ms`` is once a plant; ``trace_ms`` is each question.
The peer is CIRCA's regression test by least squares in numpy, over the same points, parents and rows.
"""

import argparse
import json
import resource
import statistics
import time
from collections.abc import Callable

import numpy as np

from backend.tracing.engine import Link, Node, NodeKind, PlantGraph, Window, learn_normal, trace
from backend.tracing.engine.window import Floats

PARENTS = 3
POINTS_A_UNIT = 5


def plant(points: int, rows: int, seed: int) -> tuple[Window, PlantGraph, int]:
    """A window whose last fifth has a fault at one point, the graph, and how many rows are fault-free."""
    rng = np.random.default_rng(seed)
    parents = [rng.choice(n, min(n, PARENTS), replace=False) if n else np.zeros(0, int) for n in range(points)]
    names = [f"P{n}" for n in range(points)]
    values, free = np.zeros((rows, points)), rows * 4 // 5
    noise = rng.normal(0, 1, (rows, points))
    weight = np.zeros((points, points))
    for child, above in enumerate(parents):
        weight[above, child] = 0.25
    np.fill_diagonal(weight, 0.6)
    for row in range(1, rows):
        values[row] = values[row - 1] @ weight + noise[row]
        values[row, points // 4] += 6.0 * (row >= free)
    nodes = [Node(name, NodeKind.SENSOR, f"U{n // POINTS_A_UNIT}") for n, name in enumerate(names)]
    links = [Link(names[a], names[child]) for child, above in enumerate(parents) for a in above]
    return Window.of(np.arange(float(rows)), names, values), PlantGraph(nodes, links), free


def circa(values: Floats, parents: dict[str, tuple[str, ...]], names: tuple[str, ...], free: int) -> Floats:
    """Largest residual of each point on its parents, in standard deviations."""
    z = (values - values[:free].mean(0)) / values[:free].std(0)
    place = {name: column for column, name in enumerate(names)}
    out = np.zeros(len(names))
    for column, name in enumerate(names):
        above = [place[parent] for parent in parents[name]]
        design = np.column_stack([z[:, above], np.ones(len(z))])
        weights = np.linalg.lstsq(design[:free], z[:free, column], rcond=None)[0]
        left = z[:, column] - design @ weights
        out[column] = np.abs(left[free:]).max() / left[:free].std()
    return out


def milliseconds(work: Callable[[], object], times: int) -> float:
    """Median of some runs."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begun) * 1000)
    return round(statistics.median(taken), 1)


def main() -> None:
    """Measure each size; print one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, nargs="+", default=[50, 1000])
    parser.add_argument("--rows", type=int, default=1000)
    wanted = parser.parse_args()
    sizes = []
    for points in wanted.points:
        window, graph, free = plant(points, wanted.rows, seed=1)
        begun = time.perf_counter()
        normal = learn_normal(window.between(0, free))
        learn = (time.perf_counter() - begun) * 1000
        names, parents = window.points, graph.measured_parents(window.points)
        found = trace(window, normal, graph, names[-1], (), free)
        taken = milliseconds(lambda w=window, n=normal, g=graph, f=free: trace(w, n, g, w.points[-1], (), f), 5)  # type: ignore[misc]
        peer = milliseconds(lambda v=window.values, p=parents, n=names, f=free: circa(v, p, n, f), 3)  # type: ignore[misc]
        sizes.append(
            {
                "points": points,
                "rows": wanted.rows,
                "learn_ms": round(learn),
                "trace_ms": taken,
                "peer_ms": peer,
                "ratio": round(taken / peer, 2),
                "rank_of_the_root": next(
                    (n for n, c in enumerate(found.causes, 1) if c.node == names[points // 4]), None
                ),
            }
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"bench": "trace engine", "sizes": sizes, "peak_mb": peak}, indent=2))


if __name__ == "__main__":
    main()
