"""Plants made up for the tests of early warning: a water network that swings with the day, a plant of two products."""

import numpy as np

from backend.tracing.engine import Window

HOUR_S = 3600.0


def water(rows: int, seed: int, *, fault: str = "", fault_at: int = 0) -> Window:
    """Hourly: three demands with a daily rhythm and a quieter weekend, the pressures that follow from them, a tank that
    a pump fills by its level. `fault`: `leak` in the first district, `pressure` of the second a little low, `late`: all
    districts draw their water three hours later."""
    rng = np.random.default_rng(seed)
    hours = np.arange(rows)
    clock = hours - 3 * (hours >= fault_at) * (fault == "late")
    day = 1 + 0.35 * np.sin(2 * np.pi * (clock - 7) / 24) + 0.2 * np.sin(4 * np.pi * (clock - 3) / 24)
    day *= np.where(hours // 24 % 7 >= 5, 0.85, 1.0)
    own = np.zeros((rows, 3))
    for row in range(1, rows):
        own[row] = 0.7 * own[row - 1] + rng.normal(0, 0.03, 3)
    demand = day[:, None] * np.array([1.0, 0.6, 0.8]) * (1 + own)
    if fault == "leak":
        demand[fault_at:, 0] += 0.15
    level, pump = np.full(rows, 3.0), np.ones(rows)
    for row in range(1, rows):
        pump[row] = 1.0 if level[row - 1] < 2 else 0.0 if level[row - 1] > 4 else pump[row - 1]
        level[row] = level[row - 1] + 0.85 * pump[row] - 0.15 * demand[row].sum() + rng.normal(0, 0.01)
    pressure = 6 - 0.8 * demand**2 + 0.3 * pump[:, None] + rng.normal(0, 0.04, (rows, 3))
    if fault == "pressure":
        pressure[fault_at:, 1] -= 0.15
    names = ["D1", "D2", "D3", "level", "P1", "P2", "P3", "pump"]
    return Window.of(hours * HOUR_S, names, np.column_stack([demand, level, pressure, pump]))


def two_products(
    rows: int, seed: int, *, signal: bool, fault: str = "", fault_at: int = 0, stay_rows: int = 120
) -> Window:
    """Eight points with other levels for each of two products that change at random moments; `signal`: a switch says
    which one. `fault`: `bias` of one point by less than the products differ, `mixed`: one point as if the other product
    were made."""
    rng = np.random.default_rng(seed)
    levels, gains = np.random.default_rng(77).normal(0, 3, (2, 8)), np.random.default_rng(78).normal(0, 0.4, (2, 8))
    product = np.cumsum(rng.random(rows) < 1 / stay_rows) % 2
    values, common = levels[product], 0.0
    for row in range(rows):
        common = 0.8 * common + rng.normal(0, 0.6)
        values[row] += common * gains[product[row]] + rng.normal(0, 0.3, 8)
        values[row] = 0.7 * values[row] + 0.3 * values[max(row - 1, 0)]
    if fault == "bias":
        values[fault_at:, 2] += 1.5
    if fault == "mixed":
        values[fault_at:, 1] += (levels[1 - product] - levels[product])[fault_at:, 1]
    names = [f"P{i}" for i in range(8)] + ["product"] * signal
    return Window.of(np.arange(rows) * 60.0, names, np.column_stack([values, product]) if signal else values)
