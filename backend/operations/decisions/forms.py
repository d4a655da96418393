"""Reads what people type about decisions. Pure."""

from decimal import Decimal

from backend.alarms.drafts import read_number
from backend.core.errors import Invalid
from backend.hazards.plan import read_funds


def read_hours(typed: str) -> float | None:
    """Hours; None for what is no number, or nothing."""
    return read_number(typed, float("nan")) if typed.strip() else None


def read_money(typed: str) -> Decimal | None:
    """An amount, with thousands apart or not; None for what is none, or nothing."""
    try:
        return read_funds(typed)
    except Invalid:
        return None
