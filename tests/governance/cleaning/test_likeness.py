"""How alike texts are and how odd numbers are, by hand and by laws."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.governance.cleaning.likeness import ALIKE, implausible, likeness, plain

_WORDS = st.text(alphabet="泵阀漏油水响热松动机房一二号", max_size=20)


def test_what_is_read_alike_is_written_alike() -> None:
    assert plain("Ａ泵，漏油！") == plain("a泵 漏油") == "a泵漏油"


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    [
        ("泵在漏油", "泵又漏油", 2 * 1 / 6),
        ("一号泵机封漏油", "一号泵机封漏油严重", 2 * 6 / 14),
        ("漏油", "漏油", 1.0),
        ("漏油", "漏油了", 0.0),
        ("", "", 0.0),
    ],
)
def test_by_hand(one: str, other: str, wanted: float) -> None:
    assert likeness(one, other) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("一号泵机封漏油，地面有油", "一号泵机封漏油 地面都是油"),
        ("护栏松动，一推就晃", "护栏松动，推一下就晃"),
        ("消防通道被托盘堵住", "消防通道被几个托盘堵住了"),
    ],
)
def test_the_same_fault_in_other_words_is_alike(one: str, other: str) -> None:
    assert likeness(one, other) >= ALIKE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("一号泵机封漏油", "一号泵轴承发烫"),
        ("护栏松动，一推就晃", "护栏油漆脱落生锈"),
        ("消防通道被托盘堵住", "消防栓没有水压"),
    ],
)
def test_two_faults_of_one_thing_are_not(one: str, other: str) -> None:
    assert likeness(one, other) < ALIKE


@given(one=_WORDS, other=_WORDS)
def test_it_is_a_share_the_same_both_ways_and_whole_for_itself(one: str, other: str) -> None:
    assert 0 <= likeness(one, other) <= 1
    assert likeness(one, other) == likeness(other, one)
    assert likeness(one, one) == (1.0 if plain(one) else 0.0)


_EARLIER = [0.4, 0.45, 0.5, 0.5, 0.5, 0.55, 0.6, 0.6]
"""Median 0.5, median distance 0.05: spread 0.0741."""


@pytest.mark.parametrize(("value", "odd"), [(5.0, True), (1.25, True), (1.2, False), (-0.25, True), (0.5, False)])
def test_ten_spreads_off_is_a_slip_of_the_thumb(value: float, odd: bool) -> None:
    assert implausible(value, _EARLIER) == odd


def test_with_seven_earlier_answers_nobody_knows_what_is_usual() -> None:
    assert not implausible(5000.0, _EARLIER[:7])


def test_an_instrument_that_always_shows_the_same_may_move_by_half() -> None:
    assert not implausible(1.5, [1.0] * 10)
    assert implausible(1.51, [1.0] * 10)
    assert not implausible(3.0, [0.0] * 10)


_WRITTEN = st.integers(-(10**9), 10**9).map(lambda thousandths: thousandths / 1000)
"""What people write: numbers of a few places. Halving 5e-324 gives nought, which says nothing of units."""


@given(
    value=_WRITTEN,
    earlier=st.lists(_WRITTEN, min_size=8, max_size=20),
    times=st.sampled_from([0.5, 2.0, 4.0]),
)
def test_the_unit_in_which_it_is_written_does_not_matter(value: float, earlier: list[float], times: float) -> None:
    assert implausible(value, earlier) == implausible(value * times, [one * times for one in earlier])
