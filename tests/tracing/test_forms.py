"""Who moved first, and how."""

import numpy as np
import pytest

from backend.tracing.engine import Form, Normal, Window, first_movers, learn_normal

NAMES = ["A", "B", "C", "still"]
START = 100


def _rows(count: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.column_stack([10 + rng.normal(0, 2, (count, 3)), np.zeros(count)])


@pytest.fixture(scope="module")
def normal() -> Normal:
    return learn_normal(Window.of(np.arange(500.0), NAMES, _rows(500, 1)))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("form", list(Form))
def test_the_point_that_moved_is_named_with_its_form(normal: Normal, form: Form, seed: int) -> None:
    rows = _rows(200, 20 + seed)
    since = np.arange(100)
    rows[START:, 1] += {
        Form.STEP: 12.0 + 0 * since,
        Form.DRIFT: 0.3 * since,
        Form.OSCILLATION: 12 * np.sin(since / 3),
        Form.VARIANCE: np.random.default_rng(seed).normal(0, 10, 100),
    }.get(form, 0 * since)
    if form is Form.STUCK:
        rows[START:, 1] = rows[START, 1]
    if form is Form.NEW_STATE:
        rows[START:, 3] = 1.0
    movers = first_movers(Window.of(np.arange(200.0), NAMES, rows), normal, START)
    first = movers[0]
    assert (first.point, first.form) == ("still" if form is Form.NEW_STATE else "B", form)
    assert abs(first.row - START) <= (25 if form is Form.DRIFT else 10)


@pytest.mark.parametrize("lasted", [25, 50, 75])
@pytest.mark.parametrize("seed", range(3))
def test_a_step_that_is_over_was_a_step_and_no_oscillation(normal: Normal, seed: int, lasted: int) -> None:
    rows = _rows(300, 40 + seed)
    rows[START : START + lasted, 1] -= 18.0
    first = first_movers(Window.of(np.arange(300.0), NAMES, rows), normal, START)[0]
    assert (first.point, first.form, first.size < 0) == ("B", Form.STEP, True)


def test_who_moved_before_stands_before(normal: Normal) -> None:
    rows = _rows(200, 5)
    rows[START:, 2] += 12
    rows[START + 12 :, 0] -= 20
    movers = first_movers(Window.of(np.arange(200.0), NAMES, rows), normal, START)
    assert [(m.point, m.form, m.size > 0) for m in movers] == [("C", Form.STEP, True), ("A", Form.STEP, False)]


def test_where_nothing_moved_nobody_is_named(normal: Normal) -> None:
    named = [first_movers(Window.of(np.arange(200.0), NAMES, _rows(200, s)), normal, START) for s in range(10)]
    assert sum(map(len, named)) <= 1
    assert first_movers(Window.of([], NAMES, np.zeros((0, 4))), normal, 0) == ()
