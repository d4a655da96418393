"""Runs of suspect values become cases: joined where they belong together, never over what was decided."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.governance.cleaning.models import Suspicion
from backend.governance.cleaning.stretching import Known, Run, Stretch, joined, merged, placed, shortened

_NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def _at(minutes: float) -> datetime:
    return _NOON + timedelta(minutes=minutes)


def _stretch(since: float, until: float, count: int = 5) -> Stretch:
    return Stretch(_at(since), _at(until), count)


def _run(*ends: tuple[float, float], value: float = 4.0) -> Run:
    return Run(1, tuple(_stretch(*one) for one in ends), value, value)


def test_runs_across_the_hour_are_one() -> None:
    (one,) = joined([_run((0, 59)), _run((60, 90))], Suspicion.STUCK)
    assert (one.since, one.until, one.count) == (_at(0), _at(90), 10)


def test_stuck_at_another_value_is_another_case() -> None:
    assert len(joined([_run((0, 59)), _run((60, 90), value=5.0)], Suspicion.STUCK)) == 2


@pytest.mark.parametrize(("suspicion", "apart", "cases"), [("stuck", 11, 2), ("invalid", 59, 1), ("invalid", 61, 2)])
def test_how_near_is_near(suspicion: str, apart: float, cases: int) -> None:
    assert len(joined([_run((0, 10)), _run((10 + apart, 90))], Suspicion(suspicion))) == cases


def test_an_open_case_grows() -> None:
    known = Known(7, True, _run((0, 59)))
    found = placed(_run((60, 90)), [known], Suspicion.STUCK)
    assert found is not None
    assert found[0] == 7
    assert found[1].until == _at(90)


def test_what_is_known_already_changes_nothing() -> None:
    assert placed(_run((10, 40)), [Known(7, True, _run((0, 59)))], Suspicion.STUCK) is None


def test_after_a_decision_only_the_rest_is_a_new_case() -> None:
    decided = Known(7, False, _run((0, 59)))
    found = placed(_run((30, 90)), [decided], Suspicion.STUCK)
    assert found is not None
    assert found[0] is None
    assert found[1].since == _at(59)
    assert placed(_run((10, 50)), [decided], Suspicion.STUCK) is None


_RUNS = st.lists(
    st.tuples(st.integers(0, 600), st.integers(1, 50)).map(lambda one: _run((one[0], one[0] + one[1]))),
    min_size=1,
    max_size=12,
)


@given(runs=_RUNS)
def test_joining_loses_no_moment_and_what_is_apart_stays_apart(runs: list[Run]) -> None:
    found = joined(runs, Suspicion.STUCK)
    for run in runs:
        assert any(one.since <= run.since and run.until <= one.until for one in found)
    for before, after in itertools.pairwise(found):
        assert after.since - before.until > timedelta(minutes=10)
    assert joined(found, Suspicion.STUCK) == found


@given(runs=_RUNS)
def test_what_was_placed_once_is_not_placed_again(runs: list[Run]) -> None:
    for run in joined(runs, Suspicion.STUCK):
        found = placed(run, [], Suspicion.STUCK)
        assert found is not None
        for decided in (False, True):
            assert placed(run, [Known(1, not decided, found[1])], Suspicion.STUCK) is None


@given(one=_RUNS, most=st.integers(1, 5))
def test_shortened_keeps_ends_and_counts(one: list[Run], most: int) -> None:
    stretches = [stretch for run in joined(one, Suspicion.STUCK) for stretch in run.stretches]
    found = shortened(stretches, most)
    assert len(found) <= most
    assert (found[0].since, found[-1].until) == (stretches[0].since, stretches[-1].until)
    assert sum(part.count for part in found) == sum(part.count for part in stretches)


@given(first=_RUNS, second=_RUNS)
def test_merging_the_same_again_adds_no_value(first: list[Run], second: list[Run]) -> None:
    whole = merged(first[0], second[0])
    assert merged(whole, second[0]) == whole
    assert whole.since == min(first[0].since, second[0].since)
