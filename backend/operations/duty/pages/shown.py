"""What all pages of duty performance are given: words and colours."""

from typing import Any

from backend.operations.duty import wording
from backend.operations.duty.rules import band


def words() -> dict[str, Any]:
    """By the names under which templates know them."""
    return {
        "items": wording.ITEMS,
        "row_kinds": wording.KINDS,
        "sorts": wording.SORTS,
        "bands": wording.BANDS,
        "band_tones": wording.BAND_TONES,
        "band_marks": wording.BAND_MARKS,
        "loads": wording.LOADS,
        "appeal_words": wording.APPEALS,
        "appeal_tones": wording.APPEAL_TONES,
        "reasons": wording.REASONS,
        "reward_words": wording.REWARDS,
        "band_of": band,
    }
