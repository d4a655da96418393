"""What each term of the ranking brings: one left out, the rest as it is; and how much hangs on the weights.

``python scripts/bench/ablation.py --cases DATA [--draws 12]`` with a folder of the scoring harness; prints a Markdown
table of AC@1 and Avg@5 by plant. Every line is measured on whole cases and, where there are rows to spare, on the same
cases 40 and 80 rows after the onset: a term that helps on one end only isn't worth having.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from unittest.mock import patch

import numpy as np
from plant_cases import PlantCase, cases

from backend.tracing.engine import causes, couplings, deviation, events, unmeasured
from backend.tracing.engine.shocks import Views
from backend.tracing.engine.window import Floats

EARLY_ROWS = (40, 80)
WEIGHTS = (
    "EARLY_WEIGHT",
    "LASTING_WEIGHT",
    "COVERAGE_WEIGHT",
    "SIZE_WEIGHT",
    "EXPLAINED_WEIGHT",
    "PRESENCE_WEIGHT",
    "LIKENESS_WEIGHT",
    "SAME_QUANTITY_WEIGHT",
    "UNIT_WEIGHT",
    "EVENT_WEIGHT",
)


@contextmanager
def setting(module: object, **values: object) -> Iterator[None]:
    """Names of a module with other values."""
    with ExitStack() as stack:
        for name, value in values.items():
            stack.enter_context(patch.object(module, name, value))
        yield


def _early(views: Views, given_all: bool) -> Floats:
    rows = (views.shock_given_all if given_all else views.shock_given_parents)[: deviation.EARLY_ROWS]
    return np.sqrt((rows * rows).mean(0)) if len(rows) else np.zeros(rows.shape[1])


def _lasting(views: Views, given_all: bool) -> Floats:
    rows = views.level_given_all if given_all else views.level_given_parents
    return np.abs(rows.mean(0)) if len(rows) else np.zeros(rows.shape[1])


def _only(given_all: bool) -> Callable[[], object]:
    return lambda: setting(deviation, _early=lambda v: _early(v, given_all), _lasting=lambda v: _lasting(v, given_all))


TERMS: dict[str, Callable[[], object]] = {
    "all of them": lambda: setting(causes),
    **{f"without {name.lower()}": (lambda name=name: setting(causes, **{name: 0.0})) for name in WEIGHTS},  # type: ignore[misc]
    "views given parents only": _only(False),
    "views given all others only": _only(True),
    "r = 1: regressions always": lambda: setting(causes, ROWS_FOR_REGRESSION=1e-6),
    "r = 0: size always": lambda: setting(causes, ROWS_FOR_REGRESSION=1e9),
    "what stays at a controlled valve counts": lambda: setting(causes, _own_doing=lambda g, p, found: found.lasting),
    "in a broken control loop nobody leads": lambda: setting(causes, followers=lambda *_: []),
    "the symptom's likeness to itself counts": lambda: setting(causes, SELF_LIKENESS=1.0),
    "no unmeasured units": lambda: setting(unmeasured, GUESS=1e3),
    "events: a fall weighs no more than a rise": lambda: setting(events, FALLING=1.0),
    "events: the alarm's own row counts fully": lambda: setting(events, SAME_ROW=1.0),
    "events: nobody falls out of step": lambda: setting(events, out_of_step=lambda *_: []),
    "events: couplings by chance allowed": lambda: setting(couplings, MOST_BY_CHANCE=1.0),
}


def measure(found: Sequence[PlantCase], drawn: bool) -> tuple[float, float]:
    """AC@1 and Avg@5."""
    ranked = [(case, case.named(case.trace(None if drawn else {}))) for case in found]
    first = float(np.mean([case.hit(names, 1) for case, names in ranked]))
    return first, float(np.mean([case.hit(names, k) for case, names in ranked for k in range(1, 6)]))


def groups(folder: str) -> dict[str, list[PlantCase]]:
    """Cases by plant; those that can be cut off also as a group of their own."""
    out: dict[str, list[PlantCase]] = {}
    for case in cases(folder):
        out.setdefault(case.plant, []).append(case)
        if not case.alarms and case.onset is not None and case.window.rows - case.onset > max(EARLY_ROWS):
            cut = [replace(case, window=case.window.between(0, case.onset + rows)) for rows in EARLY_ROWS]
            out.setdefault(f"{case.plant}, early", []).extend(cut)
    return out


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", required=True)
    parser.add_argument("--draws", type=int, default=12)
    wanted = parser.parse_args()
    plants = groups(wanted.cases)
    columns = [(name, True) for name in plants]
    columns += [(name, False) for name, found in plants.items() if not found[0].by_unit and "early" not in name]
    print("| |" + "|".join(f" {name}{'' if drawn else ', not drawn'} " for name, drawn in columns) + "|")
    print("|---" * (len(columns) + 1) + "|")
    for term, left_out in TERMS.items():
        with left_out():  # type: ignore[attr-defined]
            figures = [measure(plants[name], drawn) for name, drawn in columns]
        print(f"| {term} |" + "|".join(f" {first:.2f} {all5:.2f} " for first, all5 in figures) + "|", flush=True)
    rng, drawn_figures = np.random.default_rng(1), []
    for _ in range(wanted.draws):
        factors = np.exp(rng.uniform(-np.log(2), np.log(2), len(WEIGHTS)))
        with setting(causes, **{n: getattr(causes, n) * f for n, f in zip(WEIGHTS, factors, strict=True)}):
            drawn_figures.append([measure(plants[name], drawn)[0] for name, drawn in columns])
    for label, level in (("lowest", 0.0), ("median", 0.5), ("highest", 1.0)) if drawn_figures else ():
        figures_at = np.quantile(np.array(drawn_figures), level, axis=0)
        print(f"| weights times ½ … 2, AC@1, {label} |" + "|".join(f" {value:.2f} " for value in figures_at) + "|")


if __name__ == "__main__":
    main()
