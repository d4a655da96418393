"""A line of the list: one source of one risk point, in the words of the workbook. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from backend.risks.grading import Method, Score


@dataclass(frozen=True)
class SheetMeasure:
    """A measure; ``post``, ``check`` (plan, or plan/item) and ``upkeep`` as they are called."""

    kind: str
    words: str
    post: str = ""
    check: str = ""
    upkeep: str = ""


@dataclass(frozen=True)
class Line:
    """Codes where there is a table (``kind``, ``control``, ``accidents``, ``factor``), else words.

    A line with an empty ``source`` says that a risk point is there, and no more.
    """

    code: str
    name: str
    kind: str = ""
    area: str = ""
    stage: str = ""
    equipment: str = ""
    control: str = ""
    unit: str = ""
    post: str = ""
    keeper: str = ""
    source: str = ""
    accidents: tuple[str, ...] = ()
    factor: str = ""
    consequence: str = ""
    basis: str = ""
    inherent: Score | None = None
    residual: Score | None = None
    measures: tuple[SheetMeasure, ...] = ()
    row: int = field(default=0, compare=False)
    """Where it stood in the workbook."""

    def stored(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    @classmethod
    def of(cls, held: Mapping[str, Any]) -> "Line":
        """From JSON."""
        scores = {name: _score(held[name]) for name in ("inherent", "residual")}
        measures = tuple(SheetMeasure(**one) for one in held["measures"])
        return cls(**{**held, **scores, "measures": measures, "accidents": tuple(held["accidents"])})


def _score(held: Mapping[str, Any] | None) -> Score | None:
    return Score(**{**held, "method": Method(held["method"])}) if held else None


@dataclass(frozen=True)
class Trouble:
    """What is wrong with a row. ``column`` and ``words`` are msgids; ``bad``: the row can't be taken over."""

    row: int
    column: str
    words: str
    values: Mapping[str, Any] = field(default_factory=dict)
    bad: bool = True


@dataclass(frozen=True)
class Difference:
    """What taking over the lines would do. Codes of points, and pairs of code and source."""

    new_points: Sequence[str]
    changed_points: Sequence[str]
    new_sources: Sequence[tuple[str, str]]
    changed_sources: Sequence[tuple[str, str]]
    regraded: Sequence[tuple[str, str]]
    same: int

    @property
    def counts(self) -> dict[str, int]:
        """How many of each."""
        return {name: value if name == "same" else len(value) for name, value in asdict(self).items()}

    @property
    def empty(self) -> bool:
        """Whether nothing would change."""
        return not any(count for name, count in self.counts.items() if name != "same")


OF_POINT = ("name", "kind", "area", "stage", "equipment", "control", "unit", "post", "keeper")
OF_SOURCE = ("accidents", "factor", "consequence", "basis", "measures")
SCORES = ("inherent", "residual")


def differences(lines: Sequence[Line], present: Sequence[Line]) -> Difference:
    """What ``lines`` would change of what is there. What they don't name stays; an empty score says nothing."""
    points = {one.code: one for one in present}
    sources = {(one.code, one.source): one for one in present}
    new_points: dict[str, None] = {}
    changed_points: dict[str, None] = {}
    new_sources, changed_sources, regraded, same = [], [], [], 0
    for one in lines:
        key = (one.code, one.source)
        there, known = points.get(one.code), sources.get(key)
        if there is None:
            new_points[one.code] = None
        elif _differs(one, there, OF_POINT):
            changed_points[one.code] = None
        if one.source and known is None:
            new_sources.append(key)
        elif known is not None and _differs(one, known, OF_SOURCE):
            changed_sources.append(key)
        if known is not None and any(changes_score(one, known, name) for name in SCORES):
            regraded.append(key)
        same += known == one
    return Difference(list(new_points), list(changed_points), new_sources, changed_sources, regraded, same)


def _differs(one: Line, other: Line, names: Sequence[str]) -> bool:
    return any(getattr(one, name) != getattr(other, name) for name in names)


def changes_score(one: Line, known: Line, name: str) -> bool:
    """Whether the line grades anew; an empty score leaves what is there."""
    return getattr(one, name) is not None and getattr(one, name) != getattr(known, name)
