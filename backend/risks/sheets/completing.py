"""Fits lines of a workbook to a site: numbers points without a code, keeps what a workbook doesn't say, finds places by
their names. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from backend.core.errors import N_
from backend.risks.codes import LEAST_CONTROL, Control, PointKind, highest
from backend.risks.grading import Bands, grade
from backend.risks.sheets.layout import COLUMN_WORDS
from backend.risks.sheets.lines import OF_POINT, SCORES, Line, SheetMeasure, Trouble

_KEPT = ("accidents", "factor", "consequence", "basis", "measures")


def completed(lines: Sequence[Line], present: Sequence[Line], bands: Bands) -> list[Line]:
    """``lines`` as they would stand: each with a code; an empty cell leaves what is there."""
    codes = {one.name: one.code for one in reversed(present)}
    points = {one.code: one for one in present}
    sources = {(one.code, one.source): one for one in present}
    numbers = _free_numbers({*points, *(one.code for one in lines)})
    made = []
    for one in lines:
        code = one.code or codes.get(one.name) or next(numbers)
        codes.setdefault(one.name, code)
        line = replace(one, code=code)
        line = _filled(line, points.get(code), OF_POINT)
        known = sources.get((code, line.source))
        made.append(_filled(line, known, (*_KEPT, *SCORES)) if known else line)
    return _with_defaults(made, bands)


def _filled(line: Line, there: Line | None, names: Sequence[str]) -> Line:
    if there is None:
        return line
    return replace(line, **{name: getattr(there, name) for name in names if not getattr(line, name)})


def _with_defaults(lines: Sequence[Line], bands: Bands) -> list[Line]:
    """Kind and control of points that nobody gave: by whether there is equipment, by the highest level."""
    levels: dict[str, list[str]] = {}
    for one in lines:
        score = one.residual or one.inherent
        levels.setdefault(one.code, []).extend([grade(score, bands).level] if score else [])
    made = []
    for one in lines:
        kind = one.kind or (PointKind.EQUIPMENT if one.equipment else PointKind.PLACE)
        level = highest(levels[one.code])
        least = next((held for at, held in LEAST_CONTROL.items() if at == level), Control.POST)
        made.append(replace(one, kind=str(kind), control=one.control or str(least)))
    return made


def _free_numbers(taken: set[str]) -> Iterator[str]:
    number = 0
    while True:
        number += 1
        if (code := f"FX-{number:03d}") not in taken:
            yield code


@dataclass(frozen=True)
class Names:
    """What things are called in a workbook, both ways. A name that two things have is no name: they go by code."""

    called: Mapping[int, str]
    found: Mapping[str, int]

    @classmethod
    def of(cls, things: Iterable[Any]) -> "Names":
        """Of rows with ``id``, ``name``, ``name_en`` and perhaps ``code``."""
        rows = [(one.id, one.name, str(getattr(one, "code", "") or f"#{one.id}"), one.name_en) for one in things]
        often = Counter(name for _, name, _, _ in rows)
        called = {id_: name if often[name] == 1 else code for id_, name, code, _ in rows}
        found: dict[str, int] = {}
        for id_, name, code, english in rows:
            found.setdefault(code, id_)
            if often[name] == 1:
                found[name] = id_
            if english:
                found.setdefault(english, id_)
        return cls(called, found)


@dataclass(frozen=True)
class SiteNames:
    """Names of everything that a line refers to. ``items``: titles of each inspection plan's checklist."""

    area: Names
    stage: Names
    equipment: Names
    post: Names
    plan: Names
    upkeep: Names
    items: Mapping[int, frozenset[str]] = field(default_factory=dict)


_UNKNOWN = {
    "area": N_("没有登记叫“%(said)s”的区域，请先登记，或改成已有的名称"),
    "stage": N_("没有登记叫“%(said)s”的环节，请先登记，或改成已有的名称"),
    "equipment": N_("没有登记叫“%(said)s”的设备，请先登记，或改成已有的名称"),
    "post": N_("没有登记叫“%(said)s”的岗位，请先登记，或改成已有的名称"),
}


def unknown_areas(lines: Iterable[Line], names: SiteNames) -> list[str]:
    """Areas that lines name and the site doesn't have, in their order."""
    return list(dict.fromkeys(one.area for one in lines if one.area and one.area not in names.area.found))


def place_troubles(lines: Sequence[Line], names: SiteNames, *, registers: bool = False) -> list[Trouble]:
    """Places, posts and checks that the site doesn't have; with ``registers`` areas aren't trouble, they are made."""
    found = []
    for one in lines:
        for column, words in _UNKNOWN.items():
            said = getattr(one, column)
            if said and said not in getattr(names, column).found and not (registers and column == "area"):
                found.append(Trouble(one.row, COLUMN_WORDS[column], words, {"said": said[:40]}))
        for measure in one.measures:
            found += [
                Trouble(one.row, COLUMN_WORDS["measures"], words, {"said": said[:40]})
                for said, words in _unknown_of(measure, names)
            ]
    return found


def _unknown_of(one: SheetMeasure, names: SiteNames) -> Iterable[tuple[str, str]]:
    if one.post and one.post not in names.post.found:
        yield one.post, _UNKNOWN["post"]
    if one.upkeep and one.upkeep not in names.upkeep.found:
        yield one.upkeep, N_("没有叫“%(said)s”的保养计划")
    if one.check and check_of(one.check, names) is None:
        yield one.check, N_("没有叫“%(said)s”的巡检计划或检查项")


def check_of(said: str, names: SiteNames) -> tuple[int, str] | None:
    """The plan and the item (or "") that ``plan`` or ``plan/item`` names."""
    if said in names.plan.found:
        return names.plan.found[said], ""
    for place, letter in enumerate(said):
        plan_id = names.plan.found.get(said[:place]) if letter == "/" else None
        if plan_id is not None and said[place + 1 :] in names.items.get(plan_id, ()):
            return plan_id, said[place + 1 :]
    return None
