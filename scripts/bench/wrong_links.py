"""How wrong links hurt a ranking: a share of the drawn links is deleted or turned round, several times over.

``python scripts/bench/wrong_links.py --cases DATA [--seeds 5]`` with a folder of the scoring harness; prints AC@1 and
AC@3 by plant and share, mean and lowest of the seeds.
"""

import argparse
import json
from collections.abc import Iterable
from typing import Any

import numpy as np
from plant_cases import PlantCase, cases

SHARES = (0.0, 0.1, 0.2, 0.3, 0.5)
WAYS = ("deleted", "reversed")


def spoilt(topology: dict[str, Any], share: float, way: str, seed: int) -> dict[str, Any]:
    """The same plant with a random ``share`` of its links deleted or reversed."""
    edges = topology["edges"]
    chosen = set(np.random.default_rng(seed).permutation(len(edges))[: round(share * len(edges))].tolist())
    kept = []
    for number, edge in enumerate(edges):
        if number not in chosen:
            kept.append(edge)
        elif way == "reversed":
            kept.append({**edge, "from": edge["to"], "to": edge["from"]})
    return {**topology, "edges": kept}


def measure(plant: Iterable[PlantCase], share: float, way: str, seed: int) -> tuple[float, float]:
    """AC@1 and AC@3 over the cases of one plant."""
    hits = []
    for case in plant:
        ranked = case.named(case.trace(spoilt(case.topology, share, way, seed)))
        hits.append((case.hit(ranked, 1), case.hit(ranked, 3)))
    first, third = np.array(hits).mean(0)
    return float(first), float(third)


def main() -> None:
    """Measure all plants, all shares, both ways."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", required=True)
    parser.add_argument("--seeds", type=int, default=5)
    wanted = parser.parse_args()
    plants: dict[str, list[PlantCase]] = {}
    for case in cases(wanted.cases):
        plants.setdefault(case.plant, []).append(case)
    for name, plant in sorted(plants.items(), key=lambda item: len(item[1])):
        for way in WAYS:
            for share in SHARES:
                seeds = range(wanted.seeds if share else 1)
                table = np.array([measure(plant, share, way, seed) for seed in seeds])
                row = {"plant": name, "links": way, "share": share, "cases": len(plant)}
                row |= {"ac1": round(float(table[:, 0].mean()), 3), "ac1_lowest": round(float(table[:, 0].min()), 3)}
                print(json.dumps(row | {"ac3": round(float(table[:, 1].mean()), 3)}), flush=True)


if __name__ == "__main__":
    main()
