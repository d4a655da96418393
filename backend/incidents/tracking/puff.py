"""Where a gas goes that leaks for a short while: the Gaussian puff, drawn out by the length of the leak. Pure.

Spread of single puffs by Slade (1968, *Meteorology and Atomic Energy*) for unstable, neutral and very stable air, with
the classes between as in CCPS (1999, *Guidelines for Consequence Analysis of Chemical Releases*); along the wind as
across it. A leak that lasts ``duration_s`` is a row of puffs, summed up exactly with the spread that a puff has at the
place asked for (Palazzi et al. 1982). The figures are those of one cloud as it passes, not a mean over ten minutes, so
that a short leak is stronger on its middle line than a long one of the same strength would be by the plume of Briggs.
Same limits as the plume: a gas about as heavy as air, flat ground, 1 m/s or more, 100 m to 10 km.
"""

import math
from dataclasses import dataclass

from backend.incidents.tracking.plume import NEAREST_M, Stability, isoline_of

LONGEST_S = 600.0
"""From ten minutes on a leak counts as steady: that is the time over which the plume's spread is a mean."""
_ACROSS: dict[Stability, tuple[float, float]] = {
    Stability.A: (0.18, 0.92),
    Stability.B: (0.14, 0.92),
    Stability.C: (0.10, 0.92),
    Stability.D: (0.06, 0.92),
    Stability.E: (0.04, 0.92),
    Stability.F: (0.02, 0.89),
}
_UP: dict[Stability, tuple[float, float]] = {
    Stability.A: (0.60, 0.75),
    Stability.B: (0.53, 0.73),
    Stability.C: (0.34, 0.71),
    Stability.D: (0.15, 0.70),
    Stability.E: (0.10, 0.65),
    Stability.F: (0.05, 0.61),
}


def puff_across(x_m: float, air: Stability) -> float:
    """One standard deviation across and along the wind in metres, ``x_m`` from the source."""
    share, power = _ACROSS[air]
    return float(share * x_m**power)


def puff_up(x_m: float, air: Stability) -> float:
    """One standard deviation upwards in metres, ``x_m`` from the source."""
    share, power = _UP[air]
    return float(share * x_m**power)


@dataclass(frozen=True, slots=True)
class Burst:
    """A leak of ``rate_g_s`` for ``duration_s`` at ``height_m`` into a wind of ``wind_m_s``."""

    rate_g_s: float
    duration_s: float
    height_m: float
    wind_m_s: float
    air: Stability

    @property
    def nearest_m(self) -> float:
        """Nearer than this the model says nothing."""
        return NEAREST_M

    def at(self, x_m: float, y_m: float, z_m: float, after_s: float) -> float:
        """g/m³ at a place, ``after_s`` seconds after the leak began."""
        if x_m <= 0 or after_s <= 0:
            return 0.0
        along = math.sqrt(2) * puff_across(x_m, self.air)
        newest = x_m - self.wind_m_s * max(after_s - self.duration_s, 0.0)
        oldest = x_m - self.wind_m_s * after_s
        return self._steady(x_m, y_m, z_m) * (math.erf(newest / along) - math.erf(oldest / along)) / 2

    def concentration(self, x_m: float, y_m: float = 0.0, z_m: float = 0.0) -> float:
        """The most that a place gets as the cloud passes, in g/m³; nothing upwind."""
        if x_m <= 0:
            return 0.0
        half_length = self.wind_m_s * self.duration_s / 2
        return self._steady(x_m, y_m, z_m) * math.erf(half_length / (math.sqrt(2) * puff_across(x_m, self.air)))

    def half_width(self, x_m: float, limit_g_m3: float) -> float | None:
        """How far across at the ground ``limit_g_m3`` is reached at some time; None where it never is."""
        middle = self.concentration(x_m)
        if middle < limit_g_m3:
            return None
        return puff_across(x_m, self.air) * math.sqrt(2 * math.log(middle / limit_g_m3))

    def isoline(self, limit_g_m3: float) -> list[tuple[float, float]]:
        """(distance, half width) in metres wherever the ground gets ``limit_g_m3`` at some time."""
        return isoline_of(self, limit_g_m3)

    def _steady(self, x_m: float, y_m: float, z_m: float) -> float:
        """What it would be if it had always leaked, with the spread of puffs."""
        wide, high = puff_across(x_m, self.air), puff_up(x_m, self.air)
        across = math.exp(-(y_m**2) / (2 * wide**2))
        up = math.exp(-((z_m - self.height_m) ** 2) / (2 * high**2))
        mirrored = math.exp(-((z_m + self.height_m) ** 2) / (2 * high**2))
        return self.rate_g_s / (2 * math.pi * self.wind_m_s * wide * high) * across * (up + mirrored)
