"""What becomes of a value: each row of the table in ``telemetry.cleaning``, and what holds for any stream of values."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.telemetry.cleaning import (
    AHEAD,
    ANCIENT,
    LATE,
    QUIET,
    STUCK_FOR,
    STUCK_VALUES,
    Cleaned,
    Instrument,
    PointMemory,
    clean,
)
from backend.telemetry.formats.moments import DAY, SECOND, Micros, from_datetime
from backend.telemetry.models import Quality
from tests.telemetry.examples import some

NOW = from_datetime(datetime(2026, 11, 24, 8, tzinfo=UTC))
ANALOGUE = Instrument(0.0, 100.0)


class Sensor:
    """A point that values are sent to, a second apart unless told otherwise."""

    def __init__(self, instrument: Instrument = ANALOGUE) -> None:
        self.instrument = instrument
        self.memory = PointMemory()
        self.received = NOW

    def send(self, number: float, device: Micros | None = None, *, after: Micros = SECOND) -> Cleaned | None:
        """``number`` with the device's time, ``after`` the value before."""
        self.received += after
        return clean(number, device, self.received, self.instrument, self.memory)

    def stamped(self, number: float, lag: Micros, *, after: Micros = SECOND) -> Cleaned:
        """``number`` whose device is ``lag`` behind us."""
        cleaned = self.send(number, self.received + after - lag, after=after)
        assert cleaned is not None
        return cleaned


@pytest.fixture
def sensor() -> Sensor:
    return Sensor()


def test_a_value_without_a_time_counts_from_its_receipt(sensor: Sensor) -> None:
    assert sensor.send(20.0) == Cleaned(sensor.received, 20.0, 0, sensor.received)


@pytest.mark.parametrize("lag", [0, SECOND, LATE, -AHEAD])
def test_a_usual_time_is_kept_and_judged(sensor: Sensor, lag: Micros) -> None:
    cleaned = sensor.stamped(20.0, lag)
    assert (cleaned.at, cleaned.quality) == (sensor.received - lag, 0)
    assert cleaned.judged == min(cleaned.at, sensor.received)


@pytest.mark.parametrize("lag", [-AHEAD - 1, -DAY, ANCIENT + 1, 20_000 * DAY])
def test_an_impossible_time_never_keeps_a_value_from_being_judged(sensor: Sensor, lag: Micros) -> None:
    cleaned = sensor.stamped(20.0, lag)
    assert cleaned == Cleaned(sensor.received, 20.0, Quality.CLOCK, sensor.received)


@pytest.mark.parametrize("lag", [LATE + 1, DAY, ANCIENT])
def test_what_a_buffer_sends_late_is_stored_but_not_judged(sensor: Sensor, lag: Micros) -> None:
    sensor.stamped(20.0, 0)
    cleaned = sensor.stamped(21.0, lag)
    assert cleaned == Cleaned(sensor.received - lag, 21.0, Quality.BACKFILL, None)


def test_a_buffer_that_empties_is_never_taken_for_a_slow_clock(sensor: Sensor) -> None:
    for minute in range(100):  # an hour's values within ten seconds: the distance shrinks
        cleaned = sensor.stamped(20.0 + minute % 7, 3 * 3600 * SECOND - minute * 36 * SECOND, after=SECOND // 10)
        assert (cleaned.judged, cleaned.quality) == (None, Quality.BACKFILL)


def test_a_slow_clock_is_judged_by_receipt_once_it_has_shown_itself(sensor: Sensor) -> None:
    seen = [sensor.stamped(20.0 + i % 7, 3600 * SECOND) for i in range(30)]
    assert [cleaned.judged for cleaned in seen[:10]] == [None] * 10
    assert {cleaned.quality for cleaned in seen[:10]} == {Quality.BACKFILL}
    assert {cleaned.quality for cleaned in seen[10:]} == {Quality.CLOCK}
    assert all(cleaned.judged == cleaned.at for cleaned in seen[10:])


def test_a_clock_that_stands_still_is_judged_by_receipt(sensor: Sensor) -> None:
    device = sensor.received
    sensor.send(20.0, device)
    assert sensor.send(99.0, device) == Cleaned(sensor.received, 99.0, Quality.CLOCK, sensor.received)


def test_a_value_sent_again_keeps_its_key_and_is_not_judged_twice(sensor: Sensor) -> None:
    device = sensor.received
    first = sensor.send(20.0, device)
    again = sensor.send(20.0, device)
    assert first is not None and again is not None
    assert (again.at, again.judged) == (first.at, None)


def test_a_wrongly_timed_value_sent_again_is_known(sensor: Sensor) -> None:
    device = sensor.received + DAY
    assert sensor.send(20.0, device) is not None
    assert sensor.send(21.0, device + SECOND) is not None
    assert sensor.send(20.0, device) is None


def test_a_straggler_between_newer_values_is_stored_but_not_judged(sensor: Sensor) -> None:
    sensor.stamped(20.0, 0)
    cleaned = sensor.stamped(19.0, 3 * SECOND)
    assert cleaned == Cleaned(sensor.received - 3 * SECOND, 19.0, 0, None)


def test_a_clock_set_back_is_judged_after_a_moment_of_quiet(sensor: Sensor) -> None:
    sensor.stamped(20.0, 0)
    cleaned = sensor.stamped(99.0, 60 * SECOND, after=QUIET)
    assert cleaned == Cleaned(sensor.received - 60 * SECOND, 99.0, Quality.CLOCK, sensor.received)
    following = sensor.stamped(99.5, 60 * SECOND)
    assert following.judged is not None


@pytest.mark.parametrize(
    ("number", "outside"), [(-0.1, True), (0.0, False), (100.0, False), (100.1, True), (1e300, True)]
)
def test_what_the_instrument_cannot_mean_is_marked_and_still_judged(
    sensor: Sensor, number: float, outside: bool
) -> None:
    cleaned = sensor.send(number)
    assert cleaned is not None and cleaned.judged is not None
    assert bool(cleaned.quality & Quality.OUT_OF_RANGE) == outside


def quality_after_standing_still(sensor: Sensor, number: float) -> int:
    for _ in range(STUCK_VALUES - 1):
        sensor.send(number, after=STUCK_FOR // (STUCK_VALUES - 1) + 1)
    last = sensor.send(number, after=STUCK_FOR // (STUCK_VALUES - 1) + 1)
    assert last is not None and last.judged is not None
    return last.quality


def test_the_very_same_number_for_minutes_is_marked_as_stuck(sensor: Sensor) -> None:
    assert quality_after_standing_still(sensor, 41.7) == Quality.STUCK
    moved = sensor.send(41.8)
    assert moved is not None and moved.quality == 0


@pytest.mark.parametrize("resting", [0.0, 100.0])
def test_an_instrument_resting_at_zero_or_at_its_end_is_not_stuck(sensor: Sensor, resting: float) -> None:
    assert quality_after_standing_still(sensor, resting) == 0


def test_what_people_set_may_stand_still() -> None:
    assert quality_after_standing_still(Sensor(Instrument(may_stick=False)), 41.7) == 0


sent = st.tuples(
    st.sampled_from([0.0, 20.0, 20.5, 99.0, 101.0]),
    st.none() | st.sampled_from([0, 1, SECOND, 10 * SECOND, LATE + 1, 3600 * SECOND, ANCIENT + 1, -SECOND, -DAY]),
    st.sampled_from([0, 1, SECOND, 6 * SECOND, 400 * SECOND]),
)
"""Number, how far the device lags, time since the value before."""
streams = st.lists(sent, min_size=1, max_size=25)


def play(stream: list[tuple[float, Micros | None, Micros]]) -> list[tuple[Micros, Cleaned | None]]:
    """When each value was received, and what became of it."""
    sensor = Sensor()
    played = []
    for number, lag, after in stream:
        received = sensor.received + after
        played.append((received, sensor.send(number, None if lag is None else received - lag, after=after)))
    return played


@some
@given(stream=streams)
def test_rules_see_a_point_only_moving_forward(stream: list[tuple[float, Micros | None, Micros]]) -> None:
    judged = [cleaned.judged for _, cleaned in play(stream) if cleaned is not None and cleaned.judged is not None]
    assert judged == sorted(set(judged))


@some
@given(stream=streams)
def test_nothing_is_stored_in_the_future_or_in_ancient_times(
    stream: list[tuple[float, Micros | None, Micros]],
) -> None:
    for received, cleaned in play(stream):
        if cleaned is not None:
            assert received - ANCIENT <= cleaned.at <= received + AHEAD
            assert (cleaned.judged is None) or cleaned.quality & Quality.BACKFILL == 0


@some
@given(stream=streams)
def test_the_last_message_sent_again_adds_no_reading(stream: list[tuple[float, Micros | None, Micros]]) -> None:
    sensor = Sensor()
    keys = set()
    for number, lag, after in stream:
        device = None if lag is None else sensor.received + after - lag
        first = sensor.send(number, device, after=after)
        if first is not None:
            keys.add(first.at)
        if device is not None:
            again = sensor.send(number, device, after=0)
            assert again is None or (again.at in keys and again.judged is None)


@some
@given(stream=streams, cut=st.integers(0, 25))
def test_a_restarted_ingest_goes_on_as_if_it_had_never_stopped(
    stream: list[tuple[float, Micros | None, Micros]], cut: int
) -> None:
    steady, restarted = Sensor(), Sensor()
    for i, (number, lag, after) in enumerate(stream):
        if i == cut:
            kept = msgspec.json.decode(msgspec.json.encode(restarted.memory.to_keep()))
            restarted.memory = PointMemory(kept)
        device = None if lag is None else steady.received + after - lag
        assert restarted.send(number, device, after=after) == steady.send(number, device, after=after)
