"""Opens a workbook that somebody sent, and trusts nothing of it: its cells as plain values, merged ones filled.

Looked at before it is unpacked: how large its parts say they are and are, and that no part declares entities. Only
values are read (openpyxl, read-only): formulas give what Excel last computed, macros and links are never followed.
"""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from openpyxl import load_workbook

from backend.core.errors import N_, Invalid, TooLarge
from backend.core.packed import TooMuch, xml_parts

MOST_BYTES = 8 * 2**20
MOST_UNPACKED = 64 * 2**20
MOST_ROWS, MOST_COLUMNS = 5000, 80
MOST_LETTERS = 4000
_BROKEN = N_("这个文件打不开，请另存为 .xlsx 后再试")
_BIG = N_("文件太大：最多 8 MB、5000 行")
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_RANGE = re.compile(r"^([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})$")

Cells = list[list[Any]]


@dataclass(frozen=True)
class Book:
    """The sheets of a workbook, each as rows of values."""

    sheets: Sequence[tuple[str, Cells]]


def open_book(content: bytes) -> Book:
    """Read ``content``. Raises Invalid for what is no workbook, TooLarge beyond the limits above."""
    if len(content) > MOST_BYTES:
        raise TooLarge(_BIG, fields={"file": _BIG})
    try:
        merged = _merged_by_sheet(xml_parts(content, MOST_UNPACKED))
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheets = [(str(sheet.title), _cells(sheet, ranges)) for sheet, ranges in zip(book, merged, strict=False)]
        book.close()
    except TooMuch as error:
        raise TooLarge(_BIG, fields={"file": _BIG}) from error
    except (Invalid, TooLarge):
        raise
    except Exception as error:  # openpyxl raises whatever its parts raise on a broken file
        raise Invalid(_BROKEN, fields={"file": _BROKEN}) from error
    return Book(sheets)


def _merged_by_sheet(texts: dict[str, bytes]) -> list[list[str]]:
    """Ranges of merged cells, by sheet in the workbook's order."""
    return [_merged(texts.get(path, b"")) for path in _sheet_paths(texts)]


def _sheet_paths(texts: dict[str, bytes]) -> list[str]:
    book = ElementTree.fromstring(texts["xl/workbook.xml"])  # noqa: S314 - entities were refused above
    related = ElementTree.fromstring(texts["xl/_rels/workbook.xml.rels"])  # noqa: S314 - as above
    targets = {one.get("Id"): str(one.get("Target")) for one in related}
    paths = [targets.get(one.get(_RELATED), "") for one in book.iter(f"{_MAIN}sheet")]
    return [path.lstrip("/") if path.startswith("/") else f"xl/{path}" for path in paths]


def _merged(text: bytes) -> list[str]:
    if b"mergeCell" not in text:
        return []
    return [str(one.get("ref")) for one in ElementTree.fromstring(text).iter(f"{_MAIN}mergeCell")]  # noqa: S314 - as above


def _cells(sheet: Any, ranges: Sequence[str]) -> Cells:
    rows: Cells = []
    empty = 0
    for at, row in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True)):
        values = [_value(cell) for cell in row]
        empty = empty + 1 if not any(value not in (None, "") for value in values) else 0
        if at >= MOST_ROWS and not empty:
            raise TooLarge(_BIG, fields={"file": _BIG})
        if empty > 200 or at >= MOST_ROWS + 200:
            break
        rows.append(values)
    for one in ranges:
        _fill(rows, one)
    return rows


def _value(cell: Any) -> Any:
    return cell[:MOST_LETTERS].replace("\r\n", "\n").replace("\r", "\n") if isinstance(cell, str) else cell


def _fill(rows: Cells, place: str) -> None:
    """Give every cell of a merged range the value of its first."""
    match = _RANGE.match(place)
    if not match:
        return
    left, top, right, bottom = _number(match[1]) - 1, int(match[2]) - 1, _number(match[3]), int(match[4])
    if top >= len(rows) or left >= len(rows[top]):
        return
    value = rows[top][left]
    for row in rows[top : min(bottom, len(rows))]:
        for column in range(left, min(right, len(row))):
            row[column] = value


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
