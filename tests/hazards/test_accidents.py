"""Accident types: which one clearly leads among hazard sources, and what a form's field says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.errors import Invalid
from backend.hazards.accidents import ACCIDENTS, Accident, leading, read_accident

NAMED = st.dictionaries(st.sampled_from([*Accident, "no such"]), st.integers(1, 40), max_size=6)


@pytest.mark.parametrize(
    ("named", "of", "first"),
    [
        # 3 of 4 sources may end in fire.
        ({"fire": 3, "leak": 2}, 4, ("fire", 3)),
        # 2 of 4 is half of them, and more than any other.
        ({"fire": 2, "leak": 1, "burn": 1}, 4, ("fire", 2)),
        # 2 of 5 is less than half.
        ({"fire": 2, "leak": 1, "burn": 1}, 5, None),
        # One source that names two says neither.
        ({"fire": 1, "leak": 1}, 1, None),
        ({}, 0, None),
        ({"no such": 9}, 9, None),
    ],
)
def test_a_type_leads_that_half_of_the_sources_name_and_more_than_any_other(
    named: dict[str, int], of: int, first: tuple[str, int] | None
) -> None:
    assert leading(named, of) == first


@given(NAMED, st.integers(0, 60))
def test_what_leads_is_named_more_than_all_others_whatever_their_order(named: dict[str, int], of: int) -> None:
    found = leading(named, of)
    assert leading(dict(reversed(named.items())), of) == found
    if found is not None:
        code, count = found
        assert named[code] == count >= of / 2
        assert all(other < count for one, other in named.items() if one != code and one in set(Accident))


def test_a_field_says_a_type_none_or_that_it_was_not_sent() -> None:
    assert [read_accident(typed) for typed in ("", "none", "fire")] == [None, "", "fire"]
    with pytest.raises(Invalid) as refused:
        read_accident("火灾")
    assert set(refused.value.fields) == {"accident"}


def test_every_type_has_one_name_and_no_two_the_same() -> None:
    assert set(ACCIDENTS) == set(Accident)
    assert len(set(ACCIDENTS.values())) == len(ACCIDENTS)
