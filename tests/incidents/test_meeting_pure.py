"""How a meeting goes on, who sees what, how choices and ranking are compared, what a 5-why needs: no database."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.errors import Conflict, Forbidden, Invalid
from backend.incidents.meeting.comparing import Chosen, Ranked, compare
from backend.incidents.meeting.lifecycle import (
    OTHER,
    Chooser,
    Step,
    check_end,
    choice_refusal,
    refusal,
    sees_choices,
    shuffled,
)
from backend.incidents.meeting.models import LIVE, Factor, MeetingState
from backend.incidents.meeting.whys import MOST, Why, checked

NOON = datetime(2026, 11, 27, 4, tzinfo=UTC)
KEYS = st.lists(st.text("abcdef:/.", min_size=1, max_size=8), max_size=12, unique=True)
_AFTER = {Step.OPEN: MeetingState.OPENED, Step.CLOSE: MeetingState.CLOSED, Step.CALL_OFF: MeetingState.CALLED_OFF}


@given(st.lists(st.sampled_from(Step), max_size=30))
def test_whatever_is_tried_nothing_is_discussed_before_the_opening_nor_changed_after_the_end(steps: list[Step]) -> None:
    state, was_opened = MeetingState.CONVENED, False
    for step in steps:
        refused = refusal(step, state)
        if refused is None:
            assert state in LIVE
            if step in {Step.CONFIRM, Step.ASK_WHY, Step.DECIDE, Step.CLOSE}:
                assert was_opened
            state = _AFTER.get(step, state)
            was_opened = was_opened or step is Step.OPEN
        else:
            assert isinstance(refused, Conflict)
    assert state is not MeetingState.CLOSED or was_opened


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(-60, 60)), max_size=12), st.integers(-30, 30) | st.none())
def test_a_choice_counts_once_and_only_if_it_was_made_before_the_opening(
    tries: list[tuple[int, int]], opened_s: int | None
) -> None:
    opened_at = None if opened_s is None else NOON + timedelta(seconds=opened_s)
    state = MeetingState.CONVENED if opened_at is None else MeetingState.OPENED
    counted: dict[int, datetime] = {}
    for person, seconds in tries:
        at = NOON + timedelta(seconds=seconds)
        refused = choice_refusal(state, opened_at, Chooser(person != 4, person in counted), at)
        if refused is None:
            assert person not in counted
            counted[person] = at
    assert 4 not in counted, "who wasn't asked to come chooses nothing"
    assert all(opened_at is None or at <= opened_at for at in counted.values())


def test_nobody_sees_before_they_chose_or_all_is_opened() -> None:
    assert not sees_choices(None, chosen=False)
    assert sees_choices(None, chosen=True) and sees_choices(NOON, chosen=False)


def test_who_may_not_choose_is_told_why() -> None:
    assert isinstance(choice_refusal("convened", None, Chooser(False, False), NOON), Forbidden)
    for state, chooser in (("convened", Chooser(True, True)), ("closed", Chooser(True, False))):
        assert isinstance(choice_refusal(state, None, chooser, NOON), Conflict)


@given(KEYS, st.integers(1, 9), st.integers(1, 9), st.randoms())
def test_the_order_of_candidates_is_each_reader_s_own_and_forgets_the_one_they_came_in(
    keys: list[str], meeting: int, person: int, chance: object
) -> None:
    mixed = list(keys)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert shuffled(keys, meeting, person) == shuffled(mixed, meeting, person)
    assert sorted(shuffled(keys, meeting, person)) == sorted(keys)


def test_over_many_people_no_candidate_has_a_place_of_its_own() -> None:
    keys = ["a", "b", "c", "d"]
    first = [shuffled(keys, 1, person)[0] for person in range(1, 401)]
    assert all(60 <= first.count(key) <= 140 for key in keys)


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b", "c", OTHER]), st.booleans()), max_size=10),
    st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=4, unique=True),
)
def test_every_choice_is_counted_and_the_blind_alone_are_held_against_the_ranking(
    choices: list[tuple[str, bool]], order: list[str]
) -> None:
    ranking = [Ranked(key, 0.5 / n) for n, key in enumerate(order, 1)]
    found = compare([Chosen(*one) for one in choices], ranking)
    assert sum(row.count for row in found.rows) == len(choices) == found.agreement.chosen
    assert {row.key for row in found.rows} == {*order, *(cause for cause, _ in choices)}
    assert [row.count for row in found.rows] == sorted((row.count for row in found.rows), reverse=True)
    blind = [cause for cause, is_blind in choices if is_blind]
    assert found.agreement.blind == len(blind)
    assert found.agreement.with_first == (blind.count(order[0]) if order else 0)
    assert found.agreement.most == max((row.count for row in found.rows), default=0)


def test_the_end_names_all_that_is_missing() -> None:
    with pytest.raises(Invalid) as refused:
        check_end(0, "")
    assert set(refused.value.fields) == {"present", "cause"}
    check_end(1, "none")


@given(st.lists(st.builds(Why, st.text(max_size=5), st.text(max_size=5)), max_size=10), st.sampled_from(["", *Factor]))
def test_a_chain_that_is_taken_has_two_to_seven_answers_and_a_factor(lines: list[Why], factor: str) -> None:
    try:
        kept = checked(lines, factor, set())
    except Invalid as refused:
        assert set(refused.fields) <= {"whys", "factor"}
        return
    assert 2 <= len(kept) <= MOST and all(one.answer for one in kept) and factor


def test_evidence_is_of_this_incident() -> None:
    lines = [Why("", "密封漏", "line:1"), Why("", "没换", "line:2")]
    assert len(checked(lines, "machine", {"line:1", "line:2"})) == 2
    with pytest.raises(Invalid):
        checked(lines, "machine", {"line:1"})
