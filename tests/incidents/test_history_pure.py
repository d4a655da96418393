"""Periods, shares and comparisons of the history as values: bounds, zones, formulas against their definitions."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import comb
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.errors import Invalid
from backend.incidents.history.asked import Asked
from backend.incidents.history.charts import columns
from backend.incidents.history.comparing import Figures, Metric, Verdict, compare, holm
from backend.incidents.history.periods import (
    Against,
    Period,
    Preset,
    Step,
    buckets,
    compared_with,
    first_of,
    last_of,
    period_of,
    step_of,
)
from backend.incidents.history.shares import few, ranked
from backend.incidents.history.wording import change

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 27, 18, 30, tzinfo=UTC)
"""In Shanghai it is already the 28th."""


@pytest.mark.parametrize(
    ("preset", "first"),
    [("month", "2026-11-01"), ("90d", "2026-08-31"), ("quarter", "2026-10-01"), ("year", "2026-01-01")],
)
def test_a_preset_begins_at_midnight_of_the_site_and_ends_now(preset: str, first: str) -> None:
    found = period_of(preset, "", "", NOW, SHANGHAI)
    assert found.since == datetime.fromisoformat(first).replace(tzinfo=SHANGHAI)
    assert found.until == NOW


def test_days_of_ones_own_are_both_within_it_and_end_now_at_the_latest() -> None:
    found = period_of("", "2026-11-01", "2026-11-02", NOW, SHANGHAI)
    assert (found.preset, found.days) == (Preset.CUSTOM, 2)
    assert period_of("custom", "2026-11-28", "2026-12-31", NOW, SHANGHAI).until == NOW
    spring = period_of("custom", "2026-03-29", "2026-03-29", NOW, BERLIN)
    assert spring.days == 23 / 24, "the clocks go forward"


def test_without_days_a_preset_stays_and_days_go_before_it() -> None:
    assert period_of("all", "", "", NOW, SHANGHAI).since is None
    assert period_of("", "", "", NOW, SHANGHAI).preset == Preset.DAYS
    assert period_of("all", "2026-11-01", "2026-11-02", NOW, SHANGHAI).days == 2


@pytest.mark.parametrize(
    ("first", "last", "wrong"),
    [
        ("", "2026-11-01", {"from"}),
        ("0001-01-01", "9999-12-31", {"from", "to"}),
        ("2026-11-02", "2026-11-01", {"to"}),
        ("2026-12-01", "2026-12-02", {"from"}),
        ("<b>", "2026-02-30", {"from", "to"}),
    ],
)
def test_days_that_cant_be_are_refused_beside_their_field(first: str, last: str, wrong: set[str]) -> None:
    with pytest.raises(Invalid) as refused:
        period_of("custom", first, last, NOW, SHANGHAI)
    assert set(refused.value.fields) == wrong


def test_a_period_that_nobody_knows_is_refused() -> None:
    with pytest.raises(Invalid):
        period_of("<b>", "", "", NOW, SHANGHAI)


def test_as_long_before_ends_where_it_begins_and_last_years_is_as_long() -> None:
    month = period_of("month", "", "", NOW, SHANGHAI)
    before = compared_with(month, Against.PREVIOUS, SHANGHAI)
    assert before and (before.until, before.days) == (month.since, month.days)
    last = compared_with(month, Against.YEAR, SHANGHAI)
    assert last and last.since and last.since.astimezone(SHANGHAI).date() == date(2025, 11, 1)
    assert last.days == month.days and not last.overlaps(month)
    assert compared_with(period_of("all", "", "", NOW, SHANGHAI), Against.PREVIOUS, SHANGHAI) is None
    leap = period_of("custom", "2024-02-29", "2024-03-01", NOW, SHANGHAI)
    of_leap = compared_with(leap, Against.YEAR, SHANGHAI)
    assert of_leap and of_leap.since and of_leap.since.astimezone(SHANGHAI).date() == date(2023, 2, 28)


moments = st.integers(10**9, 3_700_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))


@given(moments, st.timedeltas(timedelta(minutes=1), timedelta(days=9000)), st.sampled_from([SHANGHAI, BERLIN]))
def test_a_trend_covers_its_period_without_gap_and_fits_a_phone(
    since: datetime, lasting: timedelta, zone: ZoneInfo
) -> None:
    until = since + lasting
    step = step_of(since, until)
    firsts = buckets(since, until, step, zone)
    assert firsts[0] <= since.astimezone(zone).date() <= last_of(firsts[0], step)
    assert firsts[-1] <= (until - timedelta(microseconds=1)).astimezone(zone).date() <= last_of(firsts[-1], step)
    assert all(last_of(one, step) + timedelta(days=1) == two for one, two in pairwise(firsts))
    assert len(firsts) <= 42
    assert [first_of(last_of(one, step), step) for one in firsts] == firsts


counts = st.integers(0, 40)


@given(st.dictionaries(st.integers(), st.integers(1, 1000), min_size=1))
def test_bars_fall_their_shares_add_up_and_the_few_are_the_fewest_that_make_most(values: dict[int, int]) -> None:
    bars = ranked(values)
    assert [bar.count for bar in bars] == sorted(values.values(), reverse=True)
    assert bars[-1].total == pytest.approx(1) and bars[0].width == 1
    enough = few(bars)
    assert bars[enough - 1].total >= 0.8 - 1e-6
    assert enough == 1 or bars[enough - 2].total < 0.8


def test_nothing_has_no_bars() -> None:
    assert ranked({}) == [] and few([]) == 0


@given(st.lists(st.tuples(counts, counts, counts), min_size=1, max_size=30))
def test_columns_stand_on_each_other_and_hold_every_incident(levels: list[tuple[int, int, int]]) -> None:
    firsts = [date(2026, 1, 1) + timedelta(days=n) for n in range(len(levels))]
    of = {
        (first, level): count
        for first, three in zip(firsts, levels, strict=True)
        for level, count in zip(("major", "significant", "general"), three, strict=True)
    }
    drawn = columns((firsts[0], firsts[-1]), firsts, of, Step.DAY, str)
    assert [one.count for one in drawn.columns] == [sum(three) for three in levels]
    for column in drawn.columns:
        bottom = 190.0
        for piece in column.pieces:
            assert piece.y + piece.height == pytest.approx(bottom, abs=0.11)
            bottom = piece.y
        assert bottom >= 9.9
    assert all(10 <= tick.at <= 190 for tick in drawn.values)


def test_the_steps_at_the_ends_hold_no_day_beyond_the_period() -> None:
    span = (date(2026, 11, 5), date(2026, 11, 27))
    firsts = [date(2026, 11, 2), date(2026, 11, 9), date(2026, 11, 16), date(2026, 11, 23)]
    drawn = columns(span, firsts, {}, Step.WEEK, str).columns
    assert (drawn[0].first, drawn[0].last) == (span[0], date(2026, 11, 8))
    assert drawn[-1].last == span[1]


def by_hand(after: int, before: int, share: float) -> float:
    """The two-sided exact binomial probability by its definition: of all that is no likelier than what happened."""
    whole = after + before
    chances = [comb(whole, k) * share**k * (1 - share) ** (whole - k) for k in range(whole + 1)]
    return sum(chance for chance in chances if chance <= chances[after] * (1 + 1e-7))


@given(st.integers(0, 25), st.integers(0, 25), st.floats(1, 400), st.floats(1, 400))
def test_counts_are_compared_by_the_exact_test_for_the_lengths_of_their_periods(
    after: int, before: int, days: float, before_days: float
) -> None:
    found = {one.metric: one for one in compare(Figures(days, count=after), Figures(before_days, count=before))}
    p = found[Metric.COUNT].p
    if not after + before:
        assert p is None and found[Metric.COUNT].verdict == Verdict.SAME
    else:
        wanted = by_hand(after, before, days / (days + before_days))
        tested = sum(one.p is not None for one in found.values())
        assert p == pytest.approx(min(1.0, wanted * tested), abs=1e-6) or p >= wanted - 1e-9


def test_the_worked_example_of_the_guide() -> None:
    found = {one.metric: one for one in compare(Figures(30, count=4), Figures(30, count=16))}
    count = found[Metric.COUNT]
    assert count.p == pytest.approx(2 * sum(comb(20, k) for k in range(5)) / 2**20)
    assert (count.verdict, count.ratio) == (Verdict.FEWER, 0.25)
    some = {one.metric: one for one in compare(Figures(30, count=9), Figures(30, count=12))}
    assert some[Metric.COUNT].verdict == Verdict.CHANCE


def test_rates_count_and_not_numbers_where_the_periods_differ_in_length() -> None:
    found = {one.metric: one for one in compare(Figures(300, count=100), Figures(30, count=10))}
    assert found[Metric.COUNT].ratio == 1 and found[Metric.COUNT].verdict == Verdict.CHANCE


def test_times_are_compared_by_rank_shares_by_fisher_and_sums_not_at_all() -> None:
    slow, quick = [60.0 + n for n in range(12)], [10.0 + n for n in range(12)]
    now = Figures(90, count=12, contain=quick, close=[5.0], warned=11, loss=1e6)
    then = Figures(90, count=12, contain=slow, close=slow, warned=1, loss=5.0)
    found = {one.metric: one for one in compare(now, then)}
    assert found[Metric.CONTAIN].verdict == Verdict.FEWER
    assert found[Metric.CLOSE].verdict == Verdict.UNKNOWN, "one has ended: nothing can be told"
    assert found[Metric.WARNED].verdict == Verdict.MORE
    assert found[Metric.LOSS].verdict == Verdict.UNTESTED and found[Metric.LOSS].p is None


@given(st.dictionaries(st.sampled_from(list(Metric)), st.floats(0, 1), min_size=1))
def test_probabilities_of_several_figures_are_never_smaller_and_keep_their_order(raw: dict[Metric, float]) -> None:
    adjusted = holm(raw)
    assert all(raw[metric] <= adjusted[metric] <= 1 for metric in raw)
    in_order = sorted(raw, key=lambda one: raw[one])
    assert [adjusted[one] for one in in_order] == sorted(adjusted.values())
    assert adjusted[in_order[0]] == pytest.approx(min(1, raw[in_order[0]] * len(raw)))


@pytest.mark.parametrize(("ratio", "said"), [(None, ""), (1, "±0%"), (0.75, "−25%"), (1.5, "+50%"), (3.2, "×3.2")])
def test_a_change_is_said_shortly(ratio: float | None, said: str) -> None:
    assert change(ratio) == said


typed = st.text(max_size=12)


@given(st.dictionaries(st.sampled_from(["stage", "area", "cause", "level", "weekday", "from", "class"]), typed))
def test_an_address_says_again_what_was_asked_for(of: dict[str, str]) -> None:
    from urllib.parse import parse_qsl, urlsplit

    asked = Asked().but(**of)
    again = dict(parse_qsl(urlsplit(asked.url("/rows")).query))
    assert again == {name: value.strip() for name, value in of.items() if value.strip()}


def test_what_no_id_can_be_finds_nothing_and_breaks_nothing() -> None:
    wanted = Asked(stage="1 OR 1=1", area=str(2**63), kind="'").read(NOW, SHANGHAI)
    assert wanted.narrowed == {"stage": -1, "area": -1, "kind": "'"}


def test_periods_overlap_or_follow_each_other() -> None:
    one = Period(Preset.CUSTOM, NOW - timedelta(days=2), NOW)
    assert not one.overlaps(Period(Preset.CUSTOM, NOW - timedelta(days=4), NOW - timedelta(days=2)))
    assert one.overlaps(Period(Preset.ALL, None, NOW))
