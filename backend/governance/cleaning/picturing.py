"""A case's values as the chart takes them. Pure."""

from datetime import datetime, tzinfo
from typing import Any

from backend.core.errors import N_
from backend.core.i18n import translate
from backend.governance.cleaning.models import CleaningCase, Subject, Suspicion
from backend.governance.cleaning.queries.cases import Card


def curve_rows(card: Card, zone: tzinfo) -> list[dict[str, Any]]:
    """Rows of ``components/chart.html``: one a spot value."""
    unit = f" {card.point.unit}" if card.point and card.point.unit else ""
    decimals = card.point.decimals if card.point else 2
    return [
        {
            "words": at.astimezone(zone).strftime("%m-%d %H:%M"),
            "at": int(at.timestamp()),
            "values": [round(value, 6)],
            "says": [f"{value:.{decimals}f}{unit}"],
        }
        for at, value in card.curve
    ]


def spans_of(locale: str, case: CleaningCase) -> list[dict[str, Any]]:
    """The suspect stretches, tinted."""
    if case.subject != Subject.VALUES:
        return []
    stretches = [(case.since, case.until)]
    if case.suspicion != Suspicion.DRIFTED:
        kept = case.evidence["stretches"]
        stretches = [(datetime.fromisoformat(since), datetime.fromisoformat(until)) for since, until, _ in kept]
    words = translate(locale, N_("可疑的一段"))
    return [{"from_at": int(a.timestamp()), "to_at": int(b.timestamp()) + 1, "words": words} for a, b in stretches]
