"""Nobody closes what they did themselves, and nothing is closed that was not handed in."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from backend.alarms.models import Level
from backend.core.errors import Conflict, Forbidden
from backend.hazards.lifecycle import (
    FINAL,
    GOVERNING,
    WORKABLE,
    Case,
    Somebody,
    Step,
    expected,
    possible,
    take,
    whole_after,
)
from backend.hazards.models import RectificationState as State
from backend.identity.models import Role

WANG = Somebody(1, Role.WORKER, team_id=1)
MATE = Somebody(2, Role.WORKER, team_id=1)
LEADER = Somebody(3, Role.LEADER, team_id=1)
OTHER_LEADER = Somebody(4, Role.LEADER, team_id=2)
MANAGER = Somebody(5, Role.MANAGER)
OFFICER = Somebody(6, Role.SAFETY_OFFICER)
ADMIN = Somebody(7, Role.ADMIN)
TEAMLESS_LEADER = Somebody(8, Role.LEADER)
PEOPLE = [WANG, MATE, LEADER, OTHER_LEADER, MANAGER, OFFICER, ADMIN, TEAMLESS_LEADER]


def case(
    state: State = State.OPEN, *, level: Level = Level.GENERAL, owner: Somebody = WANG, submitted_by: int | None = None
) -> Case:
    return Case(state, level, owner.id, owner.team_id, opened_by=LEADER.id, submitted_by=submitted_by)


def who_may(step: Step, of: Case) -> set[int]:
    return {person.id for person in PEOPLE if step in possible(of, person)}


def test_the_owner_and_their_leader_do_the_work_and_nobody_else() -> None:
    assert who_may(Step.STARTED, case()) == {WANG.id, LEADER.id}
    assert who_may(Step.SUBMITTED, case(State.IN_PROGRESS)) == {WANG.id, LEADER.id}
    assert who_may(Step.SUBMITTED, case(State.RETURNED)) == {WANG.id, LEADER.id}


def test_an_owner_without_a_team_is_not_helped_by_a_leader_without_a_team() -> None:
    loner = Somebody(9, Role.WORKER)
    assert who_may(Step.STARTED, case(owner=loner)) == set()


def test_the_owner_is_expected_to_start_and_hand_in_and_a_second_person_to_verify() -> None:
    assert [expected(case(state), WANG) for state in (State.OPEN, State.IN_PROGRESS, State.RETURNED)] == [
        Step.STARTED,
        Step.SUBMITTED,
        Step.SUBMITTED,
    ]
    submitted = case(State.SUBMITTED, submitted_by=WANG.id)
    assert (expected(submitted, WANG), expected(submitted, LEADER)) == (None, Step.VERIFIED)
    assert all(expected(case(state), person) is None for state in FINAL for person in PEOPLE)


def test_a_leader_may_hand_in_for_the_worker_but_is_not_expected_to() -> None:
    assert Step.SUBMITTED in possible(case(State.IN_PROGRESS), LEADER)
    assert expected(case(State.IN_PROGRESS), LEADER) is None


def test_a_leader_verifies_what_the_worker_submitted() -> None:
    submitted = case(State.SUBMITTED, submitted_by=WANG.id)
    second = {LEADER.id, OTHER_LEADER.id, MANAGER.id, OFFICER.id, ADMIN.id, TEAMLESS_LEADER.id}
    assert who_may(Step.VERIFIED, submitted) == who_may(Step.RETURNED, submitted) == second


def test_a_leader_who_submitted_for_the_worker_cannot_verify() -> None:
    submitted = case(State.SUBMITTED, submitted_by=LEADER.id)
    assert LEADER.id not in who_may(Step.VERIFIED, submitted)
    with pytest.raises(Forbidden):
        take(Step.VERIFIED, submitted, LEADER)


def test_a_major_one_is_verified_only_by_those_who_govern() -> None:
    submitted = case(State.SUBMITTED, level=Level.MAJOR, submitted_by=WANG.id)
    assert who_may(Step.VERIFIED, submitted) == {MANAGER.id, OFFICER.id, ADMIN.id}


def test_a_safety_officer_who_owns_a_major_one_cannot_verify_it() -> None:
    submitted = case(State.SUBMITTED, level=Level.MAJOR, owner=OFFICER, submitted_by=OFFICER.id)
    assert who_may(Step.VERIFIED, submitted) == {MANAGER.id, ADMIN.id}


def test_cancelling_is_no_way_round_verification() -> None:
    assert WANG.id not in who_may(Step.CANCELLED, case(State.IN_PROGRESS))
    own = Case(State.OPEN, Level.GENERAL, LEADER.id, LEADER.team_id, opened_by=LEADER.id)
    assert LEADER.id not in who_may(Step.CANCELLED, own)
    assert who_may(Step.CANCELLED, case(level=Level.MAJOR)) == {MANAGER.id, OFFICER.id, ADMIN.id}
    assert who_may(Step.CANCELLED, case(State.SUBMITTED, submitted_by=WANG.id)) == set()


@given(st.sampled_from(list(State)), st.sampled_from(list(Level)), st.sampled_from(PEOPLE), st.sampled_from(PEOPLE))
def test_the_buttons_shown_are_exactly_those_that_work(
    state: State, level: Level, owner: Somebody, who: Somebody
) -> None:
    of = case(state, level=level, owner=owner, submitted_by=owner.id)
    for step in [step for step in Step if step is not Step.OPENED]:
        if step in possible(of, who):
            assert take(step, of, who) in State
        else:
            with pytest.raises((Conflict, Forbidden)):
                take(step, of, who)


@pytest.mark.parametrize("state", sorted(FINAL))
def test_what_is_closed_stays_closed(state: State) -> None:
    assert all(not possible(case(state), person) for person in PEOPLE)


def test_nobody_closes_a_split_one_by_hand_nor_splits_a_part() -> None:
    assert who_may(Step.JOINED, case(State.SPLIT)) == who_may(Step.VERIFIED, case(State.SPLIT)) == set()
    part = replace(case(), whole_owner_id=MANAGER.id)
    assert who_may(Step.SPLIT, part) == set()
    assert who_may(Step.SPLIT, case()) == {LEADER.id, MANAGER.id, OFFICER.id, ADMIN.id}
    assert MANAGER.id not in who_may(Step.VERIFIED, replace(part, state=State.SUBMITTED, submitted_by=WANG.id))


def test_a_whole_stands_as_its_closed_parts_say() -> None:
    assert whole_after([State.VERIFIED, State.SUBMITTED]) is None
    assert whole_after([State.VERIFIED, State.CANCELLED]) is State.VERIFIED
    assert whole_after([State.CANCELLED, State.CANCELLED]) is State.RETURNED


_CLOSING = frozenset({Step.VERIFIED, Step.CANCELLED, Step.JOINED})


class AnyPeopleDoAnything(RuleBasedStateMachine):
    """People press buttons in any order; what they achieve is written down and checked."""

    def __init__(self) -> None:
        super().__init__()
        self.case = case()
        self.history: list[tuple[Step, Somebody]] = []

    @initialize(level=st.sampled_from(list(Level)), owner=st.sampled_from(PEOPLE), opener=st.sampled_from(PEOPLE))
    def someone_opens(self, level: Level, owner: Somebody, opener: Somebody) -> None:
        self.case = Case(State.OPEN, level, owner.id, owner.team_id, opened_by=opener.id)

    @rule(step=st.sampled_from([step for step in Step if step is not Step.OPENED]), who=st.sampled_from(PEOPLE))
    def someone_tries(self, step: Step, who: Somebody) -> None:
        try:
            state = take(step, self.case, who)
        except (Conflict, Forbidden):
            return
        submitted_by = who.id if step is Step.SUBMITTED else self.case.submitted_by
        self._answer(step, who)
        waiting = state in WORKABLE and step not in {Step.EXTENDED, Step.EXTENSION_REFUSED}
        asked = who.id if step is Step.EXTENSION_ASKED else self.case.extension_by
        self.case = replace(self.case, state=state, submitted_by=submitted_by, extension_by=asked if waiting else None)
        self.history.append((step, who))

    def _answer(self, step: Step, who: Somebody) -> None:
        if step in {Step.EXTENDED, Step.EXTENSION_REFUSED}:
            assert self.case.extension_by is not None
            assert who.id not in {self.case.extension_by, self.case.owner_id}
            assert who.id == self.case.opened_by or who.role in GOVERNING

    @rule(parts=st.lists(st.sampled_from(list(State)), min_size=2, max_size=6))
    def its_parts_stand_so(self, parts: list[State]) -> None:
        state = whole_after(parts)
        if self.case.state is not State.SPLIT or state is None:
            return
        assert set(parts) <= FINAL
        assert (state is State.VERIFIED) == (State.VERIFIED in parts)
        self.case = replace(self.case, state=state, submitted_by=None)
        self.history.append((Step.JOINED if state is State.VERIFIED else Step.RETURNED, LEADER))

    @invariant()
    def a_request_waits_only_while_there_is_work(self) -> None:
        assert self.case.extension_by is None or self.case.state in WORKABLE

    @rule(who=st.sampled_from(PEOPLE), new_owner=st.sampled_from(PEOPLE))
    def someone_gives_it_to_another(self, who: Somebody, new_owner: Somebody) -> None:
        try:
            state = take(Step.REASSIGNED, self.case, who)
        except (Conflict, Forbidden):
            return
        self.case = replace(
            self.case, state=state, owner_id=new_owner.id, owner_team_id=new_owner.team_id, extension_by=None
        )

    @invariant()
    def a_verified_one_was_checked_by_a_second_person(self) -> None:
        if self.case.state is not State.VERIFIED:
            return
        step, verifier = self.history[-1]
        if step is Step.JOINED:
            assert self.history[-2][0] is Step.SPLIT, "a whole closes by its parts alone"
            return
        assert step is Step.VERIFIED
        moves = [(done, who) for done, who in self.history[:-1] if done not in {Step.PROGRESS, Step.REASSIGNED}]
        last, submitter = moves[-1]
        assert last is Step.SUBMITTED, "nothing came between the submission and its verification"
        assert verifier.id not in {submitter.id, self.case.owner_id}
        if self.case.level == Level.MAJOR:
            assert verifier.role in GOVERNING

    @invariant()
    def a_closed_one_has_exactly_one_closing_step_and_it_is_the_last(self) -> None:
        closing = [index for index, (step, _) in enumerate(self.history) if step in _CLOSING]
        assert closing == ([len(self.history) - 1] if self.case.state in FINAL else [])

    @invariant()
    def a_submitted_one_knows_by_whom(self) -> None:
        if self.case.state is State.SUBMITTED:
            assert self.case.submitted_by is not None


TestAnyPeopleDoAnything = AnyPeopleDoAnything.TestCase
TestAnyPeopleDoAnything.settings = settings(max_examples=200, stateful_step_count=25, deadline=None)
