"""When a point began to move."""

import numpy as np
import pytest

from backend.tracing.engine.onset import onsets, onsets_of


def _moving(rows: int, starts: list[int | None], sizes: list[float], seed: int = 0) -> np.ndarray:
    z = np.random.default_rng(seed).normal(0, 1, (rows, len(starts)))
    for column, (start, size) in enumerate(zip(starts, sizes, strict=True)):
        if start is not None:
            z[start:, column] += size
    return z


@pytest.mark.parametrize("seed", range(5))
def test_points_begin_in_the_order_in_which_they_were_pushed(seed: int) -> None:
    starts = [80, 60, 100, 40]
    found = onsets(_moving(200, [*starts], [6.0, -6.0, 4.0, 8.0], seed), np.zeros(4))
    rows = [onset.row for onset in found if onset]
    assert np.argsort(rows).tolist() == np.argsort(starts).tolist()
    assert np.abs(np.array(rows) - starts).max() <= 3


def test_an_onset_knows_its_direction_and_lies_within_its_own_bounds() -> None:
    up, down = onsets(_moving(120, [50, 70], [5.0, -5.0]), np.zeros(2))
    assert up is not None and down is not None
    assert (up.direction, down.direction) == (1, -1)
    assert up.earliest <= up.row <= up.latest and up.earliest <= 50 <= up.latest
    assert down.earliest <= down.row <= down.latest and down.earliest <= 70 <= down.latest


def test_a_point_that_never_moved_has_no_onset() -> None:
    assert onsets(_moving(300, [None, None], [0.0, 0.0]), np.zeros(2)) == [None, None]


def test_what_happened_in_the_rows_known_to_be_normal_is_no_onset() -> None:
    z = _moving(200, [None], [0.0])
    z[10:40] += 6
    (onset,) = onsets(z, np.zeros(1), start=60)
    assert onset is None


def test_a_slow_wanderer_needs_more_than_a_quick_point_to_count_as_begun() -> None:
    z = np.full((40, 2), 0.0)
    z[20:] = 2.0
    quick, slow = onsets(z, np.array([0.0, 0.99]))
    assert quick is not None and slow is None


def test_leaning_a_little_by_chance_before_the_push_is_not_where_it_began() -> None:
    z = np.full((80, 1), 0.0)
    z[30:60] = 1.2
    z[60:] = 8.0
    (onset,) = onsets(z, np.array([0.9]))
    assert onset is not None and (onset.row, onset.earliest <= 30) == (60, True)


def test_an_excursion_that_was_over_before_the_deviation_is_another_story() -> None:
    z = np.zeros((200, 2))
    z[20:40] = 5.0
    z[120:, 0] = 5.0
    returned, stayed = onsets_of(z, np.zeros(2), start=122)
    assert returned is not None and returned.row == 120
    assert stayed is None


def test_what_left_early_and_is_still_away_began_early() -> None:
    z = np.zeros((200, 1))
    z[60:] = 5.0
    (onset,) = onsets_of(z, np.zeros(1), start=122)
    assert onset is not None and onset.row == 60
