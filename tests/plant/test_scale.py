"""How wide a floor plan is: by a line of known length on it, or said outright."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.errors import Invalid
from backend.plant.scale import read_width

_places = st.tuples(st.floats(0, 400), st.floats(0, 300))


@given(_places, _places, st.floats(5, 5000))
def test_a_line_of_known_length_is_as_long_on_the_scaled_plan(
    start: tuple[float, float], end: tuple[float, float], width_m: float
) -> None:
    drawn = math.dist(start, end)
    if drawn < 25:
        return
    length = f"{drawn * width_m / 400:.3f}"
    line = " ".join(f"{x!r},{y!r}" for x, y in (start, end))
    if len(length) <= 8:
        assert read_width(line, length, "", 400.0) == pytest.approx(width_m, rel=0.01, abs=0.5)


def test_without_a_line_the_width_counts_as_typed() -> None:
    assert read_width("", "", " 120.5 ", 400.0) == 120.5


@pytest.mark.parametrize(
    ("line", "length_m", "width_m", "field"),
    [
        ("", "10", "", "width_m"),
        ("", "", "0.5", "width_m"),
        ("", "", "1e3", "width_m"),
        ("1,1 300,1", "", "120", "length_m"),
        ("1,1 300,1", "0", "", "length_m"),
        ("1,1 300,1", "19999", "", "length_m"),
        ("1,1 10,1", "5", "", "line"),
        ("1,1", "5", "", "line"),
        ("nan,1 300,1", "5", "", "line"),
        ("a,b c,d", "5", "", "line"),
    ],
)
def test_nonsense_is_refused_beside_its_field(line: str, length_m: str, width_m: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_width(line, length_m, width_m, 400.0)
    assert list(refused.value.fields) == [field]
