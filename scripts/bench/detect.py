"""Early warning on a stream: milliseconds a row, memory, learning, beside a peer on the same rows in the same run.

``python scripts/bench/detect.py`` learns a made-up plant of 10,000 points in groups that move together and judges its
rows one by one, as ingest does at 1 Hz. Peer: half-space trees of ``river`` where it is installed (trees look at single
points); else and besides, what anyone would write first, PCA with T² and Q over all points, row by row.
"""

import argparse
import importlib
import json
import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.tracing.engine import Detector, Window, learn_normal

Rows = NDArray[np.float64]


def plant(points: int, rows: int, seed: int) -> Rows:
    """Rows of points in groups of 40 that follow a slow common movement each, and own noise."""
    rng = np.random.default_rng(seed)
    groups = -(-points // 40)
    common = rng.normal(0, 1, (rows, groups))
    for row in range(1, rows):
        common[row] += 0.8 * common[row - 1]
    return np.repeat(common, 40, axis=1)[:, :points] * 0.7 + rng.normal(0, 1, (rows, points))


def peak_mb() -> float:
    """Most memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(step: Callable[[Rows], Any], rows: Rows) -> dict[str, float]:
    """Milliseconds a row: median and 99 %."""
    spent = []
    for row in rows:
        begun = time.perf_counter()
        step(row)
        spent.append(1000 * (time.perf_counter() - begun))
    return {"median_ms": round(float(np.median(spent)), 3), "p99_ms": round(float(np.quantile(spent, 0.99)), 3)}


def pca(normal: Rows) -> Callable[[Rows], float]:
    """T² and Q of 20 components of all points."""
    centre, scale = normal.mean(0), normal.std(0)
    z = (normal - centre) / scale
    _, values, axes = np.linalg.svd(z, full_matrices=False)
    loadings, variances = axes[:20].T, values[:20] ** 2 / len(z)

    def step(row: Rows) -> float:
        now = (row - centre) / scale
        scores = now @ loadings
        left = now - loadings @ scores
        return max(float((scores**2 / variances).sum()), float(left @ left))

    return step


def half_space_trees(normal: Rows, learned: int) -> Callable[[Rows], float] | None:
    """river's streaming detector, warmed up on `learned` rows; None where river isn't installed."""
    try:
        anomaly = importlib.import_module("river.anomaly")
    except ImportError:
        return None
    low, width = normal.min(0), np.maximum(np.ptp(normal, axis=0), 1e-9)
    trees = anomaly.HalfSpaceTrees(n_trees=25, height=8, window_size=learned, seed=0)

    def step(row: Rows) -> float:
        features = dict(enumerate(np.clip((row - low) / width, 0, 1).tolist()))
        score = float(trees.score_one(features))
        trees.learn_one(features)
        return score

    for row in normal[:learned]:
        step(row)
    return step


def main() -> None:
    """Measure and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=10_000)
    parser.add_argument("--normal-rows", type=int, default=400)
    parser.add_argument("--rows", type=int, default=300)
    wanted = parser.parse_args()
    table = plant(wanted.points, wanted.normal_rows + wanted.rows, 1)
    before, after = table[: wanted.normal_rows], table[wanted.normal_rows :]
    names = [f"P{i}" for i in range(wanted.points)]
    base = peak_mb()
    begun = time.perf_counter()
    normal = learn_normal(Window.of([float(i) for i in range(len(before))], names, before))
    learning_s = time.perf_counter() - begun
    detector = Detector(normal)
    alarms: list[bool] = []
    ours = timed(lambda row: alarms.append(detector.step(row).alarm), after)
    found: dict[str, Any] = {
        "bench": "detect",
        "points": wanted.points,
        "groups": len(normal.joint.members),
        "learning_s": round(learning_s, 1),
        "memory_mb": round(peak_mb() - base),
        "stored_mb": round(len(json.dumps(normal.to_dict())) / 1e6, 1),
        "ansu": ours | {"core_share_at_1_hz": round(ours["median_ms"] / 1000, 4)},
        "false_alarms_wanted_measured": [0.01, round(float(np.mean(alarms)), 4)],
        "pca": timed(pca(before), after),
    }
    trees = half_space_trees(before, 50)
    if trees is not None:
        found["river_half_space_trees"] = timed(trees, after[:60])
    peers = [name for name in ("pca", "river_half_space_trees") if name in found]
    found["times_of_peer"] = {name: round(ours["median_ms"] / found[name]["median_ms"], 3) for name in peers}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
