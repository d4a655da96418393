"""Two faults at once: cases of one plant laid over one another, deviations added row by row from their onsets on.

``python scripts/bench/two_faults.py --cases DATA`` with a folder of the scoring harness. Only cases whose rows can be
added are taken: no target, no plant alarms, a known onset. Prints how often the first three causes have a root of both,
of one, of none, and how often a second disturbance was told. A nonlinear plant would not add up: this is a rough test.
"""

import argparse
import json
from dataclasses import replace
from itertools import combinations

import numpy as np
from plant_cases import PlantCase, cases

from backend.tracing.engine import Window

ROWS = 80  # after the onset
APART = 15  # rows by which the second fault is later, in half of the pairs


def both(one: PlantCase, other: PlantCase, later: int) -> PlantCase:
    """The first case with what the second one's fault did to the plant added, ``later`` rows after."""
    assert one.onset is not None and other.onset is not None
    values = one.window.values[: one.onset + ROWS].copy()
    begins = one.onset + later
    added = other.window.values[other.onset : other.onset + ROWS - later] - other.normal.median
    values[begins : begins + len(added)] += added
    window = Window(one.window.times_s[: len(values)], one.window.points, values)
    return replace(one, window=window)


def main() -> None:
    """Print one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", required=True)
    wanted = parser.parse_args()
    usable = [c for c in cases(wanted.cases) if c.target is None and not c.alarms and c.onset is not None]
    usable = [c for c in usable if c.window.rows - (c.onset or 0) > ROWS]
    found, told = [], []
    for number, (one, other) in enumerate(combinations(usable, 2)):
        if one.plant != other.plant or set(one.accepted) & set(other.accepted):
            continue
        result = both(one, other, APART * (number % 2)).trace()
        first = {cause.node for cause in result.causes[:3]}
        found.append(bool(first & set(one.accepted)) + bool(first & set(other.accepted)))
        told.append(any(cause.disturbance for cause in result.causes))
    share = {f"roots of {n} in the first three": round(float(np.mean(np.array(found) == n)), 3) for n in (2, 1, 0)}
    print(json.dumps({"pairs": len(found)} | share | {"told apart": round(float(np.mean(told)), 3)}))


if __name__ == "__main__":
    main()
