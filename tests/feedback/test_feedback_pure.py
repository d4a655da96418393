"""When answers are due, which steps may follow which, what a page is called: worked out by hand."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.errors import Conflict, Forbidden, Invalid
from backend.feedback.deadlines import due_after, first_reminder, next_reminder, works
from backend.feedback.draft import Draft, kind_of_page, page_of
from backend.feedback.lifecycle import Step, check
from backend.feedback.models import State

SHANGHAI = ZoneInfo("Asia/Shanghai")
THURSDAY = datetime(2026, 11, 26, 17, 30, tzinfo=UTC)  # Friday, 01:30 in Shanghai


def test_three_working_days_after_a_friday_end_when_wednesday_ends() -> None:
    assert due_after(THURSDAY, 3, SHANGHAI) == datetime(2026, 12, 3, tzinfo=SHANGHAI)
    assert due_after(THURSDAY, 3, ZoneInfo("UTC")) == datetime(2026, 12, 2, tzinfo=UTC), "there it is still Thursday"


def test_holidays_of_the_site_do_not_count() -> None:
    free = {date(2026, 11, 30), date(2026, 12, 2)}
    assert due_after(THURSDAY, 3, SHANGHAI, free) == datetime(2026, 12, 5, tzinfo=SHANGHAI)


@given(
    st.integers(0, 2 * 365 * 24).map(lambda hours: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)),
    st.integers(1, 30),
    st.sets(st.dates(date(2026, 1, 1), date(2028, 2, 1)), max_size=40),
)
def test_between_giving_and_due_lie_just_so_many_working_days(given_at: datetime, days: int, free: set[date]) -> None:
    due = due_after(given_at, days, SHANGHAI, free)
    first, last = given_at.astimezone(SHANGHAI).date(), (due - timedelta(seconds=1)).astimezone(SHANGHAI).date()
    between = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
    assert sum(works(day, free) for day in between) == days
    assert works(last, free)
    assert due > given_at


def test_reminders_come_on_the_morning_of_the_last_day_and_then_each_working_day() -> None:
    due = datetime(2026, 12, 3, tzinfo=SHANGHAI)
    assert first_reminder(due, SHANGHAI) == datetime(2026, 12, 2, 8, tzinfo=SHANGHAI)
    friday = datetime(2026, 12, 4, 8, 1, tzinfo=SHANGHAI)
    assert next_reminder(friday, SHANGHAI) == datetime(2026, 12, 7, 8, tzinfo=SHANGHAI)


@pytest.mark.parametrize("step", [Step.TAKEN, Step.ASSIGNED, Step.ANSWERED, Step.DECLINED, Step.MERGED])
def test_only_those_who_answer_take_steps_towards_an_answer(step: Step) -> None:
    check(step, State.RECEIVED, State.RECEIVED, own=False, answers=True)
    with pytest.raises(Forbidden):
        check(step, State.RECEIVED, State.RECEIVED, own=True, answers=False)
    with pytest.raises(Conflict):
        check(step, State.MERGED, State.ANSWERED, own=False, answers=True)


@pytest.mark.parametrize("step", [Step.REOPENED, Step.USEFUL, Step.USELESS])
def test_only_who_gave_it_says_whether_the_answer_helped_and_only_when_there_is_one(step: Step) -> None:
    check(step, State.ANSWERED, State.ANSWERED, own=True, answers=False)
    check(step, State.MERGED, State.DECLINED, own=True, answers=False)
    with pytest.raises(Forbidden):
        check(step, State.ANSWERED, State.ANSWERED, own=False, answers=True)
    with pytest.raises(Conflict):
        check(step, State.WORKING, State.WORKING, own=True, answers=False)


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("https://ansu.example/alarms/7?hours=8#now", "/alarms/7"),
        ("/tasks", "/tasks"),
        ("https://evil.example/alarms/7", ""),
        ("//evil.example/x", ""),
        ("https://ansu.example/feedback/3", ""),
        ("javascript:alert(1)", ""),
        ("https://ansu.example.evil/x", ""),
        ("", ""),
    ],
)
def test_a_page_is_a_path_of_ours_and_nothing_else(address: str, page: str) -> None:
    assert page_of(address, "https://ansu.example") == page


def test_pages_of_things_of_one_kind_are_one_page() -> None:
    assert kind_of_page("/alarms/7") == kind_of_page("/alarms/81") == "/alarms/…"
    assert kind_of_page("/incidents/5/duties") == "/incidents/…/duties"
    assert kind_of_page("/cause-library/valve2") == "/cause-library/valve2"


def test_a_sentence_is_enough_and_without_one_it_says_so() -> None:
    assert Draft("idea", "  慢\r\n").checked().words == "慢"
    with pytest.raises(Invalid) as refused:
        Draft("rant", " \0 ").checked()
    assert set(refused.value.fields) == {"kind", "words"}
