"""Where a gas goes that is heavier than the air: the workbook correlations of Britter and McQuaid. Pure.

Britter and McQuaid (1988, *Workbook on the Dispersion of Dense Gases*, HSE Contract Research Report 17/1988), with
their curves as straight pieces in CCPS (1999, *Guidelines for Consequence Analysis of Chemical Releases*, the same in
EPA-454/B-94-023, TSCREEN) and the correction for a cold gas given there. Below the last curve the concentration falls
with the square of the distance. Width: a slab with one concentration from edge to edge, their lateral extent read as
half the width, which is the wider of the two readings.

Holds for a release at the ground over flat, open ground in a steady wind. Not covered: a jet's own mixing, drops of
liquid in the cloud (which make it heavier still, as with ammonia or hydrogen fluoride), walls and slopes that lead the
gas, and how stable the air is, which the curves don't ask for.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from backend.incidents.tracking.plume import AIR_G_MOL, FURTHEST_M, distances, grams

GRAVITY, GAS_J_MOL_K, PRESSURE_PA = 9.806, 8.314, 101_325.0
AIR_K = 298.15
"""The air, unless told otherwise: as warm as limits in mg/m³ are stated for."""
PLUME_FROM, PUFF_FROM = 0.15, 0.20
"""From these numbers on a release counts as dense (Britter and McQuaid 1988, steady and instantaneous)."""
STEADY_FROM, INSTANT_TO = 2.5, 0.6
"""By wind x duration / distance: from the first on it is a steady release, up to the second an instantaneous one."""
NEAREST_M = 5.0

Pieces = Sequence[tuple[float, float, float]]
"""(up to which alpha, slope, intercept), the last one for all above."""
_STEADY: Sequence[tuple[float, Pieces]] = (
    (0.10, ((-0.55, 0, 1.75), (-0.14, 0.24, 1.88), (1, -0.50, 1.78))),
    (0.05, ((-0.68, 0, 1.92), (-0.29, 0.36, 2.16), (-0.18, 0, 2.06), (1, -0.56, 1.96))),
    (0.02, ((-0.69, 0, 2.08), (-0.31, 0.45, 2.39), (-0.16, 0, 2.25), (1, -0.54, 2.16))),
    (0.01, ((-0.70, 0, 2.25), (-0.29, 0.49, 2.59), (-0.20, 0, 2.45), (1, -0.52, 2.35))),
    (0.005, ((-0.67, 0, 2.40), (-0.28, 0.59, 2.80), (-0.15, 0, 2.63), (1, -0.48, 2.56))),
    (0.002, ((-0.69, 0, 2.60), (-0.25, 0.39, 2.87), (-0.13, 0, 2.77), (1, -0.50, 2.71))),
)
_INSTANT: Sequence[tuple[float, Pieces]] = (
    (0.10, ((-0.44, 0, 0.70), (0.43, 0.26, 0.81), (1, 0, 0.93))),
    (0.05, ((-0.56, 0, 0.85), (0.31, 0.26, 1.00), (1, -0.12, 1.12))),
    (0.02, ((-0.66, 0, 0.95), (0.32, 0.36, 1.19), (1, -0.26, 1.38))),
    (0.01, ((-0.71, 0, 1.15), (0.37, 0.34, 1.39), (1, -0.38, 1.66))),
    (0.005, ((-0.52, 0, 1.48), (0.24, 0.26, 1.62), (1, -0.30, 1.75))),
    (0.002, ((0.27, 0, 1.83), (1, -0.32, 1.92))),
    (0.001, ((-0.10, 0, 2.075), (1, -0.27, 2.05))),
)


def density(molar_g: float, kelvin: float) -> float:
    """kg/m³ of an ideal gas at 101.325 kPa."""
    return PRESSURE_PA * molar_g / 1000 / (GAS_J_MOL_K * kelvin)


def _curve(pieces: Pieces, alpha: float) -> float:
    held = min(alpha, 1.0)
    _, slope, intercept = next(piece for piece in pieces if held <= piece[0])
    return slope * held + intercept


@lru_cache(maxsize=64)
def _steady_knots(alpha: float) -> tuple[tuple[float, float], ...]:
    """(log10 of the scaled distance, share of the released concentration), the nearest first."""
    knots = tuple((_curve(pieces, alpha), share) for share, pieces in _STEADY)
    near = math.log10(30)
    return ((near, 306 / (306 + 30**2)), *knots) if knots[0][0] > near else knots


@lru_cache(maxsize=64)
def _instant_knots(alpha: float) -> tuple[tuple[float, float], ...]:
    """The same for a cloud that came at once."""
    return tuple((_curve(pieces, alpha), share) for share, pieces in _INSTANT)


def _between(knots: Sequence[tuple[float, float]], beta: float) -> float:
    """The share at ``beta``, straight in both logarithms; beyond the last knot it falls with the distance squared."""
    for (near, more), (far, less) in pairwise(knots):
        if beta <= far:
            return float(more * (less / more) ** ((beta - near) / (far - near)))
    far, least = knots[-1]
    return float(least * 10 ** (-2 * (beta - far)))


@dataclass(frozen=True, slots=True)
class HeavyRelease:
    """A release at the ground of ``rate_g_s`` that lasts ``duration_s`` (None: it goes on) into a wind at 10 m.

    ``gas_k``: how warm the gas is that comes out, ``molar_g`` its molar mass in g/mol.
    """

    rate_g_s: float
    duration_s: float | None
    molar_g: float
    gas_k: float
    wind_m_s: float
    air_k: float = AIR_K

    @property
    def nearest_m(self) -> float:
        """Nearer than this nobody looks: the near field of the correlation is a rough one."""
        return NEAREST_M

    @property
    def buoyancy(self) -> float:
        """Reduced gravity in m/s²: how strongly it sinks; 0 for a gas that isn't heavier than the air."""
        air = density(AIR_G_MOL, self.air_k)
        return max(GRAVITY * (density(self.molar_g, self.gas_k) - air) / air, 0.0)

    @property
    def volume_m3_s(self) -> float:
        """Gas that comes out in a second, as warm as it is."""
        return self.rate_g_s / 1000 / density(self.molar_g, self.gas_k)

    @property
    def volume_m3(self) -> float:
        """All gas that comes out; 0 where nobody knows how long it leaks."""
        return self.volume_m3_s * (self.duration_s or 0.0)

    @property
    def steady_number(self) -> float:
        """How dense a steady release behaves: the cube root of buoyancy x flow / (wind cubed x source width)."""
        return float((self.buoyancy * self.volume_m3_s / (self.wind_m_s**3 * self._width)) ** (1 / 3))

    @property
    def instant_number(self) -> float:
        """How dense a cloud that came at once behaves: root of (buoyancy x volume) / (wind x source width)."""
        if not self.volume_m3:
            return 0.0
        return float(math.sqrt(self.buoyancy * self.volume_m3) / (self.wind_m_s * self.volume_m3 ** (1 / 3)))

    @property
    def is_dense(self) -> bool:
        """Whether its weight decides how it spreads."""
        return self.steady_number >= PLUME_FROM or self.instant_number >= PUFF_FROM

    def share(self, x_m: float) -> float:
        """Volume share of the gas ``x_m`` downwind, 1 at the source. Between steady and instantaneous the larger."""
        if x_m <= 0:
            return 1.0
        lasting = math.inf if self.duration_s is None else self.wind_m_s * self.duration_s / x_m
        if lasting >= STEADY_FROM:
            diluted = self._steady(x_m)
        elif lasting <= INSTANT_TO:
            diluted = self._instant(x_m)
        else:
            diluted = max(self._steady(x_m), self._instant(x_m))
        return diluted / (diluted + (1 - diluted) * self.gas_k / self.air_k)

    def concentration(self, x_m: float, y_m: float = 0.0) -> float:
        """g/m³ at the ground: the same from edge to edge, nothing beyond."""
        middle = grams(self.share(x_m) * 1e6, self.molar_g) if x_m >= -self.upwind_m else 0.0
        return middle if middle and abs(y_m) <= (self.half_width(x_m, middle) or 0.0) else 0.0

    def half_width(self, x_m: float, limit_g_m3: float) -> float | None:
        """How far across it lies, ``x_m`` downwind, while it has the limit there; None where it never has."""
        if x_m < -self.upwind_m or grams(self.share(x_m) * 1e6, self.molar_g) < limit_g_m3:
            return None
        if self.duration_s is None or self.wind_m_s * self.duration_s / max(x_m, NEAREST_M) > INSTANT_TO:
            return self._slab(max(x_m, 0.0))
        return self._radius(self._front_at(x_m))

    def isoline(self, limit_g_m3: float) -> list[tuple[float, float]]:
        """(distance, half width) from its edge against the wind to the furthest place that has the limit."""
        reached = [x for x in distances(NEAREST_M) if self.half_width(x, limit_g_m3) is not None]
        if not reached:
            return []
        furthest = self._sharpened(reached[-1], limit_g_m3)
        inside = [-self.upwind_m, 0.0, *(x for x in reached if x < furthest), furthest]
        return [(x, width) for x in inside if (width := self.half_width(x, limit_g_m3)) is not None]

    @property
    def upwind_m(self) -> float:
        """How far it creeps against the wind."""
        return self._width / 2 + 2 * self._length

    @property
    def extrapolated_from_m(self) -> float:
        """Further than this lies no curve: what is said there goes on with the square of the distance."""
        steady = float(self._width * 10 ** _steady_knots(self._steady_alpha)[-1][0])
        if not self.volume_m3:
            return steady
        return max(steady, float(self.volume_m3 ** (1 / 3) * 10 ** _instant_knots(self._instant_alpha)[-1][0]))

    @property
    def _width(self) -> float:
        """The scale of a steady source: root of flow / wind."""
        return math.sqrt(self.volume_m3_s / self.wind_m_s)

    @property
    def _length(self) -> float:
        """The buoyancy length: buoyancy x flow / wind cubed."""
        return self.buoyancy * self.volume_m3_s / self.wind_m_s**3

    @property
    def _steady_alpha(self) -> float:
        number = self.buoyancy**2 * self.volume_m3_s / self.wind_m_s**5
        return 0.2 * math.log10(number) if number > 0 else -math.inf

    @property
    def _instant_alpha(self) -> float:
        number = self.buoyancy * self.volume_m3 ** (1 / 3) / self.wind_m_s**2
        return 0.5 * math.log10(number) if number > 0 else -math.inf

    def _steady(self, x_m: float) -> float:
        scaled, knots = x_m / self._width, _steady_knots(self._steady_alpha)
        if math.log10(scaled) <= knots[0][0]:
            return float(max(306 / (306 + scaled**2), knots[0][1]))
        return _between(knots, math.log10(scaled))

    def _instant(self, x_m: float) -> float:
        scaled, knots = x_m / self.volume_m3 ** (1 / 3), _instant_knots(self._instant_alpha)
        if math.log10(scaled) <= knots[0][0]:
            return float(max(3.24 / (3.24 + scaled**2), knots[0][1]))
        return _between(knots, math.log10(scaled))

    def _slab(self, x_m: float) -> float:
        """Half the width of a steady plume."""
        return float(self._width + 8 * self._length + 2.5 * (self._length * x_m**2) ** (1 / 3))

    def _radius(self, after_s: float) -> float:
        """Of a cloud that came at once and has sunk apart for so long."""
        first = (3 * self.volume_m3 / (4 * math.pi)) ** (1 / 3)
        return math.sqrt(first**2 + 1.2 * math.sqrt(self.buoyancy * self.volume_m3) * after_s)

    def _front_at(self, x_m: float) -> float:
        """When the front of such a cloud is there, in seconds; its middle goes with 0.4 of the wind.

        The smaller root of (x - speed t)² = radius², which is the one where the front is still ahead of the middle.
        """
        speed, grows = 0.4 * self.wind_m_s, 1.2 * math.sqrt(self.buoyancy * self.volume_m3)
        ahead = x_m**2 - self._radius(0.0) ** 2
        if ahead <= 0 or x_m <= 0:
            return 0.0
        half = (2 * speed * x_m + grows) / 2
        return ahead / (half + math.sqrt(half**2 - speed**2 * ahead))

    def _sharpened(self, within: float, limit_g_m3: float) -> float:
        """Between two places that were looked at, where the limit ends."""
        beyond = min(within * (FURTHEST_M / NEAREST_M) ** (1 / 199), FURTHEST_M)
        for _ in range(20):
            middle = (within + beyond) / 2
            if self.half_width(middle, limit_g_m3) is None:
                beyond = middle
            else:
                within = middle
        return within
