"""How an incident goes on: every step in every state, by whoever takes it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.errors import Conflict, DomainError, Forbidden, Invalid
from backend.incidents.lifecycle import LIVE, Case, possible, refusal, take
from backend.incidents.models import Deed, IncidentState

STEPS = (Deed.JOINED, Deed.FLARED, Deed.LED, Deed.SET, Deed.CONTAINED, Deed.CLOSED, Deed.CALLED_OFF)
_cases = st.builds(
    Case,
    state=st.sampled_from(IncidentState),
    level=st.sampled_from(["major", "significant", "general"]),
    contained_by=st.none() | st.integers(1, 2),
)


@given(_cases, st.sampled_from(STEPS), st.integers(1, 2))
def test_what_is_over_stays_over(case: Case, step: Deed, person: int) -> None:
    if case.state in LIVE:
        return
    with pytest.raises(Conflict):
        take(step, case, person, "因为")
    # What kind of accident it was may become clear later; of what was none there is nothing to tell.
    assert possible(case, person) == ({Deed.CLASSIFIED} if case.state == IncidentState.CLOSED else frozenset())


@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(1, 3)), max_size=12))
def test_whatever_happens_it_is_closed_only_after_it_was_contained_and_ends_once(
    steps: list[tuple[Deed, int]],
) -> None:
    case, history = Case("open", "significant"), ["open"]
    for step, person in steps:
        try:
            state = take(step, case, person, "因为")
        except DomainError:
            continue
        case = Case(state, case.level, person if step is Deed.CONTAINED else case.contained_by)
        history.append(state)
    ended = [state for state in history if state not in LIVE]
    assert len(ended) <= 1
    if "closed" in history:
        assert history[history.index("closed") - 1] == "contained"


@given(_cases, st.integers(1, 2))
def test_what_is_offered_can_be_done_and_nothing_else(case: Case, person: int) -> None:
    for step in (Deed.LED, Deed.SET, Deed.CONTAINED, Deed.CLOSED, Deed.CALLED_OFF, Deed.CLASSIFIED):
        assert (step in possible(case, person)) == (refusal(step, case, person) is None)


def test_a_major_one_is_closed_by_somebody_else_than_who_contained_it() -> None:
    case = Case("contained", "major", contained_by=1)
    with pytest.raises(Forbidden):
        take(Deed.CLOSED, case, 1)
    assert take(Deed.CLOSED, case, 2) == IncidentState.CLOSED
    assert take(Deed.CLOSED, Case("contained", "general", contained_by=1), 1) == IncidentState.CLOSED


def test_calling_off_needs_a_reason() -> None:
    with pytest.raises(Invalid) as refused:
        take(Deed.CALLED_OFF, Case("open", "general"), 1)
    assert "words" in refused.value.fields
