"""What a row is judged under: where the plant stands in its rhythm, what its switches say, in which mode it works.

Inputs of the joint charts' regression beside the rows before (an autoregression with exogenous inputs, Box & Jenkins,
Time Series Analysis (1970), ch. 11): waves of the periods (rhythm.py), the switches now and one row before, the mode of
work now and one row before (modes.py). A point takes only the kinds that foretell it better on rows held out: a plant
without rhythm, switches and modes is judged as if there were none of this.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .modes import centres_of, nearest
from .rhythm import frequencies_of, waves_of
from .window import Floats

MOST_SWITCHES = 24


@dataclass(frozen=True, eq=False)
class Inputs:
    """`frequencies`: radians a second; `switches`: groups × most, columns, −1 where a group has fewer; `low`, `high`:
    what these took, standardised; `centres`: groups × modes × points of the group, `within`: groups × points;
    `modes`: how many each group has."""

    frequencies: Floats
    switches: NDArray[np.int64]
    low: Floats
    high: Floats
    centres: Floats
    within: Floats
    modes: NDArray[np.int64]

    @classmethod
    def none(cls, groups: int, size: int) -> "Inputs":
        """No inputs at all."""
        nobody = np.zeros((groups, 0))
        return cls(
            np.zeros(0),
            np.zeros((groups, 0), np.int64),
            nobody,
            nobody,
            np.zeros((groups, 0, size)),
            np.ones((groups, size)),
            np.zeros(groups, np.int64),
        )

    @property
    def kinds(self) -> NDArray[np.int64]:
        """Of each input its kind: 0 rhythm, 1 switches, 2 modes."""
        each = [0] * (2 * len(self.frequencies))
        states = [1] * self.switches.shape[1] + [2] * self.centres.shape[1]
        return np.array(each + 2 * states, np.int64)

    @property
    def width(self) -> int:
        """How many inputs a group has."""
        return len(self.kinds)

    def only(self, kinds: NDArray[np.int64]) -> "Inputs":
        """Without the other kinds."""
        nothing = Inputs.none(*self.within.shape)
        kept = self
        if 0 not in kinds:
            kept = replace(kept, frequencies=nothing.frequencies)
        if 1 not in kinds:
            kept = replace(kept, switches=nothing.switches, low=nothing.low, high=nothing.high)
        if 2 not in kinds:
            kept = replace(kept, centres=nothing.centres, within=nothing.within, modes=nothing.modes)
        return kept

    def states(self, z: Floats, members: NDArray[np.int64]) -> Floats:
        """Rows × groups × states: switches and modes of standardised rows."""
        rows, groups = len(z), len(self.switches)
        taken = np.clip(z[:, np.maximum(self.switches, 0)], self.low, self.high) * (self.switches >= 0)
        modes = np.zeros((rows, groups, self.centres.shape[1]))
        for group in np.flatnonzero(self.modes > 0):
            columns = members[group][members[group] >= 0]
            here, spread = self.centres[group][: self.modes[group], : len(columns)], self.within[group][: len(columns)]
            modes[np.arange(rows), group, nearest(z[:, columns], here, spread)] = 1.0
        return np.concatenate([taken, modes], axis=2)

    def joined(self, states: Floats, before: Floats, times_s: Floats) -> Floats:
        """Rows × groups × inputs, from the states of each row and of the row before it."""
        waves = waves_of(self.frequencies, times_s)
        everywhere = np.repeat(waves[:, None], states.shape[1], axis=1)
        return np.concatenate([everywhere, states, before], axis=2)

    def of_rows(self, z: Floats, times_s: Floats, members: NDArray[np.int64]) -> Floats:
        """Rows × groups × inputs; before the first row stands the first row."""
        states = self.states(z, members)
        return self.joined(states, np.concatenate([states[:1], states[:-1]]), times_s)


def inputs_of(z: Floats, times_s: Floats, step_s: float, members: NDArray[np.int64], switches: Floats) -> Inputs:
    """All that may be an input of each group, found in standardised normal rows."""
    charted = np.sort(members[members >= 0])
    found = [centres_of(z[:, row[row >= 0]]) for row in members]
    modes = np.array([len(centres) for centres, _ in found], np.int64)
    centres = np.zeros((len(members), int(modes.max(initial=0)), members.shape[1]))
    within = np.ones(members.shape)
    for group, (here, spread) in enumerate(found):
        centres[group, : len(here), : here.shape[1]] = here
        within[group, : len(spread)] = spread
    columns = switches_of(z, switches, members)
    there = columns >= 0
    low = np.where(there, z.min(0)[columns], 0.0) if len(z) else np.zeros(columns.shape)
    high = np.where(there, z.max(0)[columns], 0.0) if len(z) else np.zeros(columns.shape)
    return Inputs(frequencies_of(z[:, charted], times_s, step_s), columns, low, high, centres, within, modes)


def within_modes(z: Floats, members: NDArray[np.int64]) -> Floats:
    """Standardised rows less the mode of work they lie in: a plant that changes its product doesn't wander."""
    out = z.copy()
    for row in members:
        columns = row[row >= 0]
        centres, within = centres_of(z[:, columns])
        if len(centres):
            out[:, columns] -= centres[nearest(z[:, columns], centres, within)]
    return out


def switches_of(z: Floats, switches: Floats, members: NDArray[np.int64]) -> NDArray[np.int64]:
    """Groups × most: columns of the switches that moved; where there are too many, those with which the points of the
    group move most."""
    moved = np.flatnonzero((switches > 0) & (np.ptp(z, axis=0) > 0)) if len(z) else np.zeros(0, np.int64)
    most = min(len(moved), MOST_SWITCHES)
    out = np.full((len(members), most), -1, np.int64)
    steps = np.diff(z[:, moved], axis=0)
    steps = steps / np.maximum(np.sqrt((steps * steps).sum(0)), 1e-300)
    for group, row in enumerate(members if most else ()):
        followed = np.abs(steps.T @ np.diff(z[:, row[row >= 0]], axis=0)).max(1, initial=0.0)
        out[group] = np.sort(moved[np.argsort(-followed, kind="stable")[:most]])
    return out
