"""A checklist never calls well what is out of limits, unanswered or unreadable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.checkins.judging import Item, ItemKind, Verdict, judge

NUMBERS = st.floats(-1e6, 1e6)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_a_reading_is_well_exactly_within_its_limits(value: float, one: float, other: float) -> None:
    low, high = sorted((one, other))
    verdict = judge(Item(ItemKind.READING, low, high), repr(value))
    assert verdict == (Verdict.WELL if low <= value <= high else Verdict.FAILED)


@given(st.sampled_from([ItemKind.YES_NO, ItemKind.READING, ItemKind.CHOICE]), st.text())
def test_what_nobody_offered_is_never_well(kind: ItemKind, answer: str) -> None:
    if kind is ItemKind.YES_NO and answer.strip() == "yes":
        return
    if judge(Item(kind), answer) is Verdict.WELL:
        float(answer.strip())


@pytest.mark.parametrize("answer", ["nan", "inf", "-inf", "12 bar"])
def test_a_reading_that_is_no_number_is_unreadable(answer: str) -> None:
    assert judge(Item(ItemKind.READING, 0, 10), answer) is Verdict.UNREADABLE


def test_each_other_kind_says_what_is_wrong() -> None:
    choice = Item(ItemKind.CHOICE, choices=("正常", "漏"), failing=frozenset({"漏"}))
    assert [judge(choice, answer) for answer in ("正常", "漏", "")] == [
        Verdict.WELL,
        Verdict.FAILED,
        Verdict.UNANSWERED,
    ]
    assert judge(Item(ItemKind.YES_NO), "no") is Verdict.FAILED
    assert judge(Item(ItemKind.PHOTO), "") is Verdict.UNANSWERED
    assert judge(Item(ItemKind.PHOTO), "", photos=1) is Verdict.WELL
