"""What the rule proposes for a frozen month. Pure: a person grants it, nothing is paid or taken by itself."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from backend.operations.duty.rules import Band, Kind, Rule, band
from backend.operations.duty.scoring import Facts, Result, Row


class Reason(enum.StrEnum):
    """What it is for."""

    GRAVE_HAZARD = "grave_hazard"
    PERFECT = "perfect"
    POOR = "poor"


@dataclass(frozen=True)
class Proposal:
    """Points and yuan for a reason; ``row`` is what it was for, None where it is for the month."""

    reason: Reason
    points: float
    yuan: float
    row: Row | None = None


def proposals(facts: Facts, result: Result, rule: Rule) -> Sequence[Proposal]:
    """A hazard of 较大 or above that was found; a month without a lapse and with enough to do; a month below the line
    for 合格, if the rule takes anything for it and the score rests on enough."""
    found: list[Proposal] = []
    if rule.grave_points or rule.grave_yuan:
        found += [
            Proposal(Reason.GRAVE_HAZARD, rule.grave_points, rule.grave_yuan, row)
            for row in facts.rows
            if row.kind == Kind.REPORT_GRAVE
        ]
    if (rule.perfect_points or rule.perfect_yuan) and perfect(facts, result, rule):
        found.append(Proposal(Reason.PERFECT, rule.perfect_points, rule.perfect_yuan))
    low = result.score is not None and band(rule, float(result.score)) is Band.POOR
    if (rule.poor_points or rule.poor_yuan) and low and result.exposure >= rule.few:
        found.append(Proposal(Reason.POOR, -rule.poor_points, -rule.poor_yuan))
    return found


def perfect(facts: Facts, result: Result, rule: Rule) -> bool:
    """Everything that was asked was in order and in time, and it was at least ``perfect_from``. What one found of
    oneself isn't counted as asked."""
    asked = sum(count for sort, count in facts.asked.items() if sort != "reports")
    return result.lapses == 0 and asked >= rule.perfect_from
