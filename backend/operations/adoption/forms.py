"""Reads what somebody types to weigh adoption. Pure."""

from collections.abc import Mapping

from backend.operations.adoption.assessing import FACTORS, HUNDRED, Rule, check_rule


def read_rule(typed: Mapping[str, str]) -> Rule:
    """Raises Invalid by field."""
    weights = {code: _whole(typed.get(f"weight_{code}", "")) for code in FACTORS}
    return check_rule(weights, _whole(typed.get("good", "")), _whole(typed.get("fair", "")))


def typed_of(rule: Rule) -> dict[str, str]:
    """``rule`` as the form shows it."""
    weights = {f"weight_{code}": str(rule.weights[code]) for code in FACTORS}
    return {**weights, "good": str(round(rule.good * HUNDRED)), "fair": str(round(rule.fair * HUNDRED)), "reason": ""}


def _whole(typed: str) -> int | None:
    typed = typed.strip()
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 5 else None
