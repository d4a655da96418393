"""Periods in which a plant swings by itself: the day and the week of a water network, the stroke of a batch.

A period is a line in the spectrum of a point, far above what lies beside it: on noise the power over the median of its
neighbours is exponential, so that it passes x times the median with probability 2⁻ˣ (Fisher's test with a local
background; Fisher, Proceedings of the Royal Society A 125 (1929) 54). It must have come round at least five times:
what keeps no time can't be told from what does in fewer. A day and a week keep time: for them three will do.
"""

import numpy as np
from numpy.typing import NDArray

from .window import Floats

LEAST_ROUNDS, LEAST_CALENDAR_ROUNDS = 5, 3
LEAST_ROWS_A_ROUND = 6
MOST_PERIODS = 3
HARMONICS = 6
NEIGHBOURS = 12
BY_CHANCE = 0.01
MOST_POINTS = 64
FINER = np.linspace(-1, 1, 81)
LEAST_SHARE = 0.01  # of all movement that a period must carry
CALENDAR_S = (86_400.0, 604_800.0)
SAME = 0.2  # of the resolution: a period that can't be told from a day is a day


def frequencies_of(z: Floats, times_s: Floats, step_s: float) -> Floats:
    """Angular frequencies (radians a second) of the periods found in standardised rows and of their harmonics."""
    points = z[:, np.argsort(-(z * z).sum(0), kind="stable")[:MOST_POINTS]] if z.shape[1] > MOST_POINTS else z
    if len(z) < LEAST_ROUNDS * LEAST_ROWS_A_ROUND or not z.shape[1] or step_s <= 0:
        return np.zeros(0)
    grid = np.arange(times_s[0], times_s[-1] + step_s / 2, step_s)
    if not len(z) / 2 <= len(grid) <= 4 * len(z):
        return np.zeros(0)
    even = len(grid) == len(z)
    rest = points if even else np.column_stack([np.interp(grid, times_s, point) for point in points.T])
    rest = rest - rest.mean(0)
    whole = float((rest * rest).sum())
    found: list[float] = []
    for _ in range(MOST_PERIODS):
        rounds = _strongest(rest)
        if rounds is None:
            break
        period = _calendar(len(grid) * step_s / rounds, len(grid) * step_s)
        if rounds < LEAST_ROUNDS and period not in CALENDAR_S:
            break
        waves = waves_of(_harmonics(period, step_s), grid)
        left = rest - waves @ np.linalg.lstsq(waves, rest, rcond=None)[0]
        if float((rest * rest).sum() - (left * left).sum()) < LEAST_SHARE * whole:
            break
        rest = left
        found.append(period)
    kept = [period for period in found if not any(_is_harmonic(period, other) for other in found if other > period)]
    return np.concatenate([_harmonics(period, step_s) for period in kept]) if kept else np.zeros(0)


def waves_of(frequencies: Floats, times_s: Floats) -> Floats:
    """Rows × 2 a frequency: cosine and sine at each moment."""
    angles = np.outer(times_s, frequencies)
    return np.hstack([np.cos(angles), np.sin(angles)])


def _strongest(rest: Floats) -> float | None:
    """How often the strongest period comes round in all rows, None where no line stands out."""
    rows = len(rest)
    power = np.abs(np.fft.rfft(rest, axis=0)) ** 2
    last = rows // LEAST_ROWS_A_ROUND
    if last <= LEAST_CALENDAR_ROUNDS:
        return None
    looked_at = np.arange(LEAST_CALENDAR_ROUNDS, last + 1)
    enough = np.log2(len(looked_at) * rest.shape[1] / BY_CHANCE)
    background = np.maximum(_backgrounds(power, looked_at), 1e-12 * power.sum(0))
    stands_out = power[looked_at] > enough * background
    carried = (power[looked_at] * stands_out).sum(1)
    if carried.max() <= 0:
        return None
    strongest = int(carried.argmax())
    columns = stands_out[strongest]
    rounds = looked_at[strongest] + FINER
    turning = np.exp(-2j * np.pi * np.outer(rounds, np.arange(rows)) / rows)
    return float(rounds[int((np.abs(turning @ rest[:, columns]) ** 2).sum(1).argmax())])


def _backgrounds(power: Floats, bins: NDArray[np.int64]) -> Floats:
    """Bins × points: median power of what lies beside each bin, itself and its next neighbours left out."""
    offsets = np.r_[-NEIGHBOURS:-1, 2 : NEIGHBOURS + 1]
    out = np.zeros((len(bins), power.shape[1]))
    whole = (bins > NEIGHBOURS) & (bins + NEIGHBOURS < len(power))
    for column in range(power.shape[1]):
        out[whole, column] = np.median(power[:, column][bins[whole, None] + offsets], axis=1)
    for place in np.flatnonzero(~whole):
        beside = bins[place] + offsets
        out[place] = np.median(power[beside[(beside >= 1) & (beside < len(power))]], axis=0)
    return out


def _calendar(period_s: float, span_s: float) -> float:
    for known in CALENDAR_S:
        if abs(span_s / period_s - span_s / known) < SAME:
            return known
    return period_s


def _harmonics(period_s: float, step_s: float) -> Floats:
    count = min(HARMONICS, max(int(period_s / step_s / 2.5), 1))
    return np.asarray(2 * np.pi * np.arange(1.0, count + 1) / period_s, float)


def _is_harmonic(period: float, other: float) -> bool:
    times = other / period
    return round(times) <= HARMONICS and abs(times - round(times)) < 0.02
