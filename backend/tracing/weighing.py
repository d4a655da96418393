"""What people found out, as log evidence for or against a cause. Pure.

A look on site is a test with a rate of error: who says "it is" or "it isn't" multiplies the odds of the cause by
right / wrong (Bayes). "Not this" is said by who knows the plant without going there; it is taken for nearly as sure.
"""

from collections.abc import Iterable, Mapping
from math import log

from backend.tracing.models import Verdict

CHECK_RIGHT = 0.95
"""So often is a look on site right."""
DISMISSAL_RIGHT = 0.995
_BY_VERDICT = {
    Verdict.FOUND: log(CHECK_RIGHT / (1 - CHECK_RIGHT)),
    Verdict.CLEAR: -log(CHECK_RIGHT / (1 - CHECK_RIGHT)),
    Verdict.UNSURE: 0.0,
}


def weigh(dismissed: Iterable[str], checked: Iterable[tuple[str, str]]) -> dict[str, float]:
    """Log-prior by node key: of what was ruled out, and by (node, verdict) of each answered check."""
    out: dict[str, float] = {}
    for node in dismissed:
        out[node] = out.get(node, 0.0) - log(DISMISSAL_RIGHT / (1 - DISMISSAL_RIGHT))
    for node, verdict in checked:
        out[node] = out.get(node, 0.0) + _BY_VERDICT[Verdict(verdict)]
    return {node: weight for node, weight in out.items() if weight}


def summed(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    """Log-priors from two sources that don't know of each other."""
    return {node: one.get(node, 0.0) + other.get(node, 0.0) for node in {*one, *other}}
