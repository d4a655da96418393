"""Going back to how a setting stood: what the audit keeps of each change is enough to undo any of them."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.errors import NotFound
from backend.identity.queries.audit import Entry
from backend.identity.undoing import as_before

AT = datetime(2026, 11, 28, tzinfo=UTC)
BLANK = Entry(0, AT, "x", "setting", 1, {}, "", "", 1, "", "", "", "")
settings = st.fixed_dictionaries({"days": st.integers(0, 3), "names": st.lists(st.sampled_from("ab"), max_size=2)})


def entries_of(states: list[dict[str, Any]]) -> list[Entry]:
    """What the audit keeps of going through ``states``, newest first."""
    changes = [
        replace(BLANK, id=n, change={k: [old[k], new[k]] for k in old if old[k] != new[k]})
        for n, (old, new) in enumerate(pairwise(states), start=1)
    ]
    return changes[::-1]


@given(st.lists(settings, min_size=2, max_size=6), st.data())
def test_before_any_change_it_stands_as_it_stood(states: list[dict[str, Any]], data: st.DataObject) -> None:
    chosen = data.draw(st.integers(1, len(states) - 1))
    assert as_before(entries_of(states), chosen, states[-1]) == states[chosen - 1]


def test_other_words_of_a_change_are_left_alone_and_a_stranger_s_change_is_not_found() -> None:
    entry = replace(BLANK, id=7, change={"level": "major", "days": [1, 2], "reason": ["", "why"]})
    assert as_before([entry], 7, {"days": 2, "level": "low"}) == {"days": 1, "level": "low"}
    with pytest.raises(NotFound):
        as_before([entry], 8, {"days": 2})
