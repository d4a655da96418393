"""A phone's clock may be wrong; when something was captured is still known."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.clock import true_moment

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
minutes = st.integers(1, 60 * 24 * 30).map(lambda n: timedelta(minutes=n))
wrong_by = st.integers(-60 * 24 * 365, 60 * 24 * 365).map(lambda n: timedelta(minutes=n))


@given(age=minutes, off=wrong_by, on_its_way=st.integers(0, 30).map(lambda s: timedelta(seconds=s)))
def test_a_wrong_clock_does_not_change_when_it_was(age: timedelta, off: timedelta, on_its_way: timedelta) -> None:
    sent = NOON - on_its_way
    found = true_moment(sent - age + off, sent + off, NOON)
    assert found is not None
    assert timedelta(0) <= found - (sent - age) <= on_its_way


@pytest.mark.parametrize(
    ("captured", "device_now"),
    [
        (None, NOON),
        (NOON - timedelta(hours=1), NOON - timedelta(hours=1)),
        (NOON + timedelta(hours=1), NOON),
        (NOON.replace(tzinfo=None) - timedelta(hours=1), NOON),
        (NOON - timedelta(seconds=5), None),
    ],
)
def test_what_is_just_now_or_unknown_has_no_moment_of_its_own(
    captured: datetime | None, device_now: datetime | None
) -> None:
    assert true_moment(captured, device_now, NOON) is None


def test_an_older_page_that_does_not_say_what_time_the_phone_has_is_believed() -> None:
    assert true_moment(NOON - timedelta(hours=2), None, NOON) == NOON - timedelta(hours=2)
