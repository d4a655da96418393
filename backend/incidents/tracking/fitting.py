"""Which strength of a leak fits the gas detectors best, and how well what is stated fits them. Pure.

Least squares of the logarithms, as both a detector and a model are wrong by a factor rather than by an amount. What is
found is an estimate within bounds: all detectors may be wrong together with the wind.
"""

import enum
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

FACTOR = 2.0
"""A good model lies within a factor of two in half of the cases or more (Chang and Hanna 2004), so less scatter than
this isn't believed, and within it measured and expected agree."""
LEAST_G_S, MOST_G_S = 0.001, 1_000_000.0
OF_NINE_IN_TEN = 1.645
_HALVINGS = 60


class Agreement(enum.StrEnum):
    """A detector against what is expected at it."""

    AGREES = "agrees"
    MORE = "more"
    LESS = "less"


@dataclass(frozen=True, slots=True)
class Strength:
    """A strength in g/s that fits best, nine in ten between ``low`` and ``high``, by ``count`` detectors."""

    rate_g_s: float
    low: float
    high: float
    count: int


def either(one: Strength, other: Strength) -> Strength:
    """Where two models speak for different strengths: the middle of both, and as wide as both."""
    middle = math.sqrt(one.rate_g_s * other.rate_g_s)
    return Strength(middle, min(one.low, other.low), max(one.high, other.high), max(one.count, other.count))


def agreement(measured: float, expected: float) -> Agreement | None:
    """Both in one unit; None where neither has anything worth speaking of."""
    if measured <= 0 and expected <= 0:
        return None
    if measured > expected * FACTOR:
        return Agreement.MORE
    return Agreement.LESS if measured < expected / FACTOR else Agreement.AGREES


def fit(measured: Sequence[float], expected: Callable[[float], Sequence[float]]) -> Strength | None:
    """The strength for which ``expected(g/s)`` is nearest to what is ``measured``, place by place in one unit.

    None without a place that has something and would get something. What is expected mustn't fall with the strength.
    """

    def apart(rate: float) -> list[float]:
        return [
            math.log(one / other) for one, other in zip(measured, expected(rate), strict=True) if one > 0 and other > 0
        ]

    middle = math.sqrt(LEAST_G_S * MOST_G_S)
    if not apart(middle):
        return None
    low, high = LEAST_G_S, MOST_G_S
    for _ in range(_HALVINGS):
        # The squares are least where the logarithms are right on average.
        middle = math.sqrt(low * high)
        found = apart(middle)
        if not found or sum(found) > 0:
            low = middle
        else:
            high = middle
    found = apart(middle)
    if not found:
        return None
    mean = sum(found) / len(found)
    scatter = math.sqrt(sum((one - mean) ** 2 for one in found) / max(len(found) - 1, 1))
    spread = math.exp(OF_NINE_IN_TEN * max(scatter, math.log(FACTOR)) / math.sqrt(len(found)))
    return Strength(middle, max(middle / spread, LEAST_G_S), min(middle * spread, MOST_G_S), len(found))
