"""What the form suggests and accepts."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from backend.alarms.models import Level
from backend.core.errors import Invalid
from backend.hazards.numbering import number_on
from backend.hazards.plan import (
    Plan,
    TimeLeft,
    check,
    deadline_choices,
    read_deadline,
    read_funds,
    suggested_deadline,
    time_left,
    typed_deadline,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 24, 6, 40, tzinfo=UTC)


def plan(**changes: object) -> Plan:
    fixed = {
        "title": "阀门泄漏",
        "measure": "更换密封",
        "owner_id": 1,
        "deadline": NOW + timedelta(days=1),
        "level": "general",
    }
    return Plan(**{**fixed, **changes})  # type: ignore[arg-type]


def fields_refused(of: Plan) -> set[str]:
    with pytest.raises(Invalid) as refused:
        check(of, NOW)
    return set(refused.value.fields)


@pytest.mark.parametrize(("level", "day"), [("major", 25), ("significant", 27), ("general", 1), ("low", 8)])
def test_the_graver_the_sooner(level: str, day: int) -> None:
    due = suggested_deadline(level, NOW, SHANGHAI)
    assert (due.day, due.hour, due.minute) == (day, 14, 0)
    assert set(Level) == {"major", "significant", "general", "low"}


@pytest.mark.parametrize(
    ("level", "suggested"), [("major", ["明天"]), ("significant", ["3 天内"]), ("general", ["7 天内"]), ("low", [])]
)
def test_one_tap_deadlines_are_offered_and_the_one_that_fits_the_level_suggested(
    level: str, suggested: list[str]
) -> None:
    choices = deadline_choices(level, NOW, SHANGHAI)
    assert [choice.typed for choice in choices] == [
        "2026-11-24T23:59",
        "2026-11-25T14:00",
        "2026-11-27T14:00",
        "2026-12-01T14:00",
    ]
    assert [choice.words for choice in choices if choice.suggested] == suggested
    assert all(choice.due > NOW for choice in choices)


def test_what_a_form_holds_as_deadline_reads_back_as_the_same_moment() -> None:
    due = suggested_deadline("low", NOW, SHANGHAI)
    assert read_deadline(typed_deadline(due), SHANGHAI) == due


def test_a_deadline_is_typed_in_the_plants_own_time() -> None:
    assert read_deadline("2026-11-25T18:00", SHANGHAI) == datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
    assert read_deadline("tomorrow", SHANGHAI) is None


@pytest.mark.parametrize(
    ("typed", "funds"),
    [("", None), (" 1200 ", Decimal("1200.00")), ("1,200.50", Decimal("1200.50")), ("0", Decimal(0))],
)
def test_funds_are_read_as_people_write_them(typed: str, funds: Decimal | None) -> None:
    assert read_funds(typed) == funds


@pytest.mark.parametrize("typed", ["-1", "NaN", "Infinity", "1e30", "一千", "1.005", "1200元"])
def test_funds_that_are_no_amount_are_refused_beside_the_field(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_funds(typed)
    assert set(refused.value.fields) == {"funds"}


def test_a_whole_plan_is_accepted() -> None:
    check(plan(), NOW)


def test_everything_that_is_wrong_is_named_at_once() -> None:
    assert fields_refused(plan(title=" ", measure="", deadline=NOW, level="awful", cause="长" * 1001)) == {
        "title",
        "measure",
        "deadline",
        "level",
        "cause",
    }
    assert fields_refused(plan(deadline=NOW + timedelta(days=367))) == {"deadline"}


def test_numbers_read_as_people_say_them_and_go_beyond_a_thousand() -> None:
    assert number_on("ZG-20261124-", 3) == "ZG-20261124-003"
    assert number_on("ZG-20261124-", 1000) == "ZG-20261124-1000"


@pytest.mark.parametrize(
    ("hours", "left"),
    [
        (50, TimeLeft(False, "day", 2)),
        (47.5, TimeLeft(False, "hour", 47)),
        (0.2, TimeLeft(False, "hour", 1)),
        (-3, TimeLeft(True, "hour", 3)),
        (-80, TimeLeft(True, "day", 3)),
    ],
)
def test_time_left_is_told_in_days_and_when_close_in_hours(hours: float, left: TimeLeft) -> None:
    assert time_left(NOW + timedelta(hours=hours), NOW) == left
