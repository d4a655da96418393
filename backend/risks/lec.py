"""LEC, the method of Graham and Kinney: D = L × E × C. Pure.

Source: K. J. Graham, G. F. Kinney, "A practical safety analysis system for hazards control", Journal of Safety
Research 12 (1980); the tables of scores as they are printed in China's guides for 风险分级管控 (作业条件危险性分析法).
Bands of D: ``docs/risks.md``; a site may set its own.
"""

from collections.abc import Sequence

from backend.alarms.models import Level
from backend.core.errors import N_

LIKELIHOOD = (
    (10.0, N_("完全可以预料")),
    (6.0, N_("相当可能")),
    (3.0, N_("可能，但不经常")),
    (1.0, N_("可能性小，完全意外")),
    (0.5, N_("很不可能，可以设想")),
    (0.2, N_("极不可能")),
    (0.1, N_("实际不可能")),
)
EXPOSURE = (
    (10.0, N_("连续暴露")),
    (6.0, N_("每天工作时间内暴露")),
    (3.0, N_("每周一次，或偶然暴露")),
    (2.0, N_("每月一次暴露")),
    (1.0, N_("每年几次暴露")),
    (0.5, N_("非常罕见地暴露")),
)
CONSEQUENCE = (
    (100.0, N_("大灾难：许多人死亡")),
    (40.0, N_("灾难：数人死亡")),
    (15.0, N_("非常严重：一人死亡")),
    (7.0, N_("严重：重伤")),
    (3.0, N_("较重：致残或伤害")),
    (1.0, N_("轻微：需要救护")),
)
BANDS = (70.0, 160.0, 320.0)
"""D up to 70 low, up to 160 general, up to 320 significant, above major (INDICATORS)."""


def danger(l: float, e: float, c: float) -> float:  # noqa: E741 - the letters of the method
    """D of the three scores. Raises ValueError for a score that is not in its table."""
    for score, table in ((l, LIKELIHOOD), (e, EXPOSURE), (c, CONSEQUENCE)):
        if score not in {one for one, _ in table}:
            raise ValueError(score)
    return round(l * e * c, 3)


def level_of(value: float, bands: Sequence[float]) -> Level:
    """The level of ``value``; ``bands``: the highest values that are still low, general, significant."""
    low, general, significant = bands
    if value <= low:
        return Level.LOW
    if value <= general:
        return Level.GENERAL
    return Level.SIGNIFICANT if value <= significant else Level.MAJOR
