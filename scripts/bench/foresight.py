"""How well the scope foretells what will have left normal, on runs of a plant whose future is recorded; by part.

Each run that enters a fault is asked 1, 2, 3, 5 and 8 hours after it (20 rows an hour); right is what, two to twelve
hours later, has a Kolmogorov–Smirnov distance to all fault-free rows above ``--shift``. Average precision over the
questions with 3 to 40 right answers, whole and with parts left out, and how many arrivals lay within their interval.
``python scripts/bench/foresight.py --cases DATA/tep``, cases as the scoring harness has them; needs no server.
"""

import argparse
import csv
import dataclasses
import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import ks_2samp

from backend.tracing.engine import Normal, Outlook, PlantGraph, Window, learn_normal, reached_from
from backend.tracing.engine.scope import RECENT_ROWS, shift_from_normal
from backend.tracing.engine.window import Floats

HOURS, ROWS_AN_HOUR = (1, 2, 3, 5, 8), 20
SOON, LATE = 2 * ROWS_AN_HOUR, 12 * ROWS_AN_HOUR
FEWEST, MOST = 3, 40


@dataclass(frozen=True)
class Question:
    """A run up to the moment of the question, what is right, and when each point really moved."""

    run: str
    outlook: Outlook
    graph: PlantGraph
    sources: list[str]
    right: set[str]
    moves_in_s: dict[str, float]


def questions(cases: Path, shift: float) -> Iterator[Question]:
    """All questions of all runs with a fault."""
    graph = PlantGraph.from_topology(json.loads((cases / "topology.json").read_text()))
    metas = {path.parent: json.loads(path.read_text()) for path in sorted(cases.glob("*/meta.json"))}
    fault_free = [table(case)[1] for case, meta in metas.items() if meta["truth"]["onset_row"] is None]
    sources = {case.name[:9]: meta["inputs"]["impact_from"] for case, meta in metas.items() if asked_from(meta)}
    for case, meta in metas.items():
        begins, known = meta["truth"]["onset_row"], meta["normal_until"]
        if begins is None or case.name[:9] not in sources:
            continue
        names, values = table(case)
        window = Window.of(np.arange(len(values)) * 180.0, names, values)
        normal = learn_normal(window.between(0, known))
        whole = Outlook.of(window, normal, known).moved
        base = np.vstack([values[: max(known, begins)], *fault_free])
        for hour in HOURS:
            now = begins + hour * ROWS_AN_HOUR
            later = values[now + SOON : now + LATE]
            if len(later) < (LATE - SOON) * 3 // 4:
                continue
            left = {n for c, n in enumerate(names) if ks_2samp(later[:, c], base[:, c]).statistic > shift}
            right = left - set(sources[case.name[:9]])
            moves = {name: (onset.row - now + 1) * 180.0 for name, onset in whole.items()}
            if FEWEST <= len(right) <= MOST:
                outlook = Outlook.of(window.between(0, now), normal, known)
                yield Question(case.name, outlook, graph, sources[case.name[:9]], right, moves)


def asked_from(meta: dict[str, dict[str, object]]) -> bool:
    """Whether a case says where its fault enters."""
    return bool(meta.get("inputs", {}).get("impact_from"))


def table(case: Path) -> tuple[list[str], Floats]:
    """Names and values of a case."""
    with gzip.open(case / "data.csv.gz", "rt") as file:
        head, *rows = list(csv.reader(file))
    return head[1:], np.array([[float(cell or "nan") for cell in row[1:]] for row in rows])


def average_precision(ranked: list[str], right: set[str]) -> float:
    """Mean of the precision at each right answer."""
    places = [place for place, name in enumerate(ranked, start=1) if name in right]
    return sum(hit / place for hit, place in enumerate(places, start=1)) / len(right)


def without_dynamics(asked: Question) -> Question:
    """As if there were no learned joint model: only what has moved, and the plan."""
    normal: Normal = dataclasses.replace(asked.outlook.normal, charted=np.zeros(len(asked.outlook.normal.points)))
    outlook = dataclasses.replace(asked.outlook, normal=normal)
    return dataclasses.replace(asked, outlook=outlook)


def ranked(asked: Question) -> list[str]:
    """Measured points, most affected first."""
    points = set(asked.outlook.normal.points)
    found = reached_from(asked.outlook, asked.graph, asked.sources)
    return [item.node for item in found if item.node in points]


def by_shift_alone(asked: Question) -> list[str]:
    """The peer: how far each point has left normal by now."""
    outlook = asked.outlook
    recent = outlook.window.between(
        max(outlook.fault_free_rows, outlook.window.rows - RECENT_ROWS), outlook.window.rows
    )
    shift = shift_from_normal(recent, outlook.normal)
    return [outlook.normal.points[c] for c in np.argsort(-shift) if outlook.normal.points[c] not in asked.sources]


def within(asked: Question) -> list[bool]:
    """For points on a way that hadn't moved but did later: whether that lay within the interval told."""
    coming = [a for a in reached_from(asked.outlook, asked.graph, asked.sources) if a.path and not a.moving]
    moves = asked.moves_in_s
    return [a.arrival_earliest_s <= moves[a.node] <= a.arrival_latest_s for a in coming if moves.get(a.node, -1) > 0]


def main() -> None:
    """Ask all and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--shift", type=float, default=0.3)
    wanted = parser.parse_args()
    asked = list(questions(wanted.cases, wanted.shift))
    ways: dict[str, Callable[[Question], list[str]]] = {
        "whole": ranked,
        "without the learned dynamics": lambda one: ranked(without_dynamics(one)),
        "without the plant graph": lambda one: ranked(dataclasses.replace(one, graph=PlantGraph())),
        "shift by now alone": by_shift_alone,
    }
    precision = {
        name: round(float(np.mean([average_precision(way(one), one.right) for one in asked])), 3)
        for name, way in ways.items()
    }
    hits = [hit for one in asked for hit in within(one)]
    told = {"asked": len(hits), "within": round(float(np.mean(hits)), 3) if hits else None}
    print(json.dumps({"bench": "foresight", "questions": len(asked), "precision": precision, "arrivals": told}))


if __name__ == "__main__":
    main()
