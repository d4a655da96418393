"""How far counts are heaped, what is advised, and what an address asks for."""

import asyncio
from datetime import UTC, datetime
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.errors import Invalid
from backend.core.kept import Kept
from backend.hazards.accidents import Accident
from backend.incidents.history.periods import Step
from backend.operations.distribution.accident_rules import ACCIDENT_RULES
from backend.operations.distribution.accidents import by_accident as table_of
from backend.operations.distribution.advice import by_accident, by_cause, by_place, by_time, by_type
from backend.operations.distribution.asked import Asked, Source
from backend.operations.distribution.concentration import chance_gini, concentration, gini
from backend.operations.distribution.rules import RULES
from backend.operations.distribution.wording import TYPES, chosen

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 27, 4, tzinfo=UTC)
COUNTS = st.lists(st.integers(0, 200), min_size=2, max_size=30).filter(any)


def test_concentration_of_counts_worked_out_by_hand() -> None:
    one = concentration([50, 20, 15, 10, 5])
    assert one is not None
    assert (one.few, one.places, one.share, one.n) == (3, 5, 0.85, 100)
    # Rising 5, 10, 15, 20, 50: (-4·5 - 2·10 + 0·15 + 2·20 + 4·50) / (5 · 100) = 200 / 500
    assert one.gini == pytest.approx(0.4)
    assert one.heaped and not one.even and not one.small
    assert concentration([7]) is None
    assert concentration([0, 0]) is None


def test_few_facts_are_uneven_by_chance_and_that_is_known() -> None:
    # Each of 4 facts falls on one of 3 places: the mean of the Gini figures of all 81 ways.
    ways = [[way.count(place) for place in range(3)] for way in product(range(3), repeat=4)]
    assert chance_gini(4, 3) == pytest.approx(sum(map(gini, ways)) / len(ways), abs=0.05)
    few = concentration([3, 1, 0, 0])
    assert few is not None and few.small and not few.heaped


@given(COUNTS)
def test_a_gini_figure_is_the_mean_difference_over_twice_the_mean(counts: list[int]) -> None:
    k, mean = len(counts), sum(counts) / len(counts)
    difference = sum(abs(a - b) for a in counts for b in counts) / k**2
    assert gini(counts) == pytest.approx(difference / (2 * mean))
    assert 0 <= gini(counts) <= 1 - 1 / k + 1e-9


@given(COUNTS)
def test_the_few_places_hold_most_and_one_fewer_does_not(counts: list[int]) -> None:
    one = concentration(counts)
    assert one is not None
    largest = sorted(counts, reverse=True)
    assert sum(largest[: one.few]) >= 0.8 * one.n - 1e-6 > sum(largest[: one.few - 1]) - 1e-3
    assert one.share == pytest.approx(sum(largest[: one.few]) / one.n)


def test_each_type_has_its_own_advice_and_few_or_even_facts_have_none() -> None:
    types = {("hazard", "object"): 6, ("hazard", "person"): 4, ("hazard", ""): 50, ("incident", "fire"): 4}
    [one] = by_type(types)
    assert (one.source, one.value, one.count, one.of) == (Source.HAZARD, "object", 6, 10)
    assert "8.1.2" in one.rule.basis
    assert not by_type({("hazard", "person"): 4}), "four are too few to advise anything"
    assert {(source, code) for source, of in TYPES.items() for code in of} - {("incident", "other")} == set(RULES)


def test_an_accident_type_is_advised_on_over_hazards_and_incidents_together_if_it_holds_three_tenths() -> None:
    # 2 + 1 of 3 + 7 told: 30 %, and no other has as many.
    even = {("hazard", code): 1 for code in ("burn", "fall", "struck", "drowning", "collapse", "machine", "lifting")}
    [one] = by_accident({("hazard", "fire"): 2, ("incident", "fire"): 1, ("incident", ""): 90, **even})
    assert (one.source, one.parameter, one.value, one.count, one.of) == (None, "accident", "fire", 3, 10)
    assert "消防法" in one.rule.basis
    assert not by_accident({("hazard", "fire"): 2, ("incident", "fire"): 1, **even, ("hazard", "leak"): 1}), "3 of 11"
    assert not by_accident({("hazard", "fire"): 4}), "four are too few"
    assert not by_accident({("hazard", ""): 40}), "what nobody told says nothing"
    assert not by_accident({("hazard", "other"): 40}), "of other accidents nothing can be said for certain"
    assert set(ACCIDENT_RULES) == set(Accident) - {Accident.OTHER}


def test_accident_types_are_summed_over_sources_and_alarms_are_no_source_of_them() -> None:
    counts = {("hazard", "fire"): 2, ("incident", "fire"): 1, ("hazard", ""): 4, ("incident", "leak"): 1}
    one = table_of(tuple(Source), counts, {("incident", "leak"): 3, ("hazard", ""): 2})
    assert [(bar.key, bar.count, bar.share) for bar in one.bars] == [("fire", 3, 0.75), ("leak", 1, 0.25)]
    assert (one.told, one.untold, one.before) == (4, 4, {"leak": 3, "": 2})
    assert one.of("hazard", "fire") == 2 and one.of("hazard", "leak") == 0
    assert list(one.sources) == [Source.HAZARD, Source.INCIDENT]
    assert not table_of((Source.ALARM,), {}, {}).sources


def test_a_bare_place_is_no_cause_to_be_cured_and_an_even_day_has_no_busy_hour() -> None:
    assert not by_cause({"equipment:3": 40, "": 10})
    assert by_cause({"equipment:3": 40, "pump.seal": 9})[0].value == "pump.seal"
    assert not by_time({(day, hour): 3 for day in range(1, 8) for hour in range(0, 24, 2)}, 12)
    assert by_time({(1, 8): 9, (2, 8): 9, (3, 2): 30}, 12)[0].value == "2"
    assert by_place({1: 40, None: 90}, heaped=True)[0].value == "1"
    assert not by_place({1: 40}, heaped=False)


def test_an_address_says_period_comparison_and_step_in_the_days_of_the_site() -> None:
    month = Asked().read(NOON, SHANGHAI)
    assert month.sources == tuple(Source) and month.step == Step.DAY
    assert month.period.since == datetime(2026, 10, 28, 16, tzinfo=UTC), "thirty days of the site, today included"
    assert month.other is not None and month.other.until == month.period.since
    year = Asked(period="1y", against="year").read(NOON, SHANGHAI)
    assert year.step == Step.WEEK and year.other is not None and year.other.since is not None
    assert year.other.since.year == 2024
    own = Asked(from_="2026-01-05", to="2026-01-06", source="hazard", area="3", team="none").read(NOON, SHANGHAI)
    assert own.narrowed == {"area": 3, "team": None} and own.sources == (Source.HAZARD,)
    assert Asked(source="alarm", area="3").url("/rows", hour=8, area=None) == "/distribution/rows?source=alarm&hour=8"
    for wrong in (Asked(source="x"), Asked(period="5y"), Asked(against="ever"), Asked(from_="tomorrow")):
        with pytest.raises(Invalid):
            wrong.read(NOON, SHANGHAI)


@given(st.text(max_size=20))
def test_whatever_stands_in_an_address_is_a_filter_in_words_or_none(typed: str) -> None:
    for name in ("hour", "weekday", "level", "type", "accident"):
        assert chosen("hazard", name, typed) is not None


async def test_who_asks_for_the_same_waits_for_the_one_who_counts_and_failures_are_not_kept() -> None:
    at, made = 0.0, 0
    kept: Kept[int] = Kept(lambda: at)

    async def count() -> int:
        nonlocal made
        made += 1
        await asyncio.sleep(0)
        if made == 1:
            raise LookupError
        return made

    first, *others = await asyncio.gather(*(kept.get("a", count) for _ in range(3)), return_exceptions=True)
    assert isinstance(first, LookupError) and others == [2, 2]
    assert await kept.get("a", count) == 2 and await kept.get("b", count) == 3
    at = 31.0
    assert await kept.get("a", count) == 4
