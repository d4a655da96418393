"""All questions about duty performance."""

from backend.operations.duty.queries.decisions import (
    Appealed,
    absences,
    appeal,
    appeals,
    people_led,
    rewards,
    to_answer,
)
from backend.operations.duty.queries.rules import Numbered, rule_numbered, rule_of, rules_numbered, versions
from backend.operations.duty.queries.statements import (
    Brief,
    View,
    frozen_at,
    months_kept,
    of_month,
    of_months,
    of_person,
    present_month,
    site_day,
    teams_and_posts,
)

__all__ = [
    "Appealed",
    "Brief",
    "Numbered",
    "View",
    "absences",
    "appeal",
    "appeals",
    "frozen_at",
    "months_kept",
    "of_month",
    "of_months",
    "of_person",
    "people_led",
    "present_month",
    "rewards",
    "rule_numbered",
    "rule_of",
    "rules_numbered",
    "site_day",
    "teams_and_posts",
    "to_answer",
    "versions",
]
