"""Gases that may leak, and the concentrations that matter of each. Pure.

IDLH (a healthy person must be out within 30 minutes): NIOSH, 1994 values as in the *Pocket Guide to Chemical Hazards*.
Short exposure and ceiling: GBZ 2.1-2019 (PC-STEL over 15 minutes, MAC never to be exceeded). Lower explosive limits:
NIOSH Pocket Guide; a quarter of it is the highest first alarm of GB/T 50493-2019.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from backend.core.errors import N_
from backend.incidents.tracking.plume import grams

ALARM_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Limit:
    """A concentration at the ground; ``grave``: it threatens lives at once."""

    words: str
    g_m3: float
    grave: bool


@dataclass(frozen=True, slots=True)
class Substance:
    """``molar_g`` in g/mol; ``short_mg_m3`` by GBZ 2.1, ``idlh_ppm`` by NIOSH, ``lel_pct`` by volume; None: none."""

    name: str
    molar_g: float
    short_mg_m3: float | None
    idlh_ppm: float | None
    lel_pct: float | None

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


SUBSTANCES = {
    "h2s": Substance(N_("硫化氢"), 34.08, 10.0, 100.0, 4.0),
    "nh3": Substance(N_("氨"), 17.03, 30.0, 300.0, 15.0),
    "co": Substance(N_("一氧化碳"), 28.01, 30.0, 1200.0, 12.5),
    "hcl": Substance(N_("氯化氢"), 36.46, 7.5, 50.0, None),
    "so2": Substance(N_("二氧化硫"), 64.06, 10.0, 100.0, None),
    "cl2": Substance(N_("氯"), 70.90, 1.0, 10.0, None),
    "ch4": Substance(N_("甲烷"), 16.04, None, None, 5.0),
}
"""By key; of MAC and PC-STEL the one that GBZ 2.1-2019 gives."""
