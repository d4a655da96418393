"""Where a confirmed root stood: the versions' page says what the indicator 溯源精准率 says."""

from typing import Any

import pytest

from backend.tracing.naming import first_cause
from backend.tracing.versions.learning import rank_shown


def cause(key: str, probability: float, *, contributes: bool = False) -> dict[str, Any]:
    return {"key": key, "probability": probability, "title": key, "title_en": key, "contributes": contributes}


SEEN = {
    "causes": [{"node": "XMEAS_19", "probability": 0.7}],
    "fused": [
        cause("rest", 0.22),
        cause("equipment:14/factor.training_lapsed", 0.19, contributes=True),
        cause("equipment:14/valve.moved_wrongly", 0.18),
        cause("equipment:14/factor.late_upkeep", 0.17, contributes=True),
        cause("equipment:3/pump.worn", 0.16),
    ],
}


@pytest.mark.parametrize(
    ("confirmed", "rank"),
    [
        ("equipment:14/valve.moved_wrongly", 1),
        ("equipment:3/pump.worn", 2),
        ("equipment:14", 1),
        ("equipment:3", 2),
        ("XMEAS_19", 1),
        ("equipment:14/factor.training_lapsed", 2),
        ("equipment:9/pump.worn", None),
        ("rest", None),
    ],
)
def test_what_only_contributes_stands_before_no_root(confirmed: str, rank: int | None) -> None:
    assert rank_shown(SEEN, confirmed) == rank


def test_what_a_trace_names_first_everywhere_is_first_here_too() -> None:
    first = first_cause(SEEN)
    assert first is not None and rank_shown(SEEN, first.key) == 1
