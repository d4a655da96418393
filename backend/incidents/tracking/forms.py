"""Reads a leak as a person typed it, and shows a form with what is measured and what was stated last."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Form

from backend.core.errors import N_, Invalid
from backend.incidents.tracking.commands import Leak
from backend.incidents.tracking.models import IncidentPlume
from backend.incidents.tracking.plume import LEAST_WIND_M_S, Ground, Sky
from backend.incidents.tracking.substances import SUBSTANCES, LimitUnit
from backend.incidents.tracking.winds import Wind

Short = Annotated[str, Form(max_length=20)]
_NUMBERS = {
    "rate_g_s": (0.001, 1_000_000.0, N_("请填写大于 0 的数")),
    "height_m": (0.0, 300.0, N_("请填写 0 到 300 的数")),
    "wind_m_s": (LEAST_WIND_M_S, 40.0, N_("请填写 1 到 40 的数；风速低于 1 米/秒时这个模型不成立")),
    "wind_from_deg": (0.0, 360.0, N_("请填写 0 到 360 的数")),
    "plan_width_m": (5.0, 20_000.0, N_("请填写 5 到 20000 的数")),
    "plan_up_deg": (0.0, 360.0, N_("请填写 0 到 360 的数")),
}
"""The least and the most of each, and what is said beside it otherwise."""
_LONGEST_MIN, _MOST_LIMIT = 1440.0, 1_000_000.0
LIQUID = "liquid"
MOST_LETTERS = 30


@dataclass
class LeakForm:
    """The fields as typed."""

    substance: Short = ""
    rate_g_s: Short = ""
    height_m: Short = "0"
    wind_m_s: Short = ""
    wind_from_deg: Short = ""
    sky: Short = Sky.OVERCAST.value
    ground: Short = Ground.URBAN.value
    plan_width_m: Short = ""
    plan_up_deg: Short = "0"
    duration_min: Short = ""
    comes_as: Short = ""
    limit_value: Short = ""
    limit_unit: Short = LimitUnit.PPM.value
    limit_words: Annotated[str, Form(max_length=MOST_LETTERS)] = ""

    @classmethod
    def of(cls, stated: IncidentPlume) -> "LeakForm":
        """The form as it shows what was stated last."""
        numbers = {name: f"{getattr(stated, name):g}" for name in _NUMBERS}
        return cls(
            substance=stated.substance,
            sky=stated.sky,
            ground=stated.ground,
            duration_min="" if stated.duration_s is None else f"{stated.duration_s / 60:g}",
            comes_as=LIQUID if stated.cold else "",
            limit_value="" if stated.limit_value is None else f"{stated.limit_value:g}",
            limit_unit=stated.limit_unit or LimitUnit.PPM.value,
            limit_words=stated.limit_words,
            **numbers,
        )

    @classmethod
    def guessed(cls, wind: Wind | None, sky: Sky, plan: tuple[float | None, float | None]) -> "LeakForm":
        """The form before anything was stated: with the wind and the sky, and the plan's width and turn, as far as
        known."""
        blown = {"wind_m_s": f"{wind.speed_m_s:.1f}", "wind_from_deg": f"{wind.from_deg:.0f}"} if wind else {}
        scale = zip(("plan_width_m", "plan_up_deg"), plan, strict=True)
        drawn = {name: f"{value:g}" for name, value in scale if value is not None}
        return cls(sky=sky.value, **blown, **drawn)

    def read(self) -> Leak:
        """Raises Invalid beside each field that can't be read."""
        wrong: dict[str, str] = {}
        if self.substance not in SUBSTANCES:
            wrong["substance"] = N_("请选择是什么气体")
        if self.sky not in set(Sky) or self.ground not in set(Ground):
            wrong["sky"] = N_("请选择天气和地面")
        numbers = {name: _number(getattr(self, name), least, most) for name, (least, most, _) in _NUMBERS.items()}
        wrong |= {name: _NUMBERS[name][2] for name, value in numbers.items() if value is None}
        minutes = _number(self.duration_min, 1 / 60, _LONGEST_MIN) if self.duration_min.strip() else None
        if self.duration_min.strip() and minutes is None:
            wrong["duration_min"] = N_("请填写大于 0、不超过 1440 的分钟数；还在漏就空着")
        limit, refused = self._limit()
        if refused:
            wrong["limit_value"] = refused
        if wrong:
            raise Invalid(fields=wrong)
        known = {name: value for name, value in numbers.items() if value is not None}
        return Leak(
            substance=self.substance,
            sky=Sky(self.sky),
            ground=Ground(self.ground),
            duration_s=None if minutes is None else minutes * 60,
            cold=self.comes_as == LIQUID,
            limit_value=limit,
            limit_unit=self.limit_unit if limit else "",
            limit_words=" ".join(self.limit_words.split()) if limit else "",
            **known,
        )

    def _limit(self) -> tuple[float | None, str]:
        """A limit of one's own, and why it can't be read."""
        if not self.limit_value.strip():
            return None, ""
        limit = _number(self.limit_value, 1e-6, _MOST_LIMIT)
        if limit is None or self.limit_unit not in set(LimitUnit):
            return None, N_("请填写大于 0 的数，并选择单位")
        burns = self.substance not in SUBSTANCES or SUBSTANCES[self.substance].lel_pct is not None
        if self.limit_unit == LimitUnit.LEL and not burns:
            return None, N_("这种气体不燃烧，没有爆炸下限")
        return limit, ""


def _number(typed: str, least: float, most: float) -> float | None:
    try:
        value = float(typed.strip())
    except ValueError:
        return None
    return value if least <= value <= most else None
