"""Early warning where normal work itself changes: with the day, with the product. And sensors that are stuck."""

from collections.abc import Callable

import numpy as np
import pytest

from backend.tracing.engine import Detector, Form, Normal, Window, detect, learn_normal
from tests.tracing.rhythmic import HOUR_S, two_products, water
from tests.tracing.synthetic import chain, learned

DAYS_30, AFTER = 720, 480


def _products(rows: int, seed: int, *, fault: str = "", fault_at: int = 0) -> Window:
    return two_products(rows, seed, signal=False, fault=fault, fault_at=fault_at)


def _told_products(rows: int, seed: int, *, fault: str = "", fault_at: int = 0) -> Window:
    return two_products(rows, seed, signal=True, fault=fault, fault_at=fault_at)


PLANTS = [
    (water, DAYS_30, ("leak", "pressure", "late")),
    (_products, 1200, ("bias", "mixed")),
    (_told_products, 1200, ("bias", "mixed")),
]


@pytest.mark.parametrize(("make", "normal_rows", "faults"), PLANTS)
def test_work_that_changes_by_itself_is_quiet_and_a_fault_in_it_is_found(
    make: Callable[..., Window], normal_rows: int, faults: tuple[str, ...]
) -> None:
    quiet, found = [], {fault: [] for fault in faults}
    for seed in range(4):
        window = make(normal_rows + AFTER, seed)
        normal = learn_normal(window.between(0, normal_rows))
        quiet.append(detect(window, normal, 0.01, learned_rows=normal_rows).alarms[normal_rows:].mean())
        for fault in faults:
            faulty = make(normal_rows + AFTER, seed, fault=fault, fault_at=normal_rows + 100)
            alarms = detect(faulty, normal, 0.01, learned_rows=normal_rows).alarms
            found[fault].append(alarms[normal_rows + 100 :].mean())
    assert np.mean(quiet) <= 0.015
    assert {fault for fault in faults if np.mean(found[fault]) < 0.6} == set(), found


def test_the_day_is_found_the_pump_and_the_product_are_taken_and_a_plant_without_any_stays_as_it_was() -> None:
    inputs = learn_normal(water(DAYS_30, 1)).joint.inputs
    assert inputs.frequencies[0] == pytest.approx(2 * np.pi / 86_400)
    assert inputs.switches.tolist() == [[7]]
    assert learn_normal(_products(1200, 1)).joint.inputs.modes.tolist() == [2]
    assert learn_normal(_told_products(1200, 1)).joint.inputs.switches.tolist() == [[8]]
    assert learned((2, 3, 1)).joint.inputs.width == 0


@pytest.mark.parametrize("make", [water, _told_products, _products])
def test_a_stream_that_knows_its_moments_gives_what_the_window_gives_after_a_stored_normal_too(
    make: Callable[..., Window],
) -> None:
    window = make(1000, 3, fault="leak", fault_at=900)
    normal = Normal.from_dict(learn_normal(window.between(0, 800)).to_dict())
    kept = np.r_[800:850, 861:1000]  # eleven rows never came
    later = Window(window.times_s[kept], window.points, window.values[kept])
    detector = Detector(normal)
    stepped = [detector.step(row, at) for row, at in zip(later.values, later.times_s, strict=True)]
    assert np.allclose([score.value for score in stepped], detect(later, normal).scores)


def test_the_hour_of_the_day_counts_not_the_number_of_rows_since() -> None:
    window = water(DAYS_30 + AFTER, 5)
    normal = learn_normal(window.between(0, DAYS_30))
    later = window.between(DAYS_30, DAYS_30 + AFTER)
    moved = Window(later.times_s + 9 * HOUR_S, later.points, later.values)
    assert detect(later, normal).alarms.mean() < 0.03 < detect(moved, normal).alarms.mean()


def test_a_stuck_sensor_alarms_and_is_named_and_one_that_is_seldom_read_does_not() -> None:
    window = chain((2, 3, 1), rows=300, seed=31)
    window.values[:, 1] = np.round(window.values[:, 1])
    normal = learn_normal(window)
    later = chain((2, 3, 1), rows=300, seed=32)
    later.values[:, 1] = np.round(later.values[:, 1])
    later.values[5:100, 2] = np.nan
    later.values[200:, 1] = later.values[200, 1]
    detector = Detector(normal, 1e-4)
    scores = [detector.step(row) for row in later.values]
    first = next(row for row, score in enumerate(scores) if score.form is Form.STUCK and score.alarm)
    assert 210 <= first <= 240 and all(score.alarm for score in scores[first:])
    assert {score.leader for score in scores[first:] if score.form is Form.STUCK} == {1}
    assert sum(score.alarm for score in scores[:200]) <= 1
    assert np.allclose([score.value for score in scores], detect(later, normal, 1e-4).scores)
