"""A trace as the product asks for it: from a symptom. Every point that a site's limits would report is tried in turn as
target, the root's own points included, for the whole case and for the same case cut off early.

``python scripts/bench/targets.py --cases DATA [--verbose]`` with a folder of the scoring harness. Cases that name
their target or have plant alarms are left out. AC@1 and AC@3 are the mean over the targets of a case, then over cases;
``itself``: over the targets that are themselves accepted as root; ``elsewhere``: over the others.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from plant_cases import PlantCase, cases

from backend.tracing.engine import PlantGraph
from backend.tracing.engine.causes import rank
from backend.tracing.engine.deviation import Deviations, deviations
from backend.tracing.engine.events import EventEvidence

ROWS_AFTER = (15, 40, 80)
REPORTS_Z, REPORTS_ROWS = 4.0, 3
"""A point is reported when it is this many spreads from normal for so many of the last rows."""
MOST_TARGETS = 12


def asked(folder: str) -> Iterator[tuple[str, PlantCase, int]]:
    """(When, case, onset): whole cases and early cuts."""
    for case in cases(folder):
        if case.target is None and not case.alarms and case.onset is not None:
            yield "whole", case, case.onset
            for rows in ROWS_AFTER:
                yield f"{rows} rows", replace(case, window=case.window.between(0, case.onset + rows)), case.onset


def reported(found: Deviations, onset: int) -> list[int]:
    """The points that left normal since the onset, the farthest first."""
    far = np.abs(found.z[onset:])
    lasting = np.sort(far, 0)[-REPORTS_ROWS] if len(far) >= REPORTS_ROWS else far.min(0)
    return [int(c) for c in np.argsort(-lasting, kind="stable") if lasting[c] >= REPORTS_Z][:MOST_TARGETS]


def ranked(case: PlantCase, onset: int) -> Iterator[tuple[str, list[str], list[float]]]:
    """(Target, causes by rank, their probabilities) for each reported point."""
    graph, points = PlantGraph.from_topology(case.topology), case.normal.points
    parents = graph.measured_parents(points)
    found = deviations(case.window, case.normal, parents, case.normal_rows)
    for column in reported(found, onset):
        nothing = EventEvidence(np.zeros(len(points)), ())
        ranking = rank(case.normal, graph, found, nothing, parents, points[column], ())
        chance = np.concatenate((ranking.probability, ranking.unmeasured_probability))
        names = [*points, *(unit.unit for unit in ranking.unmeasured)]
        order = np.argsort(-chance, kind="stable")
        yield points[column], [names[n] for n in order], [float(chance[n]) for n in order]


def _mean(hits: Sequence[Sequence[float]]) -> list[float]:
    return [round(float(v), 3) for v in np.mean(np.array(hits), 0)] if len(hits) else []


def main() -> None:
    """Print one line per moment."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", required=True)
    parser.add_argument("--verbose", action="store_true")
    wanted = parser.parse_args()
    lines: dict[str, dict[str, list[list[float]]]] = {}
    for when, case, onset in asked(wanted.cases):
        own: dict[str, list[list[float]]] = {"all": [], "itself": [], "elsewhere": []}
        for target, names, chance in ranked(case, onset):
            hits = [case.hit(names, 1), case.hit(names, 3)]
            own["all"].append(hits)
            own["itself" if target in case.accepted else "elsewhere"].append(hits)
            if wanted.verbose and not hits[0]:
                said = ", ".join(f"{n} {c:.2f}" for n, c in list(zip(names, chance, strict=True))[:4])
                print(f"{when:8} {case.name} from {target}: {said} (right: {', '.join(case.accepted)})")
        for kind, each in own.items():
            if each:
                lines.setdefault(when, {}).setdefault(kind, []).append(_mean(each))
    for when, kinds in lines.items():
        row = {kind: {"cases": len(each), "ac1 ac3": _mean(each)} for kind, each in kinds.items()}
        print(json.dumps({"when": when} | row), flush=True)


if __name__ == "__main__":
    main()
