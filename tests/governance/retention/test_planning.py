"""Which days go, and which setting is in force. Pure."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.errors import Invalid
from backend.governance.retention.forms import read_days
from backend.governance.retention.kinds import shortens
from backend.governance.retention.models import Kind, RetentionRule
from backend.governance.retention.planning import Hold, Wish, held_days, what_goes
from backend.governance.retention.rules import standing

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
TODAY = NOON.date()


def test_a_day_goes_when_its_last_moment_is_older_than_what_is_kept() -> None:
    wishes = {1: Wish(30)}
    kept, gone = TODAY - timedelta(days=30), TODAY - timedelta(days=31)
    assert not what_goes(wishes, kept, [1], NOON).sites
    assert what_goes(wishes, gone, [1], NOON).whole


def test_the_longest_of_the_sites_rules_a_partition_and_the_rows_of_the_shorter_go() -> None:
    wishes = {1: Wish(30), 2: Wish(90), 3: Wish(0)}
    day = TODAY - timedelta(days=60)
    both = what_goes(wishes, day, [1, 2], NOON)
    assert (both.sites, both.whole) == ((1,), False)
    assert what_goes(wishes, day, [1], NOON).whole, "nobody else has any"
    assert not what_goes(wishes, day, [1, 3], NOON).whole, "for ever"


_moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 11, 27), timezones=st.just(UTC))  # noqa: DTZ001
_holds = st.builds(Hold, st.just("incident"), st.just(1), st.just("SJ"), _moments, st.none() | _moments)
_wishes = st.builds(Wish, st.integers(0, 400), st.lists(_holds, max_size=4))


@given(
    st.dictionaries(st.integers(1, 4), _wishes, min_size=1),
    st.sets(st.integers(1, 4)),
    st.integers(0, 400),
    st.integers(0, 86_399),
)
def test_no_moment_under_hold_or_young_enough_ever_goes(
    wishes: dict[int, Wish], present: set[int], age: int, second: int
) -> None:
    day = TODAY - timedelta(days=age)
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=second)
    going = what_goes(wishes, day, present, NOON)
    losers = present if going.whole else set(going.sites)
    for site in losers:
        wish = wishes[site]
        assert wish.keep_days and NOON - at > timedelta(days=wish.keep_days)
        assert not any(h.starts <= at and (h.ends is None or at < h.ends) for h in wish.holds)


@given(_wishes, st.lists(st.integers(0, 400).map(lambda n: TODAY - timedelta(days=n)), unique=True))
def test_a_day_is_said_to_be_held_exactly_when_only_a_hold_keeps_it(wish: Wish, days: list[date]) -> None:
    free = Wish(wish.keep_days)
    for day in days:
        would, does = (bool(what_goes({1: one}, day, [1], NOON).sites) for one in (free, wish))
        assert (day in held_days(wish, days, NOON)) == (would and not does)


def rule(version: int, days: int, hours: int, *, withdrawn: bool = False) -> RetentionRule:
    when = NOON + timedelta(hours=hours)
    made = RetentionRule(site_id=1, kind=Kind.REJECTIONS, version=version, keep_days=days, effective_at=when)
    made.withdrawn_at = NOON if withdrawn else None
    return made


def test_a_version_holds_from_its_time_on_unless_withdrawn() -> None:
    first, waits = rule(1, 200, -50), rule(2, 90, 3)
    now = standing([waits, first], 0, NOON)
    assert (now.days, now.version, now.waiting) == (200, 1, waits)
    assert standing([first, waits], 0, NOON + timedelta(hours=4)).days == 90
    assert standing([first, rule(2, 90, -3, withdrawn=True)], 0, NOON).days == 200
    assert standing([], 30, NOON).days == 30, "the server's own settings"


@pytest.mark.parametrize(
    ("before", "after", "shorter"), [(0, 30, True), (30, 0, False), (90, 30, True), (30, 90, False), (0, 0, False)]
)
def test_for_ever_is_longer_than_any_time(before: int, after: int, shorter: bool) -> None:
    assert shortens(before, after) is shorter


@pytest.mark.parametrize(
    ("kind", "typed", "days"),
    [
        (Kind.READINGS, "30", 30), (Kind.READINGS, "", 0), (Kind.READINGS, "29", None), (Kind.READINGS, "-1", None),
        (Kind.CHECKIN_POSITIONS, "365", 365), (Kind.CHECKIN_POSITIONS, "366", None),
        (Kind.CHECKIN_POSITIONS, "", None), (Kind.DELIVERIES, "180", None), (Kind.REJECTIONS, "１２", None),
    ],
)  # fmt: skip
def test_what_law_and_privacy_ask_bounds_what_can_be_set(kind: Kind, typed: str, days: int | None) -> None:
    if days is not None:
        assert read_days(kind, typed) == days
        return
    with pytest.raises(Invalid):
        read_days(kind, typed)
