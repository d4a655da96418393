"""What confirmed root causes bring: each case of a plant traced once as shipped and once taught by other cases.

``python scripts/bench/learning.py --cases DATA``: for each plant, ``others`` teaches all other cases (leave one out),
``few`` draws three of them, twenty times, ``strangers`` only cases of other faults, ``wrong`` three cases whose
confirmed root is drawn by lot: what a mistaken confirmation may cost. Shares of cases whose true root is first
(top 3), with how many cases there are.
"""

import argparse
import csv
import gzip
import json
import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.tracing.casefile import read_graph
from backend.tracing.engine import PlantGraph, Window, learn_normal, trace
from backend.tracing.engine.learned import ConfirmedCase, Place, log_prior
from backend.tracing.engine.signature import Signature, signature_of

DRAWS = 20
FEW = 3


@dataclass
class Traced:
    """A case as the engine ranks it untaught (log probability of each cause), and what was true."""

    number: int
    fault: str
    scores: dict[str, float]
    truth: tuple[str, ...]
    by_unit: bool
    unit_of: dict[str, str]
    signature: Signature

    def rank(self, prior: Mapping[str, float]) -> int:
        """Place of the first true root, 1 = first."""
        ranked = sorted(self.scores, key=lambda name: -(self.scores[name] + prior.get(name, 0.0)))
        named = [self.unit_of.get(name, name) if self.by_unit else name for name in ranked]
        return next((place for place, name in enumerate(dict.fromkeys(named), 1) if name in self.truth), 999)

    def confirmed(self, root: str = "") -> ConfirmedCase:
        """As a person confirms it: the true root that stood highest."""
        true = [name for name in self.scores if name in self.truth]
        best = max(true, key=lambda name: self.scores[name], default=self.truth[0])
        return ConfirmedCase(self.number, root or best, self.signature)


def read(folder: Path, number: int, graph: PlantGraph) -> Traced | None:
    """Trace one case folder untaught; None where it has no root to find."""
    meta = json.loads((folder / "meta.json").read_text())
    if "trace" not in meta["tasks"]:
        return None
    wanted, rows = meta["inputs"], meta["normal_until"]
    window = readings(folder / "data.csv.gz").between(0, wanted["trace_end_row"])
    normal = learn_normal(window.between(0, rows))
    alarms = wanted.get("exclude") or ()
    found = trace(window, normal, graph, wanted.get("target"), alarms, rows, None)
    units = {name: graph.unit_of(name) or name for name in window.points}
    by_unit = wanted.get("level") == "unit"
    fault = meta["truth"].get("fault") or str(sorted(meta["truth"]["root_causes"]))
    scores = {cause.node: math.log(max(cause.probability, 1e-12)) for cause in found.causes}
    marks = signature_of(window, normal, rows)
    return Traced(number, fault, scores, tuple(meta["truth"]["root_causes"]), by_unit, units, marks)


def readings(path: Path) -> Window:
    """The readings of a case folder, one window row a line."""
    with gzip.open(path, "rt", newline="") as file:
        names, *lines = csv.reader(file)
    values = [[float(cell) if cell else np.nan for cell in line[1:]] for line in lines]
    return Window(np.arange(len(lines), dtype=float), tuple(names[1:]), np.array(values))


def places_of(case: Traced) -> dict[str, Place]:
    """Points and units of the plant."""
    places = {name: Place(unit) for name, unit in case.unit_of.items()}
    return places | {unit: Place(unit) for unit in case.unit_of.values()}


Teachers = Callable[[Traced, Sequence[Traced], random.Random], list[ConfirmedCase]]


def others(case: Traced, cases: Sequence[Traced], _chance: random.Random) -> list[ConfirmedCase]:
    """All other cases of the plant."""
    return [one.confirmed() for one in cases if one is not case]


def few(case: Traced, cases: Sequence[Traced], chance: random.Random) -> list[ConfirmedCase]:
    """A few of the other cases."""
    rest = [one for one in cases if one is not case]
    return [one.confirmed() for one in chance.sample(rest, min(FEW, len(rest)))]


def strangers(case: Traced, cases: Sequence[Traced], _chance: random.Random) -> list[ConfirmedCase]:
    """Only cases of other faults: what was learned can't help, and shouldn't harm."""
    return [one.confirmed() for one in cases if one.fault != case.fault and not set(one.truth) & set(case.truth)]


def wrong(case: Traced, cases: Sequence[Traced], chance: random.Random) -> list[ConfirmedCase]:
    """A few cases, most alike ones included, confirmed at random."""
    rest = [one for one in cases if one is not case]
    drawn = chance.sample(rest, min(FEW, len(rest)))
    return [one.confirmed(chance.choice(sorted(one.scores))) for one in drawn]


def shares(cases: Sequence[Traced], teachers: Teachers | None, draws: int = 1) -> str:
    """Top-1 and top-3 over the cases, mean and spread over the draws."""
    first, third = [], []
    for seed in range(draws):
        chance = random.Random(seed)
        ranks = []
        for case in cases:
            taught = teachers(case, cases, chance) if teachers else []
            ranks.append(case.rank(log_prior(taught, places_of(case), case.signature) if teachers else {}))
        first.append(np.mean([rank == 1 for rank in ranks]))
        third.append(np.mean([rank <= 3 for rank in ranks]))
    spread = f" ±{np.std(first):.3f}" if draws > 1 else ""
    return f"{np.mean(first):.3f}{spread} ({np.mean(third):.3f})"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=Path, required=True)
    arguments = parser.parse_args()
    print("plant | cases | as shipped | others | few | strangers | wrong")
    for plant in sorted(path for path in arguments.cases.iterdir() if path.is_dir()):
        topology = plant / "topology.json"
        graph = read_graph(str(topology) if topology.exists() else None)
        folders = sorted(path for path in plant.iterdir() if (path / "meta.json").exists())
        cases = [case for number, path in enumerate(folders) if (case := read(path, number, graph))]
        if cases:
            cells = [
                shares(cases, None),
                shares(cases, others),
                shares(cases, few, DRAWS),
                shares(cases, strangers),
                shares(cases, wrong, DRAWS),
            ]
            print(" | ".join([plant.name, str(len(cases)), *cells]), flush=True)


if __name__ == "__main__":
    main()
