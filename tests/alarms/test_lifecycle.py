"""What may become of an alarm, and what never may."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from backend.alarms.lifecycle import (
    Acknowledge,
    BringBack,
    Close,
    Facts,
    Raise,
    Refusal,
    Return,
    Shelve,
    Step,
    TakeOut,
    Unshelve,
    first,
    step,
)
from backend.alarms.models import AlarmState, Level

T0 = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def after(*steps: Step, level: Level = Level.GENERAL, latched: bool = False) -> Facts:
    facts = first(level, latched, T0)
    for one in steps:
        outcome = step(facts, one)
        assert isinstance(outcome, Facts), outcome
        facts = outcome
    return facts


def test_an_acknowledged_alarm_closes_by_itself_when_the_condition_goes() -> None:
    assert after(Acknowledge(1, at(1)), Return(at(2))).state == AlarmState.CLOSED


def test_an_alarm_that_went_before_anybody_looked_waits_to_be_acknowledged() -> None:
    assert after(Return(at(1))).state == AlarmState.RETURNED
    assert after(Return(at(1)), Acknowledge(1, at(2))).state == AlarmState.CLOSED


def test_an_alarm_that_comes_again_unseen_is_the_same_alarm() -> None:
    facts = after(Return(at(1)), Raise(at(2)))
    assert (facts.state, facts.times_raised, facts.raised_at) == (AlarmState.UNACKNOWLEDGED, 2, T0)


def test_a_major_alarm_waits_for_a_second_person_to_close_it() -> None:
    facts = after(Acknowledge(1, at(1)), Return(at(2)), level=Level.MAJOR)
    assert facts.state == AlarmState.ACKNOWLEDGED
    assert step(facts, Close(1, at(3))) == Refusal.SECOND_PERSON
    assert after(Acknowledge(1, at(1)), Return(at(2)), Close(2, at(3)), level=Level.MAJOR).closed_by == 2


def test_a_latched_alarm_that_comes_again_calls_again() -> None:
    facts = after(Acknowledge(1, at(1)), Return(at(2)), Raise(at(3)), latched=True)
    assert facts.state == AlarmState.UNACKNOWLEDGED
    assert facts.acknowledged_by == 1


def test_nobody_closes_what_still_holds_or_what_nobody_saw() -> None:
    assert step(after(Acknowledge(1, at(1)), latched=True), Close(2, at(2))) == Refusal.STILL_ACTIVE
    assert step(after(Return(at(1)), latched=True), Close(2, at(2))) == Refusal.NOT_ACKNOWLEDGED


def test_a_second_acknowledgement_is_refused_by_name() -> None:
    assert step(after(Acknowledge(1, at(1))), Acknowledge(2, at(2))) == Refusal.ALREADY_ACKNOWLEDGED


def test_shelving_needs_a_reason_and_ends_within_what_the_level_allows() -> None:
    facts = after(level=Level.MAJOR)
    assert step(facts, Shelve(" ", at(30), at(0))) == Refusal.NO_REASON
    assert step(facts, Shelve("检修", at(61), at(0))) == Refusal.TOO_LONG
    assert step(facts, Shelve("检修", at(0), at(0))) == Refusal.NOT_LATER


def test_after_the_shelf_an_alarm_is_where_its_facts_put_it() -> None:
    shelve = Shelve("检修", at(30), at(1))
    assert after(shelve, Unshelve(at(30))).state == AlarmState.UNACKNOWLEDGED
    assert after(Acknowledge(1, at(0)), shelve, Unshelve(at(30))).state == AlarmState.ACKNOWLEDGED
    assert after(shelve, Return(at(5)), Unshelve(at(30))).state == AlarmState.RETURNED
    assert after(Acknowledge(1, at(0)), shelve, Return(at(5)), Unshelve(at(30))).state == AlarmState.CLOSED


def test_back_in_service_starts_afresh() -> None:
    assert after(TakeOut(), BringBack(at(9))).state == AlarmState.RETURNED
    assert after(Acknowledge(1, at(1)), TakeOut(), BringBack(at(9))).state == AlarmState.CLOSED


class AnyLife(RuleBasedStateMachine):
    """Whatever people, clock and condition do in whatever order."""

    @initialize(level=st.sampled_from(Level), latched=st.booleans())
    def come(self, level: Level, latched: bool) -> None:
        self.minute = 0
        self.facts = first(level, latched, T0)
        self.before, self.taken = self.facts, None

    def take(self, one: Step) -> None:
        outcome = step(self.facts, one)
        self.before, self.taken = self.facts, one
        if isinstance(outcome, Facts):
            self.facts = outcome

    def moment(self) -> datetime:
        self.minute += 1
        return at(self.minute)

    @rule()
    def condition_comes(self) -> None:
        self.take(Raise(self.moment()))

    @rule()
    def condition_goes(self) -> None:
        self.take(Return(self.moment()))

    @rule(by=st.integers(1, 3))
    def somebody_acknowledges(self, by: int) -> None:
        self.take(Acknowledge(by, self.moment()))

    @rule(minutes=st.integers(1, 90))
    def somebody_shelves(self, minutes: int) -> None:
        now = self.moment()
        self.take(Shelve("检修", now + timedelta(minutes=minutes), now))

    @rule()
    def the_shelf_ends(self) -> None:
        self.take(Unshelve(self.moment()))

    @rule()
    def the_rule_goes_out(self) -> None:
        self.take(TakeOut())

    @rule()
    def the_rule_comes_back(self) -> None:
        self.take(BringBack(self.moment()))

    @rule(by=st.integers(1, 3))
    def somebody_closes(self, by: int) -> None:
        self.take(Close(by, self.moment()))

    @invariant()
    def a_latched_alarm_is_closed_by_a_person_only(self) -> None:
        if self.facts.latched and self.facts.state == AlarmState.CLOSED:
            assert self.facts.closed_by is not None

    @invariant()
    def a_major_alarm_is_closed_by_another_than_who_acknowledged(self) -> None:
        if self.facts.level == Level.MAJOR and self.facts.state == AlarmState.CLOSED:
            assert self.facts.closed_by not in {None, self.facts.acknowledged_by}

    @invariant()
    def nothing_closes_unseen_or_while_it_holds(self) -> None:
        if self.facts.state == AlarmState.CLOSED:
            assert self.facts.acknowledged
            assert not self.facts.active

    @invariant()
    def acknowledgements_are_never_lost(self) -> None:
        if self.before.acknowledged_at is not None and not isinstance(self.taken, Acknowledge):
            assert self.facts.acknowledged_at == self.before.acknowledged_at
            assert self.facts.acknowledged_by == self.before.acknowledged_by

    @invariant()
    def a_closed_alarm_stays_as_it_is(self) -> None:
        if self.before.state == AlarmState.CLOSED:
            assert self.facts == self.before

    @invariant()
    def what_calls_is_unseen_and_what_holds_says_so(self) -> None:
        if self.facts.state == AlarmState.UNACKNOWLEDGED:
            assert self.facts.active
            assert not self.facts.acknowledged
        if self.facts.state == AlarmState.RETURNED:
            assert not self.facts.active
        if self.facts.state == AlarmState.SHELVED:
            assert self.facts.shelved_until is not None


TestAnyLife = AnyLife.TestCase


def test_the_facts_of_a_step_are_new_and_the_old_ones_stay() -> None:
    facts = first(Level.GENERAL, False, T0)
    kept = replace(facts)
    step(facts, Acknowledge(1, at(1)))
    assert facts == kept
