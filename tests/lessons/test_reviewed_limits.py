"""An earlier limit is sooner, doesn't cry wolf, and is judged as live values are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from backend.alarms.evaluation import Rule, State, on_value
from backend.alarms.parameters import Limit, Threshold
from backend.lessons.reviewed.limits import LEAD_S, MOST_MORE, SOONER_S, Course, Tighter, _raised, first_limit, tighter

MINUTES = 3 * 1440
ALARM_AT = MINUTES * 60.0


def course(values: NDArray[np.float64]) -> Course:
    """A value each minute, the last at the alarm."""
    return Course(ALARM_AT - 60.0 * np.arange(len(values))[::-1], values)


def creeping(noise: float, seed: int = 3, sign: int = 1) -> Course:
    """Three days around 5, then 40 minutes up (or down) to 3 beyond it."""
    values = 5 + noise * np.random.default_rng(seed).standard_normal(MINUTES)
    values[-40:] = 5 + sign * np.linspace(0, 3, 40)
    return course(values)


def high(value: float = 8.0, **limits: Limit) -> Rule:
    return Rule(Threshold({"H": Limit(value), **limits}), deadband=0.1)


def test_of_what_crept_up_an_earlier_limit_is_found_by_minutes() -> None:
    found = tighter(high(), "H", creeping(0.2), ALARM_AT)
    assert found is not None and found.limit == "H" and found.before == 8.0
    assert 5.6 <= found.value < 7 and found.sooner_s > 900 and found.raises <= MOST_MORE


def test_where_there_is_only_a_limit_far_out_one_before_it_is_added() -> None:
    found = tighter(Rule(Threshold({"HH": Limit(8.0, "major")})), "HH", creeping(0.2), ALARM_AT)
    assert found is not None and found.limit == "H" and found.before is None and found.value < 8


def test_a_low_limit_moves_up() -> None:
    falling = creeping(0.2, sign=-1)
    found = tighter(Rule(Threshold({"L": Limit(2.0)}), deadband=0.1), "L", falling, ALARM_AT)
    assert found is not None and found.limit == "L" and 2 < found.value < 4.5 and found.sooner_s > 900


def test_what_came_at_once_has_no_earlier_limit() -> None:
    values = np.full(MINUTES, 5.0)
    values[-1] = 9.0
    assert tighter(high(), "H", course(values), ALARM_AT) is None


def test_too_few_readings_ask_for_nothing() -> None:
    assert tighter(high(), "H", course(np.linspace(5, 8, 300)), ALARM_AT) is None
    assert tighter(high(), "H", Course(np.array([]), np.array([])), ALARM_AT) is None
    assert tighter(high(), "HH", creeping(0.2), ALARM_AT) is None


def test_a_point_without_a_rule_gets_a_limit_before_what_it_reached() -> None:
    found = first_limit(creeping(0.2), ALARM_AT, high=True)
    assert found is not None
    limit, deadband = found
    assert limit.limit == "H" and limit.before is None and 5.6 <= limit.value < 7.5 and limit.sooner_s > 900
    assert deadband == pytest.approx(0.15, rel=0.1)
    assert first_limit(creeping(0.2, sign=-1), ALARM_AT, high=True) is None, "it went down"
    assert first_limit(Course(np.array([]), np.array([])), ALARM_AT, high=True) is None


@settings(deadline=None, max_examples=25)
@given(st.floats(0.05, 2.0), st.integers(0, 99), st.floats(0, 300))
def test_it_never_raises_much_more_often_and_is_always_sooner(noise: float, seed: int, delay_s: float) -> None:
    rule = Rule(high().parameters, deadband=0.1, on_delay_s=delay_s)
    past = creeping(noise, seed)
    found = tighter(rule, "H", past, ALARM_AT)
    if found is None:
        return
    assert isinstance(found, Tighter) and 5 < found.value < 8 and found.sooner_s >= SOONER_S
    assert found.raises <= found.raises_now + MOST_MORE
    told = _replayed_one_by_one(Rule(Threshold({"H": Limit(found.value)}), 0.1, delay_s), past)
    assert sum(at < ALARM_AT - LEAD_S for at in told) == found.raises


@settings(deadline=None, max_examples=25)
@given(st.lists(st.floats(0, 10), min_size=1, max_size=200), st.floats(0, 400), st.floats(0, 3))
def test_passing_over_quiet_values_changes_nothing(values: list[float], delay_s: float, deadband: float) -> None:
    rule = Rule(Threshold({"H": Limit(7.0)}), deadband, delay_s, delay_s / 2)
    past = course(np.array(values))
    assert _raised(rule, past) == _replayed_one_by_one(rule, past)


def _replayed_one_by_one(rule: Rule, past: Course) -> list[float]:
    state, told = State(), []
    for at, value in zip(past.at, past.values, strict=True):
        state, changes = on_value(rule, state, float(at), float(value))
        told += [change.at for change in changes if change.raised]
    return told
