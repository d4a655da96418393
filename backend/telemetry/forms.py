"""Reads what people type about a point that they adopt."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Form

from backend.core.errors import N_, Invalid
from backend.telemetry.commands import Adoption


@dataclass
class AdoptionForm:
    """A point as typed; numbers stay text, so that a refused form shows them again."""

    name: Annotated[str, Form(max_length=4000)] = ""
    name_en: Annotated[str, Form(max_length=4000)] = ""
    unit: Annotated[str, Form(max_length=4000)] = ""
    equipment_id: Annotated[str, Form(max_length=40)] = ""
    range_low: Annotated[str, Form(max_length=40)] = ""
    range_high: Annotated[str, Form(max_length=40)] = ""

    def read(self) -> Adoption:
        """What was typed. Raises Invalid naming every field that can't be read."""
        wrong: dict[str, str] = {}
        bounds: dict[str, float | None] = {}
        for field in ("range_low", "range_high"):
            try:
                bounds[field] = _number(getattr(self, field))
            except ValueError:
                wrong[field] = N_("请填写数字")
        chosen = self.equipment_id.strip()
        if chosen and not (chosen.isascii() and chosen.isdigit()):
            wrong["equipment_id"] = N_("请选择本厂区的设备")
        if wrong:
            raise Invalid(fields=wrong)
        return Adoption(self.name, self.name_en, self.unit, int(chosen) if chosen else None, **bounds)


def _number(typed: str) -> float | None:
    """``typed`` as a number, with the comma or full-width digits a phone may write; None for nothing."""
    typed = typed.strip().replace("，", ".").replace(",", ".").replace("。", ".")
    return float(typed) if typed else None
