"""Reads what a site says of its weather and its buffers, as it was typed."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Form

from backend.core.errors import N_, Invalid
from backend.incidents.tracking.commands import BufferFacts, WeatherPoints
from backend.incidents.tracking.models import PlantBuffer, SiteWeather

Short = Annotated[str, Form(max_length=20)]
_MOST = 1e9


@dataclass
class WeatherForm:
    """Ids of points as chosen; empty: none."""

    speed_point_id: Short = ""
    direction_point_id: Short = ""
    temperature_point_id: Short = ""
    rain_point_id: Short = ""

    @classmethod
    def of(cls, named: SiteWeather | None) -> "WeatherForm":
        """The form as it shows what is in force."""
        return cls(*(_shown(getattr(named, name)) for name in cls.__dataclass_fields__)) if named else cls()

    def read(self) -> WeatherPoints:
        """What was chosen."""
        return WeatherPoints(**{name: chosen(typed) for name, typed in vars(self).items()})


@dataclass
class BufferForm:
    """The fields as typed."""

    equipment_id: Short = ""
    level_point_id: Short = ""
    empty_level: Short = "0"
    full_level: Short = "100"
    capacity: Short = ""
    unit: Short = "t"
    outflow_point_id: Short = ""
    outflow_per_h: Short = ""

    @classmethod
    def of(cls, row: PlantBuffer) -> "BufferForm":
        """The form as it shows a buffer."""
        return cls(
            equipment_id=str(row.equipment_id),
            level_point_id=str(row.level_point_id),
            empty_level=f"{row.empty_level:g}",
            full_level=f"{row.full_level:g}",
            capacity=f"{row.capacity:g}",
            unit=row.unit,
            outflow_point_id=_shown(row.outflow_point_id),
            outflow_per_h="" if row.outflow_per_h is None else f"{row.outflow_per_h:g}",
        )

    def read(self) -> BufferFacts:
        """Raises Invalid beside each field that can't be read."""
        equipment, level, outflow = (
            chosen(self.equipment_id),
            chosen(self.level_point_id),
            chosen(self.outflow_point_id),
        )
        empty, full, capacity = _number(self.empty_level), _number(self.full_level), _number(self.capacity)
        typed, unit = self.outflow_per_h.strip(), self.unit.strip()
        flow = _number(typed) if typed else None
        wrong = {
            "equipment_id": N_("请选择设备") if equipment is None else "",
            "level_point_id": N_("请选择液位或料位测点") if level is None else "",
            "empty_level": N_("请填写数字") if empty is None else "",
            "full_level": N_("请填写比空的时候大的数") if full is None or (empty is not None and full <= empty) else "",
            "capacity": N_("请填写大于 0 的数") if capacity is None or capacity <= 0 else "",
            "unit": "" if unit else N_("请填写单位"),
            "outflow_per_h": self._outflow_refused(outflow, typed, flow),
        }
        wrong = {name: words for name, words in wrong.items() if words}
        if wrong or equipment is None or level is None or empty is None or full is None or capacity is None:
            raise Invalid(fields=wrong)
        return BufferFacts(equipment, level, empty, full, capacity, unit, outflow, flow)

    def _outflow_refused(self, outflow: int | None, typed: str, flow: float | None) -> str:
        if (outflow is None) == (not typed):
            return N_("出料请选一个测点，或者填一个数，只要一样")
        return N_("请填写大于 0 的数") if typed and (flow is None or flow <= 0) else ""


def chosen(typed: str) -> int | None:
    """An id as a list gives it; None for nothing."""
    plain = typed.strip()
    return int(plain) if plain.isascii() and plain.isdigit() else None


def _shown(one: int | None) -> str:
    return "" if one is None else str(one)


def _number(typed: str) -> float | None:
    try:
        value = float(typed.strip())
    except ValueError:
        return None
    return value if -_MOST <= value <= _MOST else None
