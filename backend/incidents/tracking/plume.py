"""Where a gas goes that leaks steadily: the Gaussian plume. Pure.

Spread by Briggs (1973, *Diffusion Estimation for Small Emissions*, ATDL-106) for open country and built-up ground;
stability classes by Pasquill (1961) in Turner's form (1970, *Workbook of Atmospheric Dispersion Estimates*, AP-26);
the ground reflects all. Holds for a gas about as heavy as air, over flat ground, in a wind of 1 m/s or more, between
100 m and 10 km from the source, as a mean over ten minutes or so; single whiffs are stronger. A short leak is for
``puff``, a gas that creeps along the ground for ``heavy``; buildings and hills are covered by none of them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

NEAREST_M, FURTHEST_M = 100.0, 10_000.0
LEAST_WIND_M_S = 1.0
AIR_G_MOL, MOLAR_L = 28.97, 24.45
"""Of dry air; litres a mole of gas takes at 25 °C and 101.325 kPa."""
_STEPS = 200
"""Distances at which an isoline is looked at, evenly apart in their logarithm."""


class Stability(StrEnum):
    """How much the air mixes: A very much, D neutral, F hardly."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"
    F = "F"


class Ground(StrEnum):
    """What the wind goes over."""

    RURAL = "rural"
    URBAN = "urban"
    """Built up, as most plants are."""


class Sky(StrEnum):
    """What decides how the air mixes, besides the wind."""

    STRONG_SUN = "strong_sun"
    SUN = "sun"
    WEAK_SUN = "weak_sun"
    OVERCAST = "overcast"
    """Day or night."""
    CLOUDY_NIGHT = "cloudy_night"
    """At least half of the sky covered."""
    CLEAR_NIGHT = "clear_night"


_CLASSES: dict[Sky, str] = {
    Sky.STRONG_SUN: "ABBCC",
    Sky.SUN: "BBCDD",
    Sky.WEAK_SUN: "BCCDD",
    Sky.OVERCAST: "DDDDD",
    Sky.CLOUDY_NIGHT: "FEDDD",
    Sky.CLEAR_NIGHT: "FFEDD",
}
"""By wind at 10 m below 2, 3, 5, 6 m/s and above (Turner 1970, table 3-1); where it gives two, the calmer air."""


def stability(wind_m_s: float, sky: Sky) -> Stability:
    """The class for a wind at 10 m. Turner leaves calm nights open: they count as F here."""
    place = next((n for n, below in enumerate((2.0, 3.0, 5.0, 6.0)) if wind_m_s < below), 4)
    return Stability(_CLASSES[sky][place])


def sigma_y(x_m: float, air: Stability, ground: Ground) -> float:
    """Half width of the plume (one standard deviation) in metres, ``x_m`` downwind."""
    if ground is Ground.RURAL:
        share = {"A": 0.22, "B": 0.16, "C": 0.11, "D": 0.08, "E": 0.06, "F": 0.04}[air]
        return share * x_m / math.sqrt(1 + 0.0001 * x_m)
    share = {"A": 0.32, "B": 0.32, "C": 0.22, "D": 0.16, "E": 0.11, "F": 0.11}[air]
    return share * x_m / math.sqrt(1 + 0.0004 * x_m)


def sigma_z(x_m: float, air: Stability, ground: Ground) -> float:
    """Half height of the plume (one standard deviation) in metres, ``x_m`` downwind."""
    if ground is Ground.RURAL:
        share, bend, power = {
            "A": (0.20, 0.0, 0.0),
            "B": (0.12, 0.0, 0.0),
            "C": (0.08, 0.0002, -0.5),
            "D": (0.06, 0.0015, -0.5),
            "E": (0.03, 0.0003, -1.0),
            "F": (0.016, 0.0003, -1.0),
        }[air]
    else:
        share, bend, power = {
            "A": (0.24, 0.001, 0.5),
            "B": (0.24, 0.001, 0.5),
            "C": (0.20, 0.0, 0.0),
            "D": (0.14, 0.0003, -0.5),
            "E": (0.08, 0.0015, -0.5),
            "F": (0.08, 0.0015, -0.5),
        }[air]
    return float(share * x_m * (1 + bend * x_m) ** power)


class Cloud(Protocol):
    """A gas as it spreads along the ground, by any of the models."""

    @property
    def nearest_m(self) -> float:
        """Nearer to the source than this the model says nothing."""

    def concentration(self, x_m: float, y_m: float = 0.0) -> float:
        """The most that the ground gets ``x_m`` downwind and ``y_m`` across, in g/m³."""

    def half_width(self, x_m: float, limit_g_m3: float) -> float | None:
        """How far across the limit is reached; None where it never is."""

    def isoline(self, limit_g_m3: float) -> list[tuple[float, float]]:
        """(distance, half width) in metres wherever the limit is reached, the nearest first."""


@dataclass(frozen=True, slots=True)
class Release:
    """A steady leak of ``rate_g_s`` at ``height_m`` into a wind of ``wind_m_s``."""

    rate_g_s: float
    height_m: float
    wind_m_s: float
    air: Stability
    ground: Ground

    @property
    def nearest_m(self) -> float:
        """Nearer than this the model says nothing."""
        return NEAREST_M

    def concentration(self, x_m: float, y_m: float = 0.0, z_m: float = 0.0) -> float:
        """g/m³ at ``x_m`` downwind, ``y_m`` across and ``z_m`` above the ground; nothing upwind."""
        if x_m <= 0:
            return 0.0
        wide, high = sigma_y(x_m, self.air, self.ground), sigma_z(x_m, self.air, self.ground)
        across = math.exp(-(y_m**2) / (2 * wide**2))
        up = math.exp(-((z_m - self.height_m) ** 2) / (2 * high**2))
        mirrored = math.exp(-((z_m + self.height_m) ** 2) / (2 * high**2))
        return self.rate_g_s / (2 * math.pi * self.wind_m_s * wide * high) * across * (up + mirrored)

    def half_width(self, x_m: float, limit_g_m3: float) -> float | None:
        """How far across at the ground the concentration is ``limit_g_m3`` or more; None where it never is."""
        middle = self.concentration(x_m)
        if middle < limit_g_m3:
            return None
        return sigma_y(x_m, self.air, self.ground) * math.sqrt(2 * math.log(middle / limit_g_m3))

    def isoline(self, limit_g_m3: float) -> list[tuple[float, float]]:
        """(distance, half width) in metres wherever the ground has ``limit_g_m3`` or more, within the model's range."""
        return isoline_of(self, limit_g_m3)


def distances(nearest_m: float) -> list[float]:
    """Where an isoline is looked at, from ``nearest_m`` to 10 km."""
    ratio = FURTHEST_M / nearest_m
    return [nearest_m * ratio ** (step / (_STEPS - 1)) for step in range(_STEPS)]


def isoline_of(cloud: Cloud, limit_g_m3: float) -> list[tuple[float, float]]:
    """(distance, half width) in metres wherever ``cloud`` gives the ground ``limit_g_m3`` or more."""
    looked = distances(cloud.nearest_m)
    return [(x, width) for x in looked if (width := cloud.half_width(x, limit_g_m3)) is not None]


def reach(line: Sequence[tuple[float, float]]) -> float | None:
    """How far an isoline goes, in metres; None where the limit is nowhere reached from 100 m on."""
    return max((x for x, _ in line), default=None)


def grams(ppm: float, molar_g: float) -> float:
    """g/m³ of ``ppm`` (volume) at 25 °C and 101.325 kPa."""
    return ppm * molar_g / MOLAR_L / 1000


def parts(g_m3: float, molar_g: float) -> float:
    """ppm (volume) of ``g_m3`` at 25 °C and 101.325 kPa."""
    return g_m3 * 1000 * MOLAR_L / molar_g


def downwind(east_m: float, north_m: float, wind_from_deg: float) -> tuple[float, float]:
    """(downwind, across) metres of a place ``east_m``, ``north_m`` of the source; the wind comes from that bearing."""
    to = math.radians(wind_from_deg + 180)
    return east_m * math.sin(to) + north_m * math.cos(to), east_m * math.cos(to) - north_m * math.sin(to)


def offset(x_m: float, y_m: float, wind_from_deg: float) -> tuple[float, float]:
    """The inverse of ``downwind``: (east, north) metres."""
    to = math.radians(wind_from_deg + 180)
    return x_m * math.sin(to) + y_m * math.cos(to), x_m * math.cos(to) - y_m * math.sin(to)
