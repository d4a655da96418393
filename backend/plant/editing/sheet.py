"""Workbooks of equipment and points: what is in one, as text by row and column, and writing one. Pure but for bytes.

A workbook comes from anybody: its size packed and unpacked, its rows and the length of a cell have limits, and XML with
entities is refused. Formulas are never computed: what stands in the cell is taken as text. What is written is text by
its type, also where it begins like a formula.
"""

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from backend.core.errors import N_, Invalid
from backend.core.packed import Suspicious, TooMuch, xml_parts
from backend.plant.editing.columns import COLUMNS, column_of, kind_of_sheet

MOST_BYTES = 5 * 1024 * 1024
MOST_UNPACKED = 40 * 1024 * 1024
MOST_ROWS = 3000
MOST_COLUMNS = 60
LONGEST_CELL = 500
HEADINGS_WITHIN = 10
"""Above the headings a sheet may have a title."""
_FORMULA = ("=", "+", "-", "@")
_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
"""Excel takes ``_x000D_`` for the character of that number (ECMA-376, ST_Xstring); openpyxl leaves that to us."""

SheetRow = tuple[int, dict[str, str]]
"""The row's number as Excel shows it, and column → text; a column that the sheet hasn't is not in it."""


@dataclass
class Cells:
    """What a workbook says, and the headings that nobody knew."""

    rows: dict[str, list[SheetRow]] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)


def read_workbook(data: bytes, english: Mapping[str, str]) -> Cells:
    """The rows of equipment and points in an .xlsx file. ``english``: our column words translated.

    Raises Invalid beside the field ``file`` for what is no such workbook, is too large, or has no known sheet.
    """
    _check_archive(data)
    found = Cells()
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # what the file says about its size may be wrong
            rows = sheet.iter_rows(max_row=MOST_ROWS + HEADINGS_WITHIN + 1, max_col=MOST_COLUMNS, values_only=True)
            _read_sheet(found, sheet.title, rows, dict(english))
        book.close()
    except Invalid:
        raise
    except Exception as broken:  # openpyxl raises whatever its parts raise on a damaged file
        raise _refused(N_("表格打不开，请用 Excel 或 WPS 另存为 .xlsx 再上传")) from broken
    if not found.rows:
        raise _refused(N_("没有找到“设备”或“测点”表：第一行应有“编号”“名称”等列名，可以先下载模板"))
    return found


def _check_archive(data: bytes) -> None:
    if len(data) > MOST_BYTES:
        raise _refused(N_("表格太大，最多 5 MB，请分几次导入"))
    try:
        xml_parts(data, MOST_UNPACKED)
    except TooMuch as error:
        raise _refused(N_("表格太大，最多 5 MB，请分几次导入")) from error
    except Suspicious as error:
        raise _refused(N_("请上传 .xlsx 表格（旧的 .xls 请另存为 .xlsx）")) from error


def _read_sheet(found: Cells, title: str, rows: Iterable[Sequence[Any]], english: dict[str, str]) -> None:
    named, headings = kind_of_sheet(title), None
    kinds = (named,) if named else ("equipment", "point")
    kind, taken = "", 0
    for number, values in enumerate(rows, 1):
        texts = [text_of(value) for value in values]
        if headings is None:
            kind, headings = _headings(kinds, texts, english)
            if headings is None and number >= HEADINGS_WITHIN:
                return
            if headings is not None:
                known = set(headings)
                found.ignored += [t for i, t in enumerate(texts) if t and i not in known and t not in found.ignored][
                    :20
                ]
            continue
        row = {name: texts[place] if place < len(texts) else "" for place, name in headings.items()}
        if not any(row.values()):
            continue
        taken += 1
        if taken > MOST_ROWS:
            raise _refused(N_("一张表最多 3000 行，请分几次导入"))
        found.rows.setdefault(kind, []).append((number, row))


def _headings(kinds: Sequence[str], texts: Sequence[str], english: dict[str, str]) -> tuple[str, dict[int, str] | None]:
    """The kind of sheet and place → column, where ``texts`` are its headings: the code and another one at least."""
    best: tuple[str, dict[int, str] | None] = ("", None)
    for kind in kinds:
        places: dict[int, str] = {}
        for place, heading in enumerate(texts):
            name = column_of(kind, heading, english)
            if name and name not in places.values():
                places[place] = name
        if "code" in places.values() and len(places) > max(1, len(best[1] or {})):
            best = (kind, places)
    return best


def text_of(value: Any) -> str:
    """A cell as text: days as 2015-03-09, numbers as short as they are exact, yes and no in words."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    unescaped = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), str(value))
    held = unescaped.replace("\0", "").encode("utf-8", "replace").decode()
    return held.strip()[:LONGEST_CELL]


@dataclass(frozen=True)
class Written:
    """A sheet to write: title, headings, rows of texts and numbers; and lines that explain it."""

    title: str
    headings: Sequence[str]
    widths: Sequence[int]
    rows: Iterable[Sequence[str | float | int | None]]


def write_workbook(sheets: Sequence[Written], notes: tuple[str, Sequence[tuple[str, str]]]) -> bytes:
    """An .xlsx file of ``sheets`` and, last, a sheet of ``notes`` (title, lines of two)."""
    book = Workbook(write_only=True)
    explained = Written(notes[0], ("", ""), (24, 70), notes[1])
    for one in [*sheets, explained]:
        sheet = book.create_sheet(one.title)
        for place, width in enumerate(one.widths, 1):
            sheet.column_dimensions[get_column_letter(place)].width = width
        if one is not explained:
            sheet.freeze_panes = "B2"
            sheet.append([_cell(sheet, words, bold=True) for words in one.headings])
        for row in one.rows:
            sheet.append([_cell(sheet, value) for value in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _cell(sheet: Any, value: str | float | int | None, *, bold: bool = False) -> Any:
    if not isinstance(value, str):
        return value
    held = _ESCAPED.sub("_x005F_", ILLEGAL_CHARACTERS_RE.sub("", value))
    cell = WriteOnlyCell(sheet, value=held)
    cell.data_type = "s"
    if held.startswith(_FORMULA):
        cell.quotePrefix = True
    if bold:
        cell.font = Font(bold=True)
        cell.alignment = Alignment(wrap_text=True)
    return cell


def widths(kind: str) -> list[int]:
    """How wide the columns of a kind are, in letters."""
    return [column.width for column in COLUMNS[kind]]


def _refused(words: str) -> Invalid:
    return Invalid(words, fields={"file": words})
