"""The assessment of adoption: three factors, weighed, and its level. Pure.

Factors are shares 0 … 1. One without data doesn't count: the others take over its weight in proportion, and the page
says so. So an assessment never rests on what nobody knows.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from backend.core.errors import N_, Invalid
from backend.operations.indicators.figures import Figure

ACTIVE, CLEAN, ANSWERED = "active", "clean_entries", "answered"
FACTORS = (ACTIVE, CLEAN, ANSWERED)
"""Measures of the indicators (``registry``): weekly use, entries that passed cleaning, feedback answered in time."""
USUAL_WEIGHTS = {ACTIVE: 60, CLEAN: 20, ANSWERED: 20}
HUNDRED = 100


class Level(enum.StrEnum):
    """How well AnSu is used."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


@dataclass(frozen=True)
class Rule:
    """``weights``: percent by factor; from ``good`` on (a share) adoption is good, from ``fair`` on it is fair."""

    weights: Mapping[str, int] = field(default_factory=lambda: dict(USUAL_WEIGHTS))
    good: float = 0.8
    fair: float = 0.6


@dataclass(frozen=True)
class Part:
    """A factor with its figure, the percent it was given, and that it counts with: 0 without data."""

    factor: str
    figure: Figure | None
    weight: int
    counts: float


@dataclass(frozen=True)
class Assessment:
    """``score`` 0 … 1 and its level; None when no factor that has weight has data."""

    parts: tuple[Part, ...]
    score: float | None
    level: Level | None


def assess(rule: Rule, figures: Mapping[str, Figure]) -> Assessment:
    """The score is the sum of weight × figure over the factors with data, divided by their weights.

    Use 90 %, clean entries unknown, answered 50 %, weights 60, 20, 20: (60 × 0.9 + 20 × 0.5) ÷ 80 = 0.80.
    """
    known = {code: one.value for code in FACTORS if (one := figures.get(code)) is not None and one.value is not None}
    whole = sum(rule.weights[code] for code in known)
    parts = tuple(
        Part(
            code,
            figures.get(code),
            rule.weights[code],
            HUNDRED * rule.weights[code] / whole if whole and code in known else 0.0,
        )
        for code in FACTORS
    )
    if not whole:
        return Assessment(parts, None, None)
    score = sum(rule.weights[code] * value for code, value in known.items()) / whole
    return Assessment(parts, score, level_of(rule, score))


def level_of(rule: Rule, score: float) -> Level:
    """The level of a score; a score of exactly ``good`` is good."""
    rounded = round(score, 6)
    if rounded >= rule.good:
        return Level.GOOD
    return Level.FAIR if rounded >= rule.fair else Level.POOR


def check_rule(weights: Mapping[str, int | None], good: int | None, fair: int | None) -> Rule:
    """The rule that was typed, bounds in percent. Raises Invalid by field."""
    wrong = {
        f"weight_{code}": N_("请填写 0 到 100")
        for code in FACTORS
        if (value := weights.get(code)) is None or not 0 <= value <= HUNDRED
    }
    given = {code: value for code in FACTORS if (value := weights.get(code)) is not None}
    if not wrong and sum(given.values()) != HUNDRED:
        wrong[f"weight_{ACTIVE}"] = N_("三项权重加起来要等于 100")
    if good is None or fair is None or not 0 < fair < good <= HUNDRED:
        wrong["good"] = N_("“好”要高于“一般”，都在 0 到 100 之间")
        raise Invalid(fields=wrong)
    if wrong:
        raise Invalid(fields=wrong)
    return Rule(given, good / HUNDRED, fair / HUNDRED)
