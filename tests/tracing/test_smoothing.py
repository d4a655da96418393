"""The exponential average is that of scipy's filter, whatever comes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays
from scipy.signal import lfilter

from backend.tracing.engine.smoothing import exponential_average

_ROWS = some.tuples(some.integers(0, 200), some.integers(1, 3))


@given(
    _ROWS.flatmap(lambda shape: arrays(float, shape, elements=some.floats(-1e3, 1e3))),
    some.floats(0.01, 1.0),
    some.one_of(some.none(), some.integers(0, 199)),
)
def test_it_is_the_filter(
    rows: "np.ndarray[tuple[int, int], np.dtype[np.float64]]", weight: float, lost: int | None
) -> None:
    if lost is not None:
        rows[lost : lost + 1, 0] = np.nan
    expected = lfilter([weight], [1.0, weight - 1.0], rows, axis=0)
    np.testing.assert_allclose(exponential_average(rows, weight), expected, rtol=1e-12, atol=1e-9)
