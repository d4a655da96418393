"""Which records tell of a duty not done in time before an incident."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from backend.incidents.review.lapses import MOST_OF_A_KIND, SUSPECTS, Record, Times, choose, late_s, not_done, suspects
from backend.incidents.review.models import LapseKind

BEGAN = datetime(2026, 11, 27, 3, tzinfo=UTC)
TIMES = Times(BEGAN, BEGAN + timedelta(hours=1))
minutes = st.integers(-100_000, 100_000).map(lambda n: BEGAN + timedelta(minutes=n))


def record(due_at: datetime, done_at: datetime | None = None, kind: LapseKind = LapseKind.MISSED_CHECKIN) -> Record:
    return Record(kind, 1, 7, None, None, due_at, done_at)


@given(minutes, st.none() | minutes, st.sampled_from(LapseKind))
def test_what_was_done_in_time_or_was_due_only_later_is_never_held_against_anybody(
    due_at: datetime, done_at: datetime | None, kind: LapseKind
) -> None:
    in_time = done_at is not None and done_at <= due_at
    if in_time or due_at >= TIMES.of(kind):
        assert not not_done(record(due_at, done_at, kind), TIMES)
    else:
        assert not_done(record(due_at, done_at, kind), TIMES)


def test_what_was_left_undone_while_people_fought_it_says_nothing_unlike_a_warning_until_it_was_known() -> None:
    while_it_went_on = BEGAN + timedelta(minutes=30)
    assert not not_done(record(while_it_went_on), TIMES)
    assert not_done(record(while_it_went_on, kind=LapseKind.IGNORED_WARNING), TIMES)


@given(minutes, st.none() | minutes)
def test_nobody_is_later_than_until_the_incident(due_at: datetime, done_at: datetime | None) -> None:
    late = late_s(due_at, done_at, BEGAN)
    assert 0 <= late <= max((BEGAN - due_at).total_seconds(), 0)
    assert done_at is None or late <= max((done_at - due_at).total_seconds(), 0)


@given(st.lists(st.tuples(st.sampled_from(LapseKind), st.integers(1, 60), st.integers(1, 3)), max_size=200))
def test_of_a_kind_the_latest_rows_are_kept_each_with_all_whose_it_was(rows: list[tuple[LapseKind, int, int]]) -> None:
    records = [
        Record(kind, row, person, None, None, BEGAN - timedelta(minutes=row), None) for kind, row, person in set(rows)
    ]
    chosen = choose(records, TIMES)
    for kind in LapseKind:
        ids = sorted({one.row_id for one in records if one.kind is kind})
        kept = {one.row_id for one in chosen if one.kind is kind}
        assert kept == set(ids[:MOST_OF_A_KIND])
        assert sum(one.kind is kind for one in chosen) == sum(
            one.kind is kind and one.row_id in kept for one in records
        )


def test_the_place_itself_comes_first_then_what_the_trace_names() -> None:
    result = {
        "units": [{"equipment_id": 5}, {"equipment_id": 3}],
        "causes": [{"equipment_id": None}, {"equipment_id": 9}],
    }
    assert suspects(3, result) == [3, 5, 9]
    assert suspects(None, {}) == []
    many = {"units": [{"equipment_id": n} for n in range(10, 30)]}
    assert suspects(1, many) == [1, *range(10, 10 + SUSPECTS)]
