"""Counting who is out: whatever marks come in whatever order, everybody is counted once and nobody is lost."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from backend.incidents.response.rollcall import Mark, Standing, count, latest, standing

START = datetime(2026, 11, 27, 2, tzinfo=UTC)
PEOPLE = st.integers(1, 6)
MARKS = st.lists(st.tuples(PEOPLE, st.sampled_from(Standing), st.integers(0, 20)), max_size=30)
Typed = list[tuple[int, Standing, int]]


def marks_of(typed: Typed) -> list[Mark]:
    return [Mark(n, person, START + timedelta(seconds=s), state) for n, (person, state, s) in enumerate(typed)]


@given(typed=MARKS, listed=st.sets(PEOPLE), expected=st.integers(0, 9), data=st.data())
def test_everybody_is_counted_once(typed: Typed, listed: set[int], expected: int, data: st.DataObject) -> None:
    marks = marks_of(typed)
    if data.draw(st.booleans()):
        safe = data.draw(st.integers(0, expected))
        marks.append(Mark(99, None, START, Standing.MISSING, expected, safe))
    found = count(sorted(listed), expected, latest(marks))
    assert found.missing + found.safe + found.absent == len(listed) + expected
    assert min(found.missing, found.safe, found.absent) >= 0 and found.visitors_safe <= found.visitors == expected


@given(typed=MARKS, data=st.data())
def test_the_order_of_arrival_changes_nothing(typed: Typed, data: st.DataObject) -> None:
    marks = marks_of(typed)
    assert latest(data.draw(st.permutations(marks))) == latest(marks)


@given(typed=MARKS)
def test_who_was_never_marked_is_missing_and_else_the_mark_made_last_counts(typed: Typed) -> None:
    marks = marks_of(typed)
    for person in range(1, 7):
        own = [mark for mark in marks if mark.person_id == person]
        last = max(own, key=lambda mark: (mark.at, mark.id)).state if own else Standing.MISSING
        assert standing(person, latest(marks)) == last
