"""Writes lines into a workbook of the usual layout, which ``reading`` brings back whole. Pure but for the bytes."""

import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from backend.alarms.models import Level
from backend.hazards.accidents import ACCIDENTS, Accident
from backend.risks.codes import FACTORS, Control, MeasureKind, PointKind
from backend.risks.grading import Bands, Method, Score, grade
from backend.risks.sheets.layout import COLUMNS, CONTROLS, EXAMPLE, KINDS, LEVELS, TITLE
from backend.risks.sheets.lines import Line, SheetMeasure

_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
_FILLS = {
    Level.MAJOR: "F8B4B4",
    Level.SIGNIFICANT: "FBD0A6",
    Level.GENERAL: "FCEEA0",
    Level.LOW: "BFD8F7",
}
_FIRST = 4
"""The title, two rows of headings, then the list."""


def write_lines(lines: Sequence[Line], bands: Bands) -> bytes:
    """The workbook. A point's cells are merged over its sources."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = TITLE
    _head(sheet)
    for at, line in enumerate(lines, start=_FIRST):
        for place, (column, value) in enumerate(zip(COLUMNS, _values(line, bands), strict=True), start=1):
            cell = sheet.cell(at, place)
            _put(cell, value)
            if column.field.endswith(".level") and value:
                shade = _FILLS[next(level for level, words in LEVELS.items() if words == value)]
                cell.fill = PatternFill("solid", start_color=shade)
    _merge_points(sheet, lines)
    sheet.freeze_panes = f"C{_FIRST}"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _head(sheet: Any) -> None:
    _put(sheet.cell(1, 1), TITLE)
    sheet.cell(1, 1).font = Font(bold=True, size=16)
    begins = 1
    for place, column in enumerate(COLUMNS, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = column.width
        upper, lower = (column.group, column.words) if column.group else (column.words, None)
        same = column.group and place > 1 and COLUMNS[place - 2].group == column.group
        begins = begins if same else place
        for row, words in ((2, None if same else upper), (3, lower)):
            cell = sheet.cell(row, place)
            _put(cell, words)
            cell.font = Font(bold=True)
            cell.fill = PatternFill("solid", start_color="DCEFEC")
        ends = not column.group or place == len(COLUMNS) or COLUMNS[place].group != column.group
        if not column.group:
            sheet.merge_cells(start_row=2, end_row=3, start_column=place, end_column=place)
        elif ends and place > begins:
            sheet.merge_cells(start_row=2, end_row=2, start_column=begins, end_column=place)
    sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(COLUMNS))


_THIN = Side(style="thin", color="999999")
_EDGE = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_POINT = frozenset({"code", "name", "kind", "area", "stage", "equipment", "control", "unit", "post", "keeper"})


def _put(cell: Any, value: Any) -> None:
    """What somebody typed stays text, also where it begins like a formula."""
    cell.alignment = Alignment(wrap_text=True, vertical="center")
    cell.border = _EDGE
    if isinstance(value, str):
        cell.value = _FORBIDDEN.sub("", value)
        if value[:1] in ("=", "+", "-", "@"):
            cell.data_type = "s"
            cell.quotePrefix = True
    elif value is not None:
        cell.value = value


def _merge_points(sheet: Any, lines: Sequence[Line]) -> None:
    begins = 0
    for at in range(1, len(lines) + 1):
        if at < len(lines) and lines[at].code == lines[begins].code:
            continue
        if at - begins > 1:
            for place, column in enumerate(COLUMNS, start=1):
                if column.field in _POINT:
                    sheet.merge_cells(
                        start_row=begins + _FIRST, end_row=at - 1 + _FIRST, start_column=place, end_column=place
                    )
        begins = at


def _values(line: Line, bands: Bands) -> Iterable[Any]:
    words = {
        **{field: getattr(line, field) for field in _POINT},
        "source": line.source,
        "consequence": line.consequence,
        "basis": line.basis,
        "kind": KINDS[PointKind(line.kind)] if line.kind else "",
        "control": CONTROLS[Control(line.control)] if line.control else "",
        "accidents": "、".join(ACCIDENTS[Accident(one)] for one in line.accidents),
        "factor": next((name for code, name in FACTORS.items() if code == line.factor), ""),
        **_scores("inherent", line.inherent, bands),
        **_scores("residual", line.residual, bands),
    }
    for kind in MeasureKind:
        words[f"measures.{kind}"] = "\n".join(measure_words(one) for one in line.measures if one.kind == kind)
    return [words.get(column.field) or None for column in COLUMNS]


def _scores(which: str, score: Score | None, bands: Bands) -> dict[str, Any]:
    if score is None:
        return {}
    graded = grade(score, bands)
    return {
        **{f"{which}.{name}": getattr(score, name) for name in "lecs"},
        f"{which}.value": graded.value,
        f"{which}.level": LEVELS[graded.level],
    }


def measure_words(one: SheetMeasure) -> str:
    """A measure as a line of its cell, as ``reading.read_measure`` reads it."""
    tails = (("岗位", one.post), ("检查", one.check), ("保养", one.upkeep))
    return one.words + "".join(f"【{name}：{value}】" for name, value in tails if value)


_BEFORE, _AFTER = Score(Method.LEC, 3.0, 6.0, 40.0), Score(Method.LEC, 1.0, 6.0, 15.0)
_SHOWN = {
    MeasureKind.ENGINEERING: "安全阀、超压联锁投用",
    MeasureKind.MANAGEMENT: "每班核对联锁投用情况",
    MeasureKind.TRAINING: "每年演练一次冷却中断",
    MeasureKind.PROTECTION: "穿防静电工作服，戴护目镜",
    MeasureKind.EMERGENCY: "切断进料，泄压，撤离",
}


def template(bands: Bands) -> bytes:
    """An empty workbook with one example, that shows how each cell is filled in."""
    example = Line(
        code="FX-001",
        name="反应釜",
        kind=PointKind.EQUIPMENT,
        control=Control.WORKSHOP,
        unit="生产车间",
        keeper=EXAMPLE,
        source="超温超压",
        accidents=(Accident.VESSEL_EXPLOSION, Accident.FIRE),
        factor="object",
        consequence="容器破裂，物料喷出着火",
        inherent=_BEFORE,
        residual=_AFTER,
        basis="TSG 21-2016 固定式压力容器安全技术监察规程",
        measures=tuple(SheetMeasure(kind, words) for kind, words in _SHOWN.items()),
    )
    return write_lines([example], bands)
