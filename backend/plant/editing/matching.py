"""A workbook against the plant as it is: which rows are new, which change something, which can't be. Pure.

Nothing is applied here. The same rows matched again after they were applied are all ``same``.
"""

import enum
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from backend.core.errors import N_, Invalid
from backend.plant.editing.columns import COLUMNS, flag_of, is_thing, kind_of_point
from backend.plant.editing.fields import FIELDS, read_all
from backend.plant.editing.sheet import SheetRow

_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


class Verdict(enum.StrEnum):
    """What a row does."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    WRONG = "wrong"


@dataclass(frozen=True)
class Named:
    """Something that a cell may name by its code or, where only one has it, by its name."""

    id: int
    code: str
    name: str
    name_en: str = ""
    retired: bool = False


@dataclass(frozen=True)
class Present:
    """Equipment or a point that is there, with the columns of the layout. ``adopted``: False for a point that a gateway
    sent and nobody described."""

    id: int
    values: Mapping[str, Any]
    retired: bool = False
    adopted: bool = True


@dataclass(frozen=True)
class Plant:
    """What rows are matched against. ``named``: column → what it may name."""

    present: Mapping[str, Mapping[str, Present]]
    named: Mapping[str, Sequence[Named]]
    today: date


@dataclass(frozen=True)
class Fault:
    """What is wrong in a cell: the column's words, and a sentence with its values."""

    column: str
    words: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """One row of the workbook, and what it does.

    ``wanted``: column → value; for ``equipment_id`` of a point a code stands where that equipment is itself new.
    ``changes``: column → what it was and what it becomes.
    """

    kind: str
    number: int
    code: str
    name: str
    verdict: Verdict
    id: int | None = None
    wanted: Mapping[str, Any] = field(default_factory=dict)
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


def match(cells: Mapping[str, Sequence[SheetRow]], plant: Plant) -> list[Row]:
    """Every row with its verdict: equipment first, in the order of the sheets."""
    coming = {row.get("code", "") for _, row in cells.get("equipment", ())} - {""}
    found = []
    for kind in ("equipment", "point"):
        seen: dict[str, int] = {}
        for number, texts in cells.get(kind, ()):
            row = _match(kind, number, texts, plant, coming)
            if row.code and row.code in seen:
                twice = Fault("code", N_("这个编号在第 %(row)s 行已经有了"), {"row": seen[row.code]})
                row = Row(kind, number, row.code, row.name, Verdict.WRONG, faults=(*row.faults, twice))
            seen.setdefault(row.code, number)
            found.append(row)
    return _without_orphans(found)


def _match(kind: str, number: int, texts: Mapping[str, str], plant: Plant, coming: set[str]) -> Row:
    code, name = texts.get("code", ""), texts.get("name", "")
    present = plant.present[kind].get(code)
    typed, faults, codes = _typed(kind, texts, plant, present, coming)
    wanted: dict[str, Any] = {}
    asked = tuple(name for name in texts if name != "code") if present and present.adopted else ()
    try:
        wanted = read_all(kind, typed, plant.today, asked) | codes
    except Invalid as refused:
        spoken = {fault.column for fault in faults}
        faults += [Fault(column, words) for column, words in refused.fields.items() if column not in spoken]
    if code.startswith("_"):
        faults = [Fault("code", N_("编号不能有空格、/、+、#，也不能以下划线开头"))]
    if present and present.retired:
        faults.append(Fault("code", N_("已停用，请先恢复使用")))
    if present and not faults:
        faults += _range_faults(wanted, present)
    about = (kind, number, code, name or (str(present.values.get("name", "")) if present else ""))
    if faults:
        return Row(*about, Verdict.WRONG, faults=tuple(faults))
    if present is None or not present.adopted:
        return Row(*about, Verdict.NEW, present.id if present else None, wanted)
    changes = {k: (present.values.get(k), v) for k, v in wanted.items() if not alike(present.values.get(k), v)}
    verdict = Verdict.CHANGED if changes else Verdict.SAME
    return Row(*about, verdict, present.id, {k: v for k, (_, v) in changes.items()}, changes)


def alike(one: Any, other: Any) -> bool:
    """Whether two values are the same as far as a workbook can tell: Excel keeps fifteen digits of a number."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-14)
    return bool(one == other)


def _typed(
    kind: str, texts: Mapping[str, str], plant: Plant, present: Present | None, coming: set[str]
) -> tuple[dict[str, str], list[Fault], dict[str, str]]:
    """The cells as a form would send them; what can't be; and equipment named by a code that comes in the same file."""
    typed, faults, codes = dict(texts), [], {}
    for name, text in texts.items():
        if is_thing(kind, name) and text:
            typed[name], fault = _id_of(text, plant.named[name], present.values.get(name) if present else None)
            if fault and name == "equipment_id" and text in coming:
                typed[name], codes[name] = "", text
            elif fault:
                faults.append(Fault(name, fault, {"what": text[:40]}))
        elif name == "commissioned_on" and (day := _DAY.fullmatch(text)):
            typed[name] = f"{int(day[1]):04}-{int(day[2]):02}-{int(day[3]):02}"
    if kind == "point":
        for name, reads, words in (
            ("kind", kind_of_point, N_("没有“%(what)s”这一类，应是设备状态、环境、产品质量、人工操作之一")),
            ("manipulated", flag_of, N_("请填“是”或“否”，不要填“%(what)s”")),
        ):
            text = texts.get(name, "")
            read = reads(text)
            typed[name] = read or ""
            if read is None:
                typed[name] = "equipment" if name == "kind" else ""
                faults.append(Fault(name, words, {"what": text[:40]}))
    return typed, faults, codes


def _id_of(text: str, named: Sequence[Named], present: int | None) -> tuple[str, str]:
    """The id that a cell names, as a form sends it; or why not. What is ``present`` may stay though out of use."""
    by_code = [one for one in named if one.code == text]
    found = by_code or [one for one in named if text in (one.name, one.name_en)]
    if not found:
        return "", N_("没有“%(what)s”，请先添加，或检查写法")
    if len(found) > 1:
        return "", N_("有几个都叫“%(what)s”，请改填编号")
    if found[0].retired and found[0].id != present:
        return "", N_("“%(what)s”已停用，请先恢复使用")
    return str(found[0].id), ""


def _range_faults(wanted: Mapping[str, Any], present: Present) -> list[Fault]:
    """A sheet with one of the two bounds is checked against the other as it is."""
    low = wanted.get("range_low", present.values.get("range_low"))
    high = wanted.get("range_high", present.values.get("range_high"))
    if low is not None and high is not None and low >= high:
        return [Fault("range_high" if "range_high" in wanted else "range_low", N_("量程上限应大于下限"))]
    return []


def _without_orphans(rows: list[Row]) -> list[Row]:
    """A point that names new equipment whose row is wrong is wrong too."""
    wrong = {row.code for row in rows if row.kind == "equipment" and row.verdict is Verdict.WRONG}
    for place, row in enumerate(rows):
        named = row.wanted.get("equipment_id")
        if isinstance(named, str) and named in wrong:
            fault = Fault("equipment_id", N_("“%(what)s”这一行有错，先改好它"), {"what": named})
            rows[place] = Row(row.kind, row.number, row.code, row.name, Verdict.WRONG, faults=(fault,))
    return rows


def words_of_columns(kind: str) -> dict[str, str]:
    """Field → what its column is called."""
    return {column.name: column.words for column in COLUMNS[kind]}


LAYOUT: dict[str, tuple[str, ...]] = {kind: tuple(column.name for column in COLUMNS[kind]) for kind in COLUMNS}
"""Kind → the fields a workbook holds, in order of the columns; all of ``FIELDS``."""
assert all(set(LAYOUT[kind]) == {field.name for field in FIELDS[kind]} for kind in LAYOUT)
