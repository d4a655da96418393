"""What one must be able to do to decide on a suggestion. Pure."""

from collections.abc import Mapping

from backend.lessons.models import SuggestionKind

_LANDS: Mapping[str, str] = {
    SuggestionKind.CHECK_ITEM: "plans.edit",
    SuggestionKind.INSPECTION_RHYTHM: "plans.edit",
    SuggestionKind.MAINTENANCE_INTERVAL: "maintenance.plan",
    SuggestionKind.RENEWAL: "maintenance.plan",
    SuggestionKind.COURSE: "training.assign",
    SuggestionKind.RULE_DELAY: "rules.edit",
    SuggestionKind.RULE_LIMIT: "rules.edit",
    SuggestionKind.MEASURE: "rectifications.open",
    SuggestionKind.PLAN_STEP: "incidents.plan",
}


def needed(kind: str) -> tuple[str, str]:
    """The capabilities: to decide at all, and for the change that it lands as."""
    return "lessons.decide", _LANDS[kind]
