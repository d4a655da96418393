"""Gases that may leak, and the concentrations that matter of each. Pure.

IDLH (a healthy person must be out within 30 minutes): NIOSH, 1994 values as in the *Pocket Guide to Chemical Hazards*.
Short exposure and ceiling: GBZ 2.1-2019 (PC-STEL over 15 minutes, MAC never to be exceeded). Lower explosive limits:
NIOSH Pocket Guide; a quarter of it is the highest first alarm of GB/T 50493-2019. Boiling points at 101.325 kPa: NIST
Chemistry WebBook. Somebody who states a leak may add a limit of their own (``own_limit``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from backend.core.errors import N_
from backend.incidents.tracking.plume import grams, parts

ALARM_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Limit:
    """A concentration at the ground; ``grave``: it threatens lives at once; ``own``: somebody typed it."""

    words: str
    g_m3: float
    grave: bool
    own: bool = False


class LimitUnit(StrEnum):
    """What a limit of one's own is counted in."""

    PPM = "ppm"
    MG_M3 = "mg/m³"
    LEL = "%LEL"


@dataclass(frozen=True, slots=True)
class Substance:
    """``molar_g`` in g/mol, ``boils_k`` in kelvin; ``short_mg_m3`` by GBZ 2.1, ``idlh_ppm`` by NIOSH, ``lel_pct`` by
    volume; None: none."""

    name: str
    molar_g: float
    boils_k: float
    short_mg_m3: float | None
    idlh_ppm: float | None
    lel_pct: float | None
    called: Sequence[str]
    """What a detector of it is called, in small letters."""

    def is_sensed_by(self, unit: str, *names: str) -> bool:
        """Whether a detector of that unit and of those names measures it; any explosimeter does what burns."""
        said = " ".join(names).casefold()
        return any(word in said for word in self.called) or (unit == LimitUnit.LEL and self.lel_pct is not None)

    @property
    def limits(self) -> Sequence[Limit]:
        """The highest first."""
        found: list[Limit] = []
        if self.lel_pct:
            share = self.lel_pct * 10_000 * ALARM_SHARE
            found.append(Limit(N_("爆炸下限的 25 %（GB/T 50493-2019）"), grams(share, self.molar_g), True))
        if self.idlh_ppm:
            found.append(Limit(N_("立即危及生命的浓度（NIOSH IDLH）"), grams(self.idlh_ppm, self.molar_g), True))
        if self.short_mg_m3:
            found.append(Limit(N_("短时间接触限值（GBZ 2.1-2019）"), self.short_mg_m3 / 1000, False))
        return sorted(found, key=lambda limit: -limit.g_m3)

    def g_m3(self, value: float, unit: str) -> float | None:
        """A concentration in any ``LimitUnit``; None for a share of the explosive limit of what doesn't burn."""
        if unit == LimitUnit.MG_M3:
            return value / 1000
        if unit == LimitUnit.PPM:
            return grams(value, self.molar_g)
        return grams(value / 100 * self.lel_pct * 10_000, self.molar_g) if self.lel_pct else None

    def counted(self, g_m3: float, unit: str) -> float | None:
        """The inverse of ``g_m3``."""
        one = self.g_m3(1.0, unit)
        return g_m3 / one if one else None

    def ppm(self, g_m3: float) -> float:
        """The same by volume."""
        return parts(g_m3, self.molar_g)

    def with_own(self, own: Limit | None) -> Sequence[Limit]:
        """Its limits and one that somebody typed, the highest first."""
        return sorted([*self.limits, *([own] if own else [])], key=lambda limit: -limit.g_m3)


SUBSTANCES = {
    "h2s": Substance(N_("硫化氢"), 34.08, 212.9, 10.0, 100.0, 4.0, ("硫化氢", "h2s", "hydrogen sul")),
    "nh3": Substance(N_("氨"), 17.03, 239.8, 30.0, 300.0, 15.0, ("氨", "nh3", "ammonia")),
    "co": Substance(N_("一氧化碳"), 28.01, 81.6, 30.0, 1200.0, 12.5, ("一氧化碳", "carbon monoxide")),
    "hcl": Substance(N_("氯化氢"), 36.46, 188.1, 7.5, 50.0, None, ("氯化氢", "hcl", "hydrogen chloride")),
    "so2": Substance(
        N_("二氧化硫"), 64.06, 263.1, 10.0, 100.0, None, ("二氧化硫", "so2", "sulfur dioxide", "sulphur dioxide")
    ),
    "cl2": Substance(N_("氯"), 70.90, 239.1, 1.0, 10.0, None, ("氯气", "cl2", "chlorine")),
    "ch4": Substance(N_("甲烷"), 16.04, 111.7, None, None, 5.0, ("甲烷", "ch4", "methane")),
    "c3h8": Substance(N_("丙烷"), 44.10, 231.0, None, 2100.0, 2.1, ("丙烷", "c3h8", "propane", "lpg")),
}
"""By key; of MAC and PC-STEL the one that GBZ 2.1-2019 gives."""


def own_limit(substance: Substance, value: float | None, unit: str, words: str) -> Limit | None:
    """A limit as somebody typed it; None without a figure, or where this gas has no such unit."""
    g_m3 = substance.g_m3(value, unit) if value else None
    return Limit(words, g_m3, grave=False, own=True) if g_m3 else None
