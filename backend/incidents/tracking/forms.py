"""Reads a leak as a person typed it."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Form

from backend.core.errors import N_, Invalid
from backend.incidents.tracking.commands import Leak
from backend.incidents.tracking.models import IncidentPlume
from backend.incidents.tracking.plume import LEAST_WIND_M_S, Ground, Sky
from backend.incidents.tracking.substances import SUBSTANCES

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

    @classmethod
    def of(cls, stated: IncidentPlume) -> "LeakForm":
        """The form as it shows what was stated last."""
        numbers = {name: f"{getattr(stated, name):g}" for name in _NUMBERS}
        return cls(substance=stated.substance, sky=stated.sky, ground=stated.ground, **numbers)

    def read(self) -> Leak:
        """Raises Invalid beside each field that can't be read."""
        wrong: dict[str, str] = {}
        if self.substance not in SUBSTANCES:
            wrong["substance"] = N_("请选择是什么气体")
        if self.sky not in set(Sky) or self.ground not in set(Ground):
            wrong["sky"] = N_("请选择天气和地面")
        numbers = {name: _number(getattr(self, name), least, most) for name, (least, most, _) in _NUMBERS.items()}
        wrong |= {name: _NUMBERS[name][2] for name, value in numbers.items() if value is None}
        if wrong:
            raise Invalid(fields=wrong)
        known = {name: value for name, value in numbers.items() if value is not None}
        return Leak(substance=self.substance, sky=Sky(self.sky), ground=Ground(self.ground), **known)


def _number(typed: str, least: float, most: float) -> float | None:
    try:
        value = float(typed.strip())
    except ValueError:
        return None
    return value if least <= value <= most else None
