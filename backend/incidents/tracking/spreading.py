"""Which model a leak is for: steady or short, about as heavy as the air or heavier. Pure."""

import enum
from dataclasses import dataclass

from backend.incidents.tracking.heavy import AIR_K, HeavyRelease
from backend.incidents.tracking.plume import Cloud, Ground, Release, Stability, distances
from backend.incidents.tracking.puff import LONGEST_S, Burst
from backend.incidents.tracking.substances import Substance


class Model(enum.StrEnum):
    """How a leak is reckoned."""

    PLUME = "plume"
    PUFF = "puff"
    HEAVY = "heavy"


@dataclass(frozen=True, slots=True)
class Source:
    """What leaks and into which air. ``duration_s`` None: it goes on; ``cold``: it comes out as cold as it boils."""

    substance: Substance
    rate_g_s: float
    duration_s: float | None
    cold: bool
    height_m: float
    wind_m_s: float
    air: Stability
    ground: Ground


@dataclass(frozen=True, slots=True)
class Thinned:
    """A heavy cloud that is as light as the air in the end.

    Where its own curves end, the larger counts of what they go on to and what a light gas would give: their going on
    doesn't know how stable the air is, and a light gas in calm air carries further.
    """

    heavy: HeavyRelease
    light: Cloud

    @property
    def nearest_m(self) -> float:
        """That of the heavy cloud, which lies around the source."""
        return self.heavy.nearest_m

    def concentration(self, x_m: float, y_m: float = 0.0) -> float:
        """g/m³ at the ground."""
        found = self.heavy.concentration(x_m, y_m)
        return max(found, self.light.concentration(x_m, y_m)) if self._is_far(x_m) else found

    def half_width(self, x_m: float, limit_g_m3: float) -> float | None:
        """The wider of the two where both count."""
        found = self.heavy.half_width(x_m, limit_g_m3)
        widths = [found, self.light.half_width(x_m, limit_g_m3)] if self._is_far(x_m) else [found]
        return max((width for width in widths if width is not None), default=None)

    def isoline(self, limit_g_m3: float) -> list[tuple[float, float]]:
        """(distance, half width) from the edge against the wind on."""
        line = self.heavy.isoline(limit_g_m3)
        if not line or not self._is_far(line[-1][0]):
            return line
        further = (x for x in distances(self.nearest_m) if x > line[-1][0])
        return line + [(x, width) for x in further if (width := self.half_width(x, limit_g_m3)) is not None]

    def _is_far(self, x_m: float) -> bool:
        return x_m >= max(self.heavy.extrapolated_from_m, self.light.nearest_m)


def model_of(source: Source) -> Model:
    """Heavy if the numbers of Britter and McQuaid say so, else by how long it leaks."""
    if _heavy(source).is_dense:
        return Model.HEAVY
    return Model.PUFF if source.duration_s is not None and source.duration_s < LONGEST_S else Model.PLUME


def cloud_of(source: Source) -> Cloud:
    """The leak as it spreads."""
    light = light_of(source)
    return Thinned(_heavy(source), light) if model_of(source) is Model.HEAVY else light


def light_of(source: Source) -> Cloud:
    """The leak as if it weren't heavy."""
    if source.duration_s is not None and source.duration_s < LONGEST_S:
        return Burst(source.rate_g_s, source.duration_s, source.height_m, source.wind_m_s, source.air)
    return Release(source.rate_g_s, source.height_m, source.wind_m_s, source.air, source.ground)


def _heavy(source: Source) -> HeavyRelease:
    gas_k = min(source.substance.boils_k, AIR_K) if source.cold else AIR_K
    return HeavyRelease(source.rate_g_s, source.duration_s, source.substance.molar_g, gas_k, source.wind_m_s)
