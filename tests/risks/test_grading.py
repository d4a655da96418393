"""Scores make levels: hand-computed, and for every score of the tables."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.alarms.models import Level
from backend.core.errors import Invalid
from backend.risks import lec, matrix
from backend.risks.codes import RANK, Control, held_too_low, highest
from backend.risks.grading import Bands, Method, Score, check_bands, grade

LEC = [lec.LIKELIHOOD, lec.EXPOSURE, lec.CONSEQUENCE]
SCORES = [[score for score, _ in table] for table in LEC]
limits = st.lists(st.floats(0.1, 9_999), min_size=3, max_size=3, unique=True).map(sorted)


@pytest.mark.parametrize(
    ("l", "e", "c", "value", "level"),
    [
        (10, 10, 100, 10_000, Level.MAJOR),
        (3, 6, 40, 720, Level.MAJOR),
        (6, 6, 7, 252, Level.SIGNIFICANT),
        (1, 6, 40, 240, Level.SIGNIFICANT),
        (1, 6, 15, 90, Level.GENERAL),
        (1, 10, 7, 70, Level.LOW),
        (0.1, 0.5, 1, 0.05, Level.LOW),
    ],
)
def test_lec_as_reckoned_by_hand(l: float, e: float, c: float, value: float, level: Level) -> None:  # noqa: E741
    made = grade(Score(Method.LEC, l, e, c), Bands())
    assert (made.value, made.level) == (value, level)


@pytest.mark.parametrize(
    ("value", "level"),
    [(70, "low"), (70.1, "general"), (160, "general"), (160.1, "significant"), (320, "significant"), (320.1, "major")],
)
def test_a_value_on_a_band_belongs_below_it(value: float, level: str) -> None:
    assert lec.level_of(value, lec.BANDS) == level


@pytest.mark.parametrize(
    ("l", "s", "level"), [(5, 5, "major"), (5, 4, "major"), (4, 4, "significant"), (3, 4, "general"), (2, 4, "low")]
)
def test_the_matrix_as_published(l: float, s: float, level: str) -> None:  # noqa: E741
    assert grade(Score(Method.LS, l, s=s), Bands()).level == level


@given(st.sampled_from(SCORES[0]), st.sampled_from(SCORES[1]), st.sampled_from(SCORES[2]), st.integers(0, 2), limits)
def test_a_higher_score_never_makes_a_lower_level(
    l: float,  # noqa: E741
    e: float,
    c: float,
    which: int,
    bands: list[float],
) -> None:
    given_ = [l, e, c]
    before = RANK[lec.level_of(lec.danger(*given_), bands)]
    for higher in (one for one in SCORES[which] if one > given_[which]):
        raised = [higher if place == which else one for place, one in enumerate(given_)]
        assert RANK[lec.level_of(lec.danger(*raised), bands)] >= before


def test_every_level_can_be_reached_by_the_usual_bands() -> None:
    by_lec = {lec.level_of(lec.danger(*one), lec.BANDS) for one in itertools.product(*SCORES)}
    fives = [score for score, _ in matrix.LIKELIHOOD]
    by_ls = {lec.level_of(matrix.risk(*one), matrix.BANDS) for one in itertools.product(fives, fives)}
    assert by_lec == by_ls == set(Level)


@given(limits)
def test_bands_that_rise_are_taken_and_others_refused(bands: list[float]) -> None:
    check_bands(Bands(lec=tuple(bands)))
    for wrong in (bands[::-1], [bands[0], bands[0], bands[2]], [*bands[:2], 10_001.0], [0.0, *bands[1:]]):
        with pytest.raises(Invalid) as refused:
            check_bands(Bands(lec=tuple(wrong)))
        assert list(refused.value.fields) == ["lec_bands"]


def test_what_is_missing_or_in_no_table_is_said_by_field() -> None:
    with pytest.raises(Invalid) as refused:
        grade(Score(Method.LEC, 3.0, 5.0, None), Bands())
    assert set(refused.value.fields) == {"e", "c"}
    with pytest.raises(Invalid):
        grade(Score(Method.DIRECT, level="worst"), Bands())


def test_a_high_risk_is_held_high() -> None:
    assert held_too_low("major", "team") == Control.COMPANY
    assert held_too_low("low", "post") is None
    assert held_too_low("general", "company") is None
    assert highest(["low", "", "significant"]) == "significant"
