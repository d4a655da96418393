"""When maintenance is due and who hears of it: rules without a database."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from backend.identity.models import Role
from backend.maintenance.patience import AGAIN_DAYS, CLIMB_DAYS, News, news, rungs
from backend.maintenance.schedule import Standing, due_on, standing

DAYS = st.dates(date(2020, 1, 1), date(2035, 1, 1))
INTERVALS = st.integers(1, 3660)


@given(DAYS, INTERVALS, st.none() | DAYS)
def test_it_is_due_one_interval_after_it_was_last_done_else_after_its_start(
    since: date, interval: int, last: date | None
) -> None:
    assert due_on(since, interval, last) == (last or since) + timedelta(days=interval)


@given(DAYS, DAYS)
def test_what_is_done_once_is_due_on_its_day_until_it_is_done(day: date, done: date) -> None:
    assert due_on(day, None, None) == day
    assert due_on(day, None, done) is None


@given(DAYS, st.integers(0, 90))
def test_the_day_itself_is_in_time_and_the_next_is_late(due: date, notice: int) -> None:
    assert standing(due, notice, due) is Standing.SOON
    assert standing(due, notice, due + timedelta(days=1)) is Standing.LATE
    assert standing(due, notice, due - timedelta(days=notice)) is Standing.SOON
    assert standing(due, notice, due - timedelta(days=notice + 1)) is Standing.LATER


@given(DAYS, st.integers(0, 30), st.sets(st.integers(-60, 60), max_size=40))
def test_soon_is_told_once_and_late_every_few_days_whenever_the_worker_runs(
    due: date, notice: int, runs: set[int]
) -> None:
    soon_told: date | None = None
    late: list[date] = []
    for today in sorted(due + timedelta(days=day) for day in runs):
        what = news(due, notice, soon_told, late[-1] if late else None, today)
        if what is News.SOON:
            assert soon_told is None and due - timedelta(days=notice) <= today <= due
            soon_told = today
        elif what is News.LATE:
            assert today > due
            late.append(today)
        assert news(due, notice, soon_told, late[-1] if late else None, today) is None, "never twice a day"
    assert all((b - a).days >= AGAIN_DAYS for a, b in pairwise(late))
    assert bool(late) == any(day > 0 for day in runs)


def test_it_climbs_only_when_it_is_late_for_long() -> None:
    due = date(2026, 11, 1)
    assert rungs(News.SOON, due, due) == []
    assert rungs(News.LATE, due, due + timedelta(days=1)) == [Role.LEADER]
    assert Role.MANAGER in rungs(News.LATE, due, due + timedelta(days=CLIMB_DAYS))
