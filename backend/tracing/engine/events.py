"""Causes of plant alarms among points with few values: switches, limit contacts, commands.

For each alarm that speaks, every point has a likelihood ratio: how much likelier what it did last is if it caused the
alarm than by chance. A cause comes shortly before its effect, so the ratio falls with the rows between them; what
happens often by itself, or together with many others in the same row, tells little. What a point did last is its
last change, the begin of values never seen in normal work, or that it fell out of step with the points it always
moved with (couplings.py). Sources: recency to the alarm's parents (causRCA, Zenodo 10.5281/zenodo.15876410); the
rate of what was seen k times in n rows, (k + ½) / n (Krichevsky & Trofimov, IEEE TIT 27 (1981) 199).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .couplings import out_of_step
from .graph import PlantGraph
from .normal import Normal
from .window import Floats, Window, carried_forward

LAG_ROWS = 10.0  # what happened this long before the alarm counts half
RECENT_ROWS = 40
SAME_ROW = 0.5  # in the alarm's own row, or by polling the one before, it may as well be its effect
FAR_STEP = 0.25
FALLING = 2.0
"""Contacts that say "all is well" are closed in good order and open on a fault (closed-circuit principle, IEC 60204-1),
also when a wire breaks; lamps and messages that follow an alarm rise. So a fall weighs more than a rise."""
MOST_ALARMS = 10  # the latest; a flood says no more
FEW_UNMEASURED = 0.25  # weight of a cause nobody measures, as share of all points taken together


@dataclass(frozen=True, eq=False)
class EventEvidence:
    """`score` per point of the normal, 0 … 1 (best candidate of each alarm near 1); `alarms`: those that speak,
    with the row of their activation."""

    score: Floats
    alarms: tuple[tuple[str, int], ...]


def event_evidence(
    window: Window, normal: Normal, graph: PlantGraph, alarm_columns: Sequence[str], fault_free_rows: int
) -> EventEvidence:
    """Weigh every point as cause of the alarms that are active at the end (else: that were active at all)."""
    values = carried_forward(window.values, normal.median)
    place = {name: column for column, name in enumerate(normal.points)}
    barred = np.zeros(len(normal.points), bool)
    barred[[place[a] for a in alarm_columns if a in place]] = True
    active = _activations(values, normal, np.flatnonzero(barred).tolist(), fault_free_rows)
    score = np.zeros(len(normal.points))
    for alarm, row in active:
        links = _links_to(graph, normal.points[alarm], normal.points)
        ratios = links * _ratios(values, normal, row, barred, fault_free_rows)
        ratios[barred] = 0.0
        if ratios.max(initial=0.0) > 0:
            sure = ratios.sum() / (ratios.sum() + FEW_UNMEASURED * links[~barred].sum())
            score = np.maximum(score, ratios / ratios.max() * sure)
    return EventEvidence(score, tuple((normal.points[alarm], row) for alarm, row in active))


def _activations(values: Floats, normal: Normal, columns: Iterable[int], start: int) -> list[tuple[int, int]]:
    """(column, row of the last activation) of alarms standing at the end, else of those that stood since `start`:
    the latest first."""
    standing: list[tuple[int, int]] = []
    passed: list[tuple[int, int]] = []
    for column in columns:
        on = values[start:, column] > normal.median[column] + 0.5
        if not on.any():
            continue
        begins = np.flatnonzero(on & ~np.append(False, on[:-1]))
        (standing if on[-1] else passed).append((int(column), start + int(begins[-1])))
    return sorted(standing or passed, key=lambda one: -one[1])[:MOST_ALARMS]


def _links_to(graph: PlantGraph, alarm: str, points: Sequence[str]) -> Floats:
    """1 for parents of the alarm, less with every step further away; 1 for all where the graph doesn't know it."""
    parents = set(graph.parents(alarm))
    if not parents:
        return np.ones(len(points))
    reach = graph.upstream([alarm])
    steps = [1.0 if name in parents else reach[name].steps if name in reach else 6.0 for name in points]
    return np.asarray(FAR_STEP ** (np.minimum(np.array(steps), 6.0) - 1))


def _ratios(values: Floats, normal: Normal, row: int, barred: NDArray[np.bool_], free: int) -> Floats:
    """Likelihood ratio of each point as cause of an alarm that came at `row`."""
    begun, rate, falls = _last_events(values[: row + 1], normal, free)
    seen = np.isfinite(begun) & ~barred
    lag = row - np.where(seen, begun, row)
    crowd = np.array(
        [np.sum(seen & (begun == row_) & (rate <= often)) for row_, often in zip(begun, rate, strict=True)]
    )
    close = LAG_ROWS / (LAG_ROWS + lag) * np.where(lag <= 1, SAME_ROW, 1.0)
    ratio = np.where(seen, close * np.where(falls, FALLING, 1.0) / rate / np.maximum(crowd, 1), 0.0)
    discrete = (normal.discrete > 0) & ~barred
    for odd in out_of_step(values, discrete, row, RECENT_ROWS):
        jumped = LAG_ROWS / (LAG_ROWS + row - odd.since) / odd.rate * odd.share
        ratio[odd.column] = max(ratio[odd.column], jumped)
    return ratio / LAG_ROWS


def _last_events(values: Floats, normal: Normal, free: int) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Per point: the row where what it did last began (NaN: nothing), how often that happens a row, whether it fell
    from a state it had never left."""
    columns = values.shape[1]
    begun, rate, falls = np.full(columns, np.nan), np.ones(columns), np.zeros(columns, bool)
    for column in range(columns):
        series = values[:, column]
        strange = _strange(series, normal, column, free)
        starts = np.flatnonzero(strange & ~np.append(False, strange[:-1]))
        if len(starts) and strange[-1]:
            begun[column] = starts[-1]
            before = len(starts) - 1 + _news(series[:free], normal.discrete[column] > 0)
            falls[column] = (
                len(starts) == 1
                and normal.discrete[column] > 0
                and starts[-1] > 0
                and series[starts[-1]] < series[starts[-1] - 1]
            )
            rate[column] = (before + 0.5) / (starts[-1] + 1)
        elif normal.discrete[column] > 0:
            changes = np.flatnonzero(series[1:] != series[:-1]) + 1
            if len(changes):
                begun[column] = changes[-1]
                rate[column] = (len(changes) + 0.5) / (changes[-1] + 1)
    return begun, rate, falls


def _strange(series: Floats, normal: Normal, column: int, free: int) -> NDArray[np.bool_]:
    """Rows with a value that normal work never showed."""
    quantiles = normal.quantiles[column]
    if normal.discrete[column] > 0:
        return np.asarray(~np.isin(series, np.concatenate((quantiles, series[:free]))))
    return np.asarray((series < quantiles[0]) | (series > quantiles[-1]))


def _news(series: Floats, discrete: bool) -> float:
    """How often a point showed something new in rows known to be free of faults (in the spirit of Good & Turing):
    who often does tells nothing by doing so again."""
    if discrete:
        return float(max(len(np.unique(series)) - 1, 0))
    half = len(series) // 2
    if not half:
        return 1.0
    higher, lower = np.maximum.accumulate(series), np.minimum.accumulate(series)
    records = (np.diff(higher) > 0) | (np.diff(lower) < 0)
    return 1.0 + 2.0 * float(records[half:].sum())
