"""What must hold of early warning whatever the plant: order, units, time, batches and rubbish change nothing."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.tracing.engine import Detector, Normal, Window, detect, learn_normal, time_to_limit

NORMAL_ROWS, ROWS = 150, 60
quick = settings(max_examples=12, deadline=None)
seeds = st.integers(0, 2**16)


def _plant(seed: int, points: int = 5) -> np.ndarray:
    """Points that hang together, a switch that moves, one that never does; the first point is pushed at the end."""
    rng = np.random.default_rng(seed)
    rows = NORMAL_ROWS + ROWS
    common = rng.normal(0, 1, rows)
    for row in range(1, rows):
        common[row] += 0.6 * common[row - 1]
    moving = common[:, None] * rng.uniform(0.3, 2, points) + rng.normal(0, 1, (rows, points))
    moving[-30:, 0] += 6
    return np.column_stack([moving, np.arange(rows) // 20 % 2, np.zeros(rows)])


def _window(values: np.ndarray, start: float = 0.0, step: float = 1.0) -> Window:
    names = [f"P{i}" for i in range(values.shape[1])]
    return Window.of([start + step * row for row in range(len(values))], names, values)


def _scores(window: Window) -> np.ndarray:
    return detect(window, learn_normal(window.between(0, NORMAL_ROWS)), learned_rows=NORMAL_ROWS).scores


@quick
@given(seeds, st.permutations(range(7)))
def test_the_order_of_columns_changes_nothing(seed: int, order: list[int]) -> None:
    plain = _window(_plant(seed))
    turned = Window(plain.times_s, tuple(plain.points[i] for i in order), plain.values[:, order])
    assert np.allclose(_scores(turned), _scores(plain), rtol=1e-6)
    normal = learn_normal(plain.between(0, NORMAL_ROWS))
    assert np.allclose(detect(turned, normal).scores, detect(plain, normal).scores), (
        "a learned normal finds its columns"
    )


@quick
@given(seeds, st.lists(st.floats(1e-3, 1e4), min_size=7, max_size=7), st.floats(-1e3, 1e3))
def test_units_change_nothing(seed: int, factors: list[float], shift: float) -> None:
    values = _plant(seed)
    assert np.allclose(_scores(_window(values * factors + shift)), _scores(_window(values)), rtol=1e-3, atol=1e-6)


@quick
@given(seeds, st.floats(-1e9, 1e9), st.floats(0.01, 1e4))
def test_when_and_at_what_pace_changes_nothing(seed: int, start: float, step: float) -> None:
    values = _plant(seed)
    assert np.allclose(_scores(_window(values, start, step)), _scores(_window(values)))


@quick
@given(seeds, st.lists(st.integers(1, ROWS - 1), max_size=4))
def test_a_stream_cut_into_batches_is_the_same_stream(seed: int, cuts: list[int]) -> None:
    window = _window(_plant(seed))
    normal = learn_normal(window.between(0, NORMAL_ROWS))
    detector = Detector(normal)
    edges = sorted({0, ROWS, *cuts})
    batches = [window.values[NORMAL_ROWS + a : NORMAL_ROWS + b] for a, b in pairwise(edges)]
    stepped = [detector.step(row).value for batch in batches for row in batch]
    assert np.allclose(stepped, detect(window.between(NORMAL_ROWS, NORMAL_ROWS + ROWS), normal).scores)


@quick
@given(seeds)
def test_columns_that_never_move_or_were_never_read_change_nothing(seed: int) -> None:
    values = _plant(seed)
    more = np.column_stack([values, np.full(len(values), 7.5), np.full(len(values), np.nan)])
    assert np.allclose(_scores(_window(more)), _scores(_window(values)))


def test_a_few_columns_of_noise_do_not_hide_a_fault() -> None:
    values = _plant(3)
    noise = np.random.default_rng(1).normal(0, 1, (len(values), 5))
    assert (_scores(_window(np.column_stack([values, noise])))[-25:] > 1).mean() > 0.9


@pytest.mark.parametrize("rows", [0, 1, 2, 9, 40])
@pytest.mark.parametrize("rubbish", [np.nan, np.inf, -np.inf, 0.0, 1e308, "same"])
def test_rubbish_gives_finite_scores_and_no_error(rows: int, rubbish: float | str) -> None:
    values = np.random.default_rng(2).normal(0, 1, (rows + 10, 4))
    values[:, 1] = values[:, 0] if rubbish == "same" else rubbish
    window = _window(values)
    normal = learn_normal(window.between(0, rows))
    again = Normal.from_dict(normal.to_dict())
    for one in (normal, again):
        found = detect(window, one, learned_rows=rows)
        assert np.isfinite(found.scores).all() and len(found.scores) == rows + 10
    detector = Detector(normal)
    assert all(np.isfinite(detector.step(row).value) for row in values)
    assert time_to_limit(window, "P1", 5.0) is None or rubbish == "same"


def test_rows_out_of_order_and_twice_are_put_in_order() -> None:
    values = _plant(5)
    window = _window(values)
    turned = np.random.default_rng(0).permutation(len(values))
    twice = np.concatenate([turned, turned])
    again = Window.of(window.times_s[twice], window.points, values[twice])
    assert np.allclose(_scores(again), _scores(window))


def test_a_large_plant_is_learned_in_groups_of_bounded_size_and_its_faults_are_seen_in_their_group() -> None:
    rng = np.random.default_rng(8)
    common = np.repeat(rng.normal(0, 1, (400, 10)), 20, axis=1)
    values = common + rng.normal(0, 0.5, (400, 200))
    values[350:, 123] += 4
    window = _window(values)
    normal = learn_normal(window.between(0, 300))
    assert normal.joint.members.shape == (4, 64)
    assert sorted(normal.joint.members[normal.joint.members >= 0].tolist()) == list(range(200))
    found = detect(window, normal, learned_rows=300)
    assert found.alarms[352:].all() and found.alarms[300:350].mean() < 0.1
    detector = Detector(normal)
    assert np.allclose(
        [detector.step(row).value for row in values[300:]], detect(window.between(300, 400), normal).scores
    )
