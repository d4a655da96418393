"""The class of an accident, foresight, effects and likeness: rules without a database."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.incidents.review.accident import AccidentClass, accident_class
from backend.incidents.review.effects import Moved, change
from backend.incidents.review.foresight import Alarmed, Forecast, Outcome, compare, first_warning, hit_share
from backend.incidents.review.likeness import LEAST, MOST, Alike, Features, alike, in_common, score

T0 = datetime(2026, 11, 27, tzinfo=UTC)
ORDER = list(AccidentClass)


@pytest.mark.parametrize(
    ("deaths", "injured", "loss", "expected"),
    [
        (30, 0, 0, "extraordinary"),
        (29, 0, 0, "major"),
        (10, 0, 0, "major"),
        (9, 0, 0, "larger"),
        (3, 0, 0, "larger"),
        (2, 0, 0, "ordinary"),
        (0, 100, 0, "extraordinary"),
        (0, 99, 0, "major"),
        (0, 50, 0, "major"),
        (0, 49, 0, "larger"),
        (0, 10, 0, "larger"),
        (0, 9, 0, "ordinary"),
        (0, 0, "100000000", "extraordinary"),
        (0, 0, "99999999.99", "major"),
        (0, 0, "50000000", "major"),
        (0, 0, "49999999.99", "larger"),
        (0, 0, "10000000", "larger"),
        (0, 0, "9999999.99", "ordinary"),
        (0, 0, "0.01", "ordinary"),
        (2, 10, "1", "larger"),
    ],
)
def test_the_class_of_an_accident_at_the_bounds_of_article_3(
    deaths: int, injured: int, loss: str, expected: str
) -> None:
    assert accident_class(deaths, injured, Decimal(loss)) == expected


counts = st.none() | st.integers(0, 200)
losses = st.none() | st.decimals(0, 200_000_000, places=2)


@given(counts, counts, losses, st.integers(0, 50), st.integers(0, 50), st.decimals(0, 100_000_000, places=2))
def test_more_harm_never_makes_a_lesser_class_and_each_harm_alone_reaches_it(
    deaths: int | None, injured: int | None, loss: Decimal | None, more: int, hurt: int, yuan: Decimal
) -> None:
    first = accident_class(deaths, injured, loss)
    worse = accident_class((deaths or 0) + more, (injured or 0) + hurt, (loss or Decimal(0)) + yuan)
    if first is not None:
        assert worse is not None and ORDER.index(worse) <= ORDER.index(first)
    alone = [accident_class(deaths, None, None), accident_class(None, injured, None), accident_class(None, None, loss)]
    known = [one for one in alone if one is not None]
    assert first == (min(known, key=ORDER.index) if known else None)


def test_nothing_entered_and_nothing_lost_has_no_class() -> None:
    assert accident_class(None, None, None) is None
    assert accident_class(0, 0, Decimal(0)) is None


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def foretold(equipment: int, said: float, arrival: float) -> Forecast:
    return Forecast(equipment, at(said), at(arrival), at(arrival - 5), at(arrival + 5))


def test_what_came_what_did_not_and_what_nobody_foretold() -> None:
    forecasts = [foretold(1, 0, 10), foretold(2, 0, 20), foretold(3, 30, 40)]
    alarms = [Alarmed(11, 1, at(12)), Alarmed(12, 1, at(13)), Alarmed(13, 3, at(25)), Alarmed(14, None, at(1))]
    found = {one.equipment_id: one for one in compare(forecasts, alarms)}
    assert found[1].outcome is Outcome.CAME and found[1].late_s == 120 and found[1].within
    assert found[1].alarm is not None and found[1].alarm.alarm_id == 11
    assert found[2].outcome is Outcome.NOT_COME
    assert found[3].outcome is Outcome.UNFORETOLD, "it had alarmed before anybody named it"
    assert hit_share(found.values()) == {"came": 1, "not_come": 1, "unforetold": 1, "before": 0}


def test_what_alarmed_before_anything_could_be_told_is_no_miss() -> None:
    alarms = [Alarmed(11, 1, at(12)), Alarmed(12, 2, at(1)), Alarmed(13, 3, at(2)), Alarmed(14, 4, at(30))]
    found = {one.equipment_id: one for one in compare([foretold(1, 2, 10), foretold(2, 2, 9)], alarms, at(2))}
    assert [found[one].outcome for one in (1, 2, 3, 4)] == ["came", "before", "before", "unforetold"]
    untold = compare([], alarms)
    assert {one.outcome for one in untold} == {Outcome.UNFORETOLD}, "without a trace nothing was told at any time"


@given(
    st.lists(st.tuples(st.integers(1, 6), st.integers(0, 60), st.integers(0, 90)), max_size=12),
    st.lists(st.tuples(st.integers(1, 6), st.integers(0, 90)), max_size=12),
)
def test_each_equipment_is_told_once_and_nothing_is_foretold_after_it_came(
    told: list[tuple[int, int, int]], came: list[tuple[int, int]]
) -> None:
    forecasts = [foretold(*one) for one in told]
    alarms = [Alarmed(number, equipment, at(minute)) for number, (equipment, minute) in enumerate(came)]
    found = compare(forecasts, alarms)
    ids = [one.equipment_id for one in found]
    assert len(ids) == len(set(ids))
    alarmed = {one.equipment_id for one in alarms}
    assert alarmed <= set(ids)
    for one in found:
        assert (one.alarm is not None) == (one.equipment_id in alarmed)
        if one.outcome is Outcome.CAME:
            assert one.forecast is not None and one.alarm is not None and one.forecast.foretold_at < one.alarm.at


def test_the_first_early_warning_counts_from_when_it_came_until_it_was_opened() -> None:
    alarms = [Alarmed(1, 1, at(3)), Alarmed(2, 1, at(5), warning=True), Alarmed(3, 1, at(4), warning=True)]
    found = first_warning(alarms, at(10))
    assert found is not None and (found[0].alarm_id, found[1]) == (3, 360)
    assert first_warning(alarms, at(4)) is None
    assert first_warning(alarms[:1], at(10)) is None


@given(st.floats(-1e6, 1e6), st.floats(0, 1e3), st.floats(-1e6, 1e6))
def test_a_change_within_the_noise_is_none_and_a_clear_one_has_its_direction(
    before: float, spread: float, after: float
) -> None:
    moved = change(1, before, spread, after).moved
    if abs(after - before) <= 2 * spread:
        assert moved is Moved.SAME
    elif moved is not Moved.SAME:
        assert (moved is Moved.ROSE) == (after > before)
    assert change(1, 10.0, None, 12.0).moved is Moved.ROSE and change(1, 10.0, 0.5, 8.0).moved is Moved.FELL


features = st.builds(
    Features,
    incident_id=st.integers(1, 1000),
    kind=st.sampled_from(["fire", "gas_leak"]),
    equipment_id=st.none() | st.integers(1, 3),
    area_id=st.none() | st.integers(1, 2),
    equipment_class=st.sampled_from(["", "pump"]),
    cause=st.sampled_from(["", "equipment:3/valve.sticking"]),
    points=st.frozensets(st.integers(1, 5), max_size=4),
)


@given(features, features)
def test_likeness_is_the_same_from_both_sides_and_what_neither_has_is_nothing_in_common(
    one: Features, other: Features
) -> None:
    common = in_common(one, other)
    assert common == in_common(other, one)
    assert Alike.CAUSE not in common or one.cause
    assert Alike.EQUIPMENT not in common or one.equipment_id
    assert Alike.POINTS not in common or one.points


@given(features, st.lists(features, max_size=20, unique_by=lambda one: one.incident_id))
def test_the_most_alike_come_first_never_itself_and_never_by_kind_or_area_alone(
    one: Features, past: list[Features]
) -> None:
    found = alike(one, past)
    assert len(found) <= MOST and one.incident_id not in {id_ for id_, _ in found}
    weights = [score(common) for _, common in found]
    assert weights == sorted(weights, reverse=True) and all(weight >= LEAST for weight in weights)
