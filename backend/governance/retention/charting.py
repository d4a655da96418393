"""What the last nights deleted, as the chart takes it. Pure."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from backend.governance.retention.models import Kind, RetentionRun


def chart_rows(runs: Sequence[RetentionRun]) -> list[dict[str, Any]]:
    """A row a night, the oldest first, with the rows deleted of each kind in the order of ``Kind``."""
    nights: dict[date, dict[str, int]] = {}
    for run in runs:
        nights.setdefault(run.night, {})[run.kind] = run.deleted
    return [
        {
            "words": f"{night:%m-%d}",
            "at": int(datetime.combine(night, time(12), UTC).timestamp()),
            "values": [nights[night].get(kind, 0) for kind in Kind],
        }
        for night in sorted(nights)
    ]
