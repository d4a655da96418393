"""Reads what people send about plans, evacuations and cordons."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Form

from backend.core.errors import N_, Invalid
from backend.hazards.forms import database_id
from backend.incidents.forms import Short
from backend.incidents.models import IncidentKind
from backend.incidents.response.commands import Closing, Order, StepDraft
from backend.incidents.response.ground import Shape

Texts = Annotated[Sequence[str], Form(max_length=100)]


@dataclass
class PlanForm:
    """Rows of a plan as typed, side by side: the n-th of each list is of the n-th row. A row without words is left out,
    and the rows go in the order of their numbers."""

    kind: Annotated[IncidentKind, Form()] = IncidentKind.OTHER
    key: Texts = ()
    place: Texts = ()
    text: Texts = ()
    text_en: Texts = ()
    who: Texts = ()
    basis: Texts = ()
    post: Texts = ()
    version: Annotated[int, Form(ge=0, lt=2**31)] = 0

    def drafts(self) -> list[StepDraft]:
        """The rows that say something, in order; a number that can't be read leaves its row where it stands."""
        rows = [
            (_number(_at(self.place, n), n + 1), n, self._draft(n, text))
            for n, text in enumerate(self.text)
            if text.strip()
        ]
        return [draft for _, _, draft in sorted(rows, key=lambda row: row[:2])]

    def _draft(self, n: int, text: str) -> StepDraft:
        post_id = database_id(_at(self.post, n))
        return StepDraft(text, _at(self.text_en, n), _at(self.who, n), _at(self.basis, n), _at(self.key, n), post_id)


def _at(texts: Sequence[str], number: int) -> str:
    return texts[number] if number < len(texts) else ""


def _number(typed: str, otherwise: float) -> float:
    plain = typed.strip()
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= 4 else otherwise


@dataclass
class OrderForm:
    """Areas to leave, where to gather, visitors, as tapped and typed."""

    areas: Annotated[Sequence[str], Form(max_length=500)] = ()
    muster: Short = ""
    visitors: Short = ""

    def read(self) -> Order:
        """As the command takes it. Raises Invalid beside the field."""
        visitors = read_count(self.visitors or "0")
        if visitors is None:
            raise Invalid(fields={"visitors": N_("请填写 0 到 5000 的整数")})
        ids = [id_ for typed in self.areas if (id_ := database_id(typed)) is not None]
        return Order(ids, database_id(self.muster), visitors)


@dataclass
class CordonForm:
    """A cordon as tapped, typed and drawn."""

    shape: Short = ""
    radius_m: Short = ""
    plan_width_m: Short = ""
    polygon: Annotated[str, Form(max_length=2000)] = ""
    plan: Short = ""
    """The floor plan that it was drawn on, where there are several."""

    @property
    def plan_id(self) -> int | None:
        """None: none is named."""
        return database_id(self.plan)

    @classmethod
    def usual(cls, radius_m: float, plan_width_m: float | None) -> "CordonForm":
        """The form as it proposes one."""
        return cls(Shape.CIRCLE, f"{radius_m:g}", f"{plan_width_m:g}" if plan_width_m else "")

    def read(self) -> Closing:
        """As the command takes it. Raises Invalid beside the field."""
        width = _metres(self.plan_width_m)
        if width is None and self.plan_width_m.strip() and self.shape == Shape.CIRCLE:
            raise Invalid(fields={"plan_width_m": N_("请填写 1 到 20000 的数，不知道就留空")})
        return Closing(self.shape, _metres(self.radius_m), width, self.polygon, self.plan_id)


def _metres(typed: str) -> float | None:
    plain = typed.strip()
    digits = plain.replace(".", "", 1)
    return float(plain) if digits.isascii() and digits.isdigit() and len(plain) <= 8 else None


def read_count(typed: str) -> int | None:
    """A number of people as typed; None for what is none."""
    plain = typed.strip()
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= 5 else None
