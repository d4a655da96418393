"""How rules judge, whatever the batching, delays and restarts."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from backend.alarms.evaluation import Change, Rule, State, on_time, on_value, quiet_band
from backend.alarms.parameters import Limit, Rate, Silence, Threshold

HIGH = Rule(Threshold({"H": Limit(100.0)}), deadband=5.0)


def changes(rule: Rule, values: list[tuple[float, float]], state: State | None = None) -> list[Change]:
    found: list[Change] = []
    state = state or State()
    for at, value in values:
        state, new = on_value(rule, state, at, value)
        found += new
    return found


def series(*values: float, step: float = 1.0) -> list[tuple[float, float]]:
    return [(1000.0 + step * i, value) for i, value in enumerate(values)]


def kinds(found: list[Change]) -> list[tuple[str, bool]]:
    return [(change.limit, change.raised) for change in found]


def test_a_value_at_the_limit_raises_with_its_value_and_moment() -> None:
    assert changes(HIGH, series(99.9, 100.0)) == [Change("H", True, 1001.0, 100.0, 100.0)]


def test_an_alarm_returns_only_below_the_deadband() -> None:
    assert kinds(changes(HIGH, series(101, 99, 95.0))) == [("H", True)]
    assert kinds(changes(HIGH, series(101, 99, 94.9))) == [("H", True), ("H", False)]


def test_high_high_comes_besides_high_and_returns_first() -> None:
    rule = Rule(Threshold({"L": Limit(10), "H": Limit(100), "HH": Limit(110)}))
    assert kinds(changes(rule, series(50, 105, 115, 105, 50, 5))) == [
        ("H", True),
        ("HH", True),
        ("HH", False),
        ("H", False),
        ("L", True),
    ]


def test_a_breach_shorter_than_the_on_delay_raises_nothing() -> None:
    rule = Rule(Threshold({"H": Limit(100)}), on_delay_s=3)
    assert changes(rule, series(101, 101, 99, 101, 101)) == []


def test_a_delay_that_ends_between_two_values_ends_at_its_own_moment() -> None:
    rule = Rule(Threshold({"H": Limit(100)}), on_delay_s=30)
    assert changes(rule, [(1000.0, 101.0), (1300.0, 50.0)]) == [
        Change("H", True, 1030.0, 101.0, 100.0),
        Change("H", False, 1300.0, 50.0, 100.0),
    ]


def test_a_delay_ends_by_the_clock_when_no_value_comes() -> None:
    rule = Rule(Threshold({"H": Limit(100)}), on_delay_s=30)
    state, _ = on_value(rule, State(), 1000.0, 101.0)
    assert on_time(rule, state, 1029.9).changes == []
    assert on_time(rule, state, 1030.0).changes == [Change("H", True, 1030.0, 101.0, 100.0)]


def test_a_value_delivered_twice_changes_nothing() -> None:
    state, _ = on_value(HIGH, State(), 1000.0, 101.0)
    assert on_value(HIGH, state, 1000.0, 10.0) == (state, [])


def test_a_rise_is_judged_per_minute_over_its_window() -> None:
    rule = Rule(Rate(per_minute=10, window_s=60, direction="rise"))
    assert changes(rule, [(1000.0 + t, 5 * t / 60) for t in range(0, 300, 5)]) == []
    found = changes(rule, [(1000.0 + t, 12 * t / 60) for t in range(0, 300, 5)])
    assert kinds(found) == [("RISE", True)]
    assert abs(found[0].value - 12) < 1e-9


def test_a_jump_after_a_gap_is_not_taken_for_a_rate() -> None:
    rule = Rule(Rate(per_minute=10, window_s=60))
    assert changes(rule, [(1000.0, 0.0), (5000.0, 500.0), (5001.0, 500.0)]) == []


def test_the_window_of_a_rate_stays_small() -> None:
    rule, state = Rule(Rate(per_minute=10, window_s=60)), State()
    for i in range(10_000):
        state, _ = on_value(rule, state, 1000.0 + i / 100, 1.0)
    assert len(state.samples) <= 61


def test_silence_is_noticed_when_its_time_is_over_and_ends_with_the_next_value() -> None:
    rule = Rule(Silence(after_s=60))
    state, _ = on_value(rule, State(), 1000.0, 1.0, received=2000.0)
    assert on_time(rule, state, 2059.0).changes == []
    state, silent = on_time(rule, state, 2075.0)
    assert silent == [Change("SILENT", True, 2060.0, 60.0, 60.0)]
    assert kinds(on_value(rule, state, 1100.0, 1.0, received=2100.0).changes) == [("SILENT", False)]


def test_nobody_is_silent_while_nobody_listened() -> None:
    rule = Rule(Silence(after_s=60))
    state, _ = on_value(rule, State(), 1000.0, 1.0, received=1000.0)
    assert on_time(rule, state, 9030.0, listening_since=9000.0).changes == []
    assert len(on_time(rule, state, 9060.0, listening_since=9000.0).changes) == 1


RULES = st.builds(
    Rule,
    st.sampled_from(
        [
            Threshold({"H": Limit(60)}),
            Threshold({"LL": Limit(10), "L": Limit(30), "H": Limit(60), "HH": Limit(80)}),
            Rate(per_minute=60, window_s=10),
        ]
    ),
    deadband=st.sampled_from([0.0, 4.0, 14.0]),
    on_delay_s=st.sampled_from([0.0, 1.5, 7.0]),
    off_delay_s=st.sampled_from([0.0, 1.5, 7.0]),
)
VALUES = st.lists(st.tuples(st.integers(1, 20), st.floats(0, 100)), max_size=60).map(
    lambda steps: [(1000.0 + sum(s for s, _ in steps[: i + 1]), v) for i, (_, v) in enumerate(steps)]
)


@given(RULES, VALUES, st.lists(st.floats(0, 1), max_size=60))
def test_ticks_between_values_change_no_transition(
    rule: Rule, values: list[tuple[float, float]], fractions: list[float]
) -> None:
    state, found = State(), []
    for i, (at, value) in enumerate(values):
        state, new = on_value(rule, state, at, value)
        found += new
        if i < len(fractions) and i + 1 < len(values):
            state, new = on_time(rule, state, at + fractions[i] * (values[i + 1][0] - at))
            found += new
    assert found == changes(rule, values)


@given(RULES, VALUES, st.integers(0, 60))
def test_a_restart_in_the_middle_changes_no_transition(rule: Rule, values: list[tuple[float, float]], cut: int) -> None:
    state, before = State(), []
    for at, value in values[:cut]:
        state, new = on_value(rule, state, at, value)
        before += new
    revived = msgspec.json.decode(msgspec.json.encode(state), type=State)
    assert revived == state
    assert before + changes(rule, values[max(cut - 3, 0) :], revived) == changes(rule, values)


@given(RULES, VALUES)
def test_raised_and_returned_alternate_for_each_limit(rule: Rule, values: list[tuple[float, float]]) -> None:
    found = changes(rule, values)
    for limit in {change.limit for change in found}:
        raised = [change.raised for change in found if change.limit == limit]
        assert raised == [i % 2 == 0 for i in range(len(raised))]


@given(st.lists(st.floats(95.0, 99.99), max_size=50))
def test_values_within_the_deadband_never_chatter(values: list[float]) -> None:
    assert changes(HIGH, series(*values)) == []
    assert kinds(changes(HIGH, series(101.0, *values))) == [("H", True)]


@given(RULES, VALUES, st.floats(0, 100))
def test_a_value_in_the_quiet_band_changes_nothing_but_the_moment(
    rule: Rule, values: list[tuple[float, float]], value: float
) -> None:
    state = State()
    for at, before in values:
        state, _ = on_value(rule, state, at, before)
    low, high = quiet_band(rule, state)
    if low < value < high:
        after, found = on_value(rule, state, state.at + 1, value)
        assert (after.conditions, found) == (state.conditions, [])


@given(RULES, VALUES)
def test_no_alarm_comes_sooner_than_its_delay(rule: Rule, values: list[tuple[float, float]]) -> None:
    moments = [at for at, _ in values]
    delays = {True: rule.on_delay_s, False: rule.off_delay_s}
    assert all(change.at - delays[change.raised] in moments for change in changes(rule, values))
