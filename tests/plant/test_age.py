"""Ages of equipment, for any days there are."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.errors import Invalid
from backend.plant.age import EARLIEST, read_commissioning, years_in_service

DAYS = st.dates(EARLIEST, date(2200, 1, 1))


@given(DAYS, DAYS)
def test_a_year_more_on_each_anniversary_and_never_on_another_day(one: date, other: date) -> None:
    since, today = sorted((one, other))
    years = years_in_service(since, today)
    assert years * 365.2 - 2 <= (today - since).days <= (years + 1) * 365.26 + 1
    grown = years_in_service(since, today + timedelta(days=1)) - years
    tomorrow = today + timedelta(days=1)
    leap_day_over = (since.month, since.day) == (2, 29) and (tomorrow.month, tomorrow.day) == (3, 1)
    assert grown == ((tomorrow.month, tomorrow.day) == (since.month, since.day) or (leap_day_over and grown == 1))


def test_the_day_is_read_as_a_date_field_sends_it_and_never_lies_ahead() -> None:
    today = date(2026, 11, 26)
    assert read_commissioning(" 2015-03-09 ", today) == date(2015, 3, 9)
    assert read_commissioning("", today) is None
    assert read_commissioning("2026-11-26", today) == today
    for nonsense in ("2026-11-27", "1899-12-31", "去年", "2015-02-30", "0000-00-00"):
        with pytest.raises(Invalid) as refused:
            read_commissioning(nonsense, today)
        assert set(refused.value.fields) == {"commissioned_on"}
