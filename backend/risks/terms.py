"""What people say of a risk point, a source and a measure, and what can't be said. Pure."""

from dataclasses import asdict, dataclass, fields
from typing import Any, TypeVar

from backend.core.errors import N_, Invalid
from backend.hazards.accidents import Accident
from backend.hazards.reports.models import Factor
from backend.risks.codes import Control, MeasureKind, PointKind

LONGEST_CODE, LONGEST_NAME, LONGEST_WORDS = 40, 120, 2000
_Terms = TypeVar("_Terms", bound="PointTerms | SourceTerms | MeasureTerms")
_EMPTY = N_("请填写")
_TOO_LONG = {
    40: N_("太长，请控制在 40 个字符以内"),
    120: N_("太长，请控制在 120 个字符以内"),
    2000: N_("太长，请控制在 2000 个字符以内"),
}


@dataclass(frozen=True)
class PointTerms:
    """A risk point."""

    code: str
    name: str
    kind: str
    control: str
    name_en: str = ""
    stage_id: int | None = None
    area_id: int | None = None
    equipment_id: int | None = None
    post_id: int | None = None
    unit: str = ""
    keeper: str = ""


@dataclass(frozen=True)
class SourceTerms:
    """A line of its list."""

    name: str
    name_en: str = ""
    accidents: tuple[str, ...] = ()
    factor: str = ""
    consequence: str = ""
    consequence_en: str = ""
    basis: str = ""
    basis_en: str = ""


@dataclass(frozen=True)
class MeasureTerms:
    """What holds it. ``check_item`` is of the checklist of ``plan_id``."""

    kind: str
    words: str
    words_en: str = ""
    post_id: int | None = None
    plan_id: int | None = None
    check_item: str = ""
    maintenance_plan_id: int | None = None


def of(kind: type[_Terms], row: Any) -> _Terms:
    """The terms that a row holds now."""
    held = {one.name: getattr(row, one.name) for one in fields(kind)}
    if "accidents" in held:
        held["accidents"] = tuple(held["accidents"])
    return kind(**held)


def stored(terms: "PointTerms | SourceTerms | MeasureTerms") -> dict[str, Any]:
    """As the columns hold them: without blanks around words."""
    held = {name: value.strip() if isinstance(value, str) else value for name, value in asdict(terms).items()}
    if "accidents" in held:
        held["accidents"] = [str(one) for one in held["accidents"]]
    return held


def changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[Any]]:
    """Field to before and after, for the audit."""
    return {name: [before[name], value] for name, value in after.items() if before[name] != value}


def check(terms: "PointTerms | SourceTerms | MeasureTerms") -> None:
    """Raises Invalid, with a message a field."""
    wrong = dict(_lengths(terms))
    if isinstance(terms, PointTerms):
        if terms.kind not in set(PointKind):
            wrong["kind"] = N_("请选择类型")
        if terms.control not in set(Control):
            wrong["control"] = N_("请选择管控层级")
    elif isinstance(terms, SourceTerms):
        if not set(terms.accidents) <= set(Accident):
            wrong["accidents"] = N_("请选择事故类型")
        if terms.factor and terms.factor not in set(Factor):
            wrong["factor"] = N_("请选择因素")
    elif terms.kind not in set(MeasureKind):
        wrong["kind"] = N_("请选择措施类型")
    if wrong:
        raise Invalid(fields=wrong)


def _lengths(terms: "PointTerms | SourceTerms | MeasureTerms") -> "list[tuple[str, str]]":
    found = []
    for name, value in asdict(terms).items():
        if not isinstance(value, str):
            continue
        length = len(value.strip())
        if name in _NEEDED and not length:
            found.append((name, _EMPTY))
        elif length > most_of(name):
            found.append((name, _TOO_LONG[most_of(name)]))
    return found


_NEEDED = frozenset({"code", "name", "words"})
_MOST = {"code": LONGEST_CODE, "name": LONGEST_NAME, "name_en": LONGEST_NAME, "unit": LONGEST_NAME}
_MOST |= {"keeper": LONGEST_NAME, "check_item": LONGEST_NAME}


def most_of(field: str) -> int:
    """How many characters a field takes."""
    return _MOST.get(field, LONGEST_WORDS)
