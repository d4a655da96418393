"""What was changed because of it all: the adopted suggestions behind the noisy rules' longer delays."""

from datetime import timedelta

from backend.lessons.models import Suggestion, SuggestionKind, SuggestionState
from scripts.years.effects import FIXED_AT, fixed
from scripts.years.ledger import Ledger
from scripts.years.people import Crew
from scripts.years.plant import Plant
from scripts.years.rhythm import Span


async def learn(ledger: Ledger, span: Span, plant: Plant, crew: Crew) -> None:
    """Write one suggestion for each rule whose delay was raised."""
    at = span.part(FIXED_AT)
    rows = [
        (
            *(f"rule_delay:{one.rule}", SuggestionKind.RULE_DELAY, SuggestionState.ADOPTED, one.unit.id, one.rule),
            *({"on_delay_s": 30.0, "spares": 40, "false": 50}, 6.0, at - timedelta(days=3), at, crew.officers[0]),
            *("rule", one.rule),
        )
        for place, one in enumerate(plant.conditions)
        if fixed(place)
    ]
    columns = ("key", "kind", "state", "equipment_id", "rule_id", "proposal", "per_90_days", "made_at", "decided_at")
    await ledger.copy(Suggestion, (*columns, "decided_by", "landed_kind", "landed_id"), rows)
