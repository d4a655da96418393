"""Limits of the joint charts for a wanted rate of false alarms, from their statistics on rows they hadn't seen.

Each statistic is taken as lognormal: median and MAD of its logarithm. An averaged chart moves slowly: n rows of it
are only n · weight / (2 − weight) independent ones. So few don't tell a tail exactly, which is what Student's t is for:
its quantile with that many degrees of freedom less one, as for a further value (Hahn & Meeker, Statistical Intervals
(1991), ch. 4). A chart whose unseen rows pass that more often than wanted has a heavier tail: its limit rises to the
⌈(n + 1)(1 − rate)⌉-th smallest of them, as in split conformal prediction (Vovk, Gammerman & Shafer, Algorithmic
Learning in a Random World (2005), ch. 2). Then all charts together are brought to the wanted rate by one factor in the
same way.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from .window import Floats

KEPT_ROWS = 2048
KEPT_NUMBERS = 200_000


@dataclass(frozen=True, eq=False)
class Reference:
    """Arrays have one entry a statistic, `table` is rows × statistics: `middle` and `deviation` of the logarithm;
    `independent`: how many independent rows there were."""

    middle: Floats
    deviation: Floats
    independent: Floats
    table: Floats

    def limits(self, false_alarm_rate: float) -> Floats:
        """What fault-free rows pass, any of them, with the given rate a row; infinite where nothing was learned."""
        if not len(self.table):
            return np.full(len(self.middle), np.inf)
        share = 1 - min(max(false_alarm_rate, 1e-9), 0.5)
        student = np.asarray(stdtrit(np.maximum(self.independent - 1, 1.0), share), float)
        logs = self.middle + student * np.sqrt(1 + 1 / self.independent) * self.deviation
        limits = np.exp(np.clip(logs, -20.0, 700.0))
        if not len(limits):
            return limits
        limits = np.maximum(limits, _unpassed(self.table, share))
        return np.asarray(limits * max(1.0, float(_unpassed((self.table / limits).max(1), share))), float)


def _unpassed(table: Floats, share: float) -> Floats:
    """Of each column the ⌈(n + 1) · share⌉-th smallest of its n values, the largest where there are too few."""
    return np.asarray(np.sort(table, axis=0)[min(int(np.ceil((len(table) + 1) * share)), len(table)) - 1], float)


def reference_of(table: Floats, weights: Floats) -> Reference:
    """From rows × (charts · groups) of unseen rows; `weights`: averaging of each chart."""
    rows, statistics = table.shape
    independent = np.repeat(np.maximum(rows * weights / (2 - weights), 2.0), statistics // max(len(weights), 1))
    if not rows:
        return Reference(np.zeros(statistics), np.zeros(statistics), independent, table)
    logs = np.log(table + 1e-12)
    middle = np.median(logs, axis=0)
    deviation = 1.4826 * np.median(np.abs(logs - middle), axis=0)
    kept = max(min(KEPT_ROWS, KEPT_NUMBERS // max(statistics, 1)), 1)
    chosen = np.unique(np.linspace(0, rows - 1, min(kept, rows)).astype(int))
    return Reference(middle, deviation, independent, table[chosen])
