"""What an area's live level is made of. Pure.

The rule, in words that docs/risks.md repeats: an area never stands below the highest level of its risk points. An open
alarm or hazard lifts it to its own level. Duties that are overdue (missed check-ins of the last day, late
rectifications, late maintenance) lift it by one step, however many there are; weather that makes its kinds of accident
likelier lifts it by one step more. Steps end at 重大. Each reason names the row it rests on.
"""

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from backend.alarms.models import Level
from backend.core.errors import N_
from backend.hazards.accidents import Accident
from backend.risks.codes import RANK, highest


class Why(enum.StrEnum):
    """Kinds of reasons."""

    ALARM = "alarm"
    REPORT = "report"
    RECTIFICATION = "rectification"
    LATE_RECTIFICATION = "late_rectification"
    MISSED = "missed"
    LATE_MAINTENANCE = "late_maintenance"
    WEATHER = "weather"


LIFTING = frozenset({Why.ALARM, Why.REPORT, Why.RECTIFICATION})
"""Lift to a level of their own."""
DUTIES = frozenset({Why.LATE_RECTIFICATION, Why.MISSED, Why.LATE_MAINTENANCE})
"""Lift by one step, together."""
WORDS = {
    Why.ALARM: N_("未关闭的预警"),
    Why.REPORT: N_("未消除的隐患"),
    Why.RECTIFICATION: N_("未完成的整改"),
    Why.LATE_RECTIFICATION: N_("整改逾期"),
    Why.MISSED: N_("漏检"),
    Why.LATE_MAINTENANCE: N_("保养逾期"),
    Why.WEATHER: N_("天气"),
}
WEATHERS = {"gale": ("大风", "Gale"), "rain": ("下雨", "Rain"), "hot": ("高温", "Heat"), "frost": ("冰冻", "Frost")}
"""In both languages: they stand in a reason's words."""
WORSE_IN = {
    "gale": {Accident.FALL_FROM_HEIGHT, Accident.LIFTING, Accident.STRUCK, Accident.COLLAPSE},
    "rain": {
        Accident.ELECTRIC_SHOCK,
        Accident.FALL_FROM_HEIGHT,
        Accident.FALL,
        Accident.SITE_VEHICLE,
        Accident.FLOODING,
        Accident.COLLAPSE,
        Accident.LANDSLIDE,
    },
    "hot": {Accident.FIRE, Accident.VESSEL_EXPLOSION, Accident.VAPOUR_EXPLOSION, Accident.GAS_EXPLOSION},
    "frost": {Accident.FALL, Accident.FALL_FROM_HEIGHT, Accident.SITE_VEHICLE, Accident.LEAK},
}
"""Kinds of accident that a weather makes likelier: work at heights and lifting stop in wind (GB 30871-2022), wet ground
and wet electrics, pressure and vapour in heat, ice under foot and in pipes. Our choice, to be on the safe side."""


@dataclass(frozen=True)
class Reason:
    """A row that lifts an area. ``level``: of ``LIFTING`` alone."""

    why: Why
    area_id: int
    level: str
    words: str
    words_en: str
    url: str


@dataclass(frozen=True)
class Standing:
    """An area's two levels ("" for none) and what lifted it, the gravest first."""

    still: str
    live: str
    reasons: tuple[Reason, ...]


_STEPS = ("", Level.LOW, Level.GENERAL, Level.SIGNIFICANT, Level.MAJOR)


def standing(still: str, reasons: Sequence[Reason]) -> Standing:
    """The live level of an area whose risk points stand at ``still``."""
    steps = any(one.why in DUTIES for one in reasons) + any(one.why is Why.WEATHER for one in reasons)
    stepped = _STEPS[min(RANK[still] + steps, len(_STEPS) - 1)]
    live = highest([str(stepped), *(one.level for one in reasons if one.why in LIFTING)])
    order = list(Why)
    told = sorted(reasons, key=lambda one: (-RANK[one.level], order.index(one.why)))
    return Standing(still, live, tuple(told))


def by_area(still: dict[int, str], reasons: Iterable[Reason], areas: Iterable[int]) -> dict[int, Standing]:
    """The standing of each of ``areas``."""
    of: dict[int, list[Reason]] = {area: [] for area in areas}
    for one in reasons:
        if one.area_id in of:
            of[one.area_id].append(one)
    return {area: standing(still.get(area, ""), found) for area, found in of.items()}
