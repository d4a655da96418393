"""Every reason the engine gives has words."""

import pytest

from backend.tracing.engine import Reason
from backend.tracing.sentences import certainty, reason_sentence, record_sentence


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_of_the_engine_has_a_sentence(reason: Reason) -> None:
    said = reason_sentence({"reason": reason.value, "value": -4.2, "points": ["point:1"]})
    assert said.text and said.size == 4.2 and said.points == ("point:1",)


@pytest.mark.parametrize(
    "kind", ["maintenance_overdue", "maintenance_recent", "training_lapsed", "earlier_alarms", "rectification_open"]
)
def test_every_kind_of_record_has_a_sentence_that_names_its_number(kind: str) -> None:
    record = {"kind": kind, "value": 39.6, "text": "清洗", "text_en": "Cleaning", "sample": True}
    said = record_sentence(record | {"equipment_id": 5, "row_id": 7})
    assert "%(days)s" in said.text and said.days == 40 and said.sample
    assert said.url == "" or said.url.rsplit("/", 1)[1] in {"5", "7"}


def test_a_greater_probability_never_sounds_less_certain() -> None:
    words = [certainty(share / 100) for share in range(101)]
    assert list(dict.fromkeys(words)) == ["可能性小", "有可能", "较可能", "很可能"]
