"""Do probabilities count? First causes by the probability they were given, and how often they were right.

``python scripts/bench/reliability.py --cases DATA`` with a folder of the scoring harness. Every case is traced with and
without its plant graph, and, where there are rows to spare, cut off early (not before the plant alarm that is asked
about). ECE: mean gap between said and found,
weighted by cases. ``leave one plant out``: the factor on log evidence that fits the others best, tried on the plant.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from plant_cases import PlantCase, cases

from backend.tracing.engine.window import Floats

BINS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
ROWS_AFTER = (15, 40, 80, 140)
FACTORS = np.exp(np.linspace(-1.5, 1.5, 31))


@dataclass(frozen=True, eq=False)
class Answer:
    """Probabilities of one trace, likeliest first, and which of these causes are right."""

    plant: str
    kind: str
    probability: Floats
    right: Floats


def answers(case: PlantCase, drawn: bool) -> list[Answer]:
    """The answers at the end and, in a long case, shortly after the onset."""
    rows = [case.window.rows]
    if not case.alarms and case.onset is not None and case.window.rows - case.onset > max(ROWS_AFTER):
        rows += [case.onset + after for after in ROWS_AFTER]
    out = []
    for last in rows:
        result = replace(case, window=case.window.between(0, last)).trace(None if drawn else {})
        named = [case.judged_as(cause.node) in case.accepted for cause in result.causes]
        probability = np.array([cause.probability for cause in result.causes])
        kind = ("drawn" if drawn else "not drawn") + ("" if last == case.window.rows else ", early")
        out.append(Answer(case.plant, kind, probability, np.array(named, float)))
    return out


def sharpened(answer: Answer, factor: float) -> Answer:
    """The same answer with its log odds multiplied."""
    unknown = max(1 - float(answer.probability.sum()), 1e-9)
    weight = np.maximum(answer.probability, 1e-12) ** factor
    return replace(answer, probability=(1 - unknown) * weight / weight.sum())


def miss(found: Sequence[Answer]) -> float:
    """Mean negative log probability of what was right."""
    return float(np.mean([-np.log(max(float(a.probability @ a.right), 1e-4)) for a in found]))


def table(found: Sequence[Answer]) -> tuple[list[dict[str, float]], float]:
    """Bins of first causes, and the expected calibration error."""
    said = np.array([a.probability[0] for a in found])
    right = np.array([a.right[0] for a in found])
    rows, error = [], 0.0
    for low, high in pairwise(BINS):
        inside = (said >= low) & ((said < high) | (high == 1.0))
        if inside.any():
            gap = abs(float(said[inside].mean() - right[inside].mean()))
            error += gap * float(inside.mean())
            rows.append(
                {
                    "from": low,
                    "to": high,
                    "cases": int(inside.sum()),
                    "said": round(float(said[inside].mean()), 2),
                    "right": round(float(right[inside].mean()), 2),
                }
            )
    return rows, round(error, 3)


def main() -> None:
    """Print the tables as one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", required=True)
    wanted = parser.parse_args()
    found = [a for case in cases(wanted.cases) for drawn in (True, False) for a in answers(case, drawn)]
    rows, error = table(found)
    document: dict[str, object] = {
        "answers": len(found),
        "bins": rows,
        "ece": error,
        "by": {},
        "leave one plant out": {},
    }
    by, left = {}, {}
    for plant, kind in dict.fromkeys((a.plant, a.kind) for a in found):
        group = [a for a in found if (a.plant, a.kind) == (plant, kind)]
        said, right = np.mean([a.probability[0] for a in group]), np.mean([a.right[0] for a in group])
        by[f"{plant}, {kind}"] = {"answers": len(group), "said": round(float(said), 2), "right": round(float(right), 2)}
    for plant in dict.fromkeys(a.plant for a in found):
        others, own = [a for a in found if a.plant != plant], [a for a in found if a.plant == plant]
        factor = min(FACTORS, key=lambda f: miss([sharpened(a, f) for a in others]))
        left[plant] = {
            "factor": round(float(factor), 2),
            "ece": table([sharpened(a, factor) for a in own])[1],
            "ece as shipped": table(own)[1],
        }
    print(json.dumps(document | {"by": by, "leave one plant out": left}, indent=1))


if __name__ == "__main__":
    main()
