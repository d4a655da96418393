"""Which version of a setting is in force, and which waits. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from backend.governance.retention.models import RetentionRule


@dataclass(frozen=True)
class Standing:
    """``days`` are kept now (0: for ever). ``version`` 0: the server's own settings, nobody set anything here."""

    days: int
    version: int = 0
    waiting: RetentionRule | None = None
    """It shortens and comes into force later; until then it can be withdrawn."""


def standing(rules: Sequence[RetentionRule], usual: int, at: datetime) -> Standing:
    """Of one kind's ``rules``, in any order, at the moment ``at``."""
    holding = sorted((rule for rule in rules if rule.withdrawn_at is None), key=lambda rule: rule.version)
    come = [rule for rule in holding if rule.effective_at <= at]
    waiting = [rule for rule in holding if rule.effective_at > at]
    newest = waiting[-1] if waiting else None
    return Standing(come[-1].keep_days, come[-1].version, newest) if come else Standing(usual, 0, newest)
