"""Tables to take along: an .xlsx workbook of one sheet (ECMA-376) and CSV (RFC 4180), written row after row.

What people typed may begin like a formula (``=HYPERLINK(…)``). In a workbook it is text by its type, and marked so that
it stays text when somebody edits the cell; in CSV, which has no types, an apostrophe goes before it (OWASP, CSV
injection).

openpyxl writes workbooks because it also reads them. XlsxWriter takes six tenths of its time, but in its mode of
constant memory it writes a text from ``<r>`` to ``</r>`` as markup, so that a person's words could break the file.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import IO, Protocol

from openpyxl import Workbook as Book
from openpyxl.cell import Cell as Placed
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

Cell = str | int | float | Decimal | datetime | None
"""Moments without a zone: they are shown as they are."""
MOST_LETTERS = 32_767
"""Excel takes no more in a cell."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0 can't hold."""
_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
"""Excel reads ``_x000D_`` as the character of that number."""
_READ_INTO = (*_FORMULA, "#")
"""What begins so openpyxl, or who edits the cell, could take for a formula or an error (``#N/A``): its type is said."""


@dataclass(frozen=True)
class Heading:
    """A column's words and its width, in letters."""

    words: str
    width: int = 14


class Table(Protocol):
    """What rows are written into; ``end`` makes it whole."""

    def add(self, rows: Iterable[Sequence[Cell]]) -> None:
        """Write further rows."""

    def end(self) -> None:
        """Nothing more comes."""


class Csv:
    """UTF-8 with a byte order mark, without which Excel takes Chinese for something else."""

    def __init__(self, file: IO[bytes], headings: Sequence[Heading]) -> None:
        self._text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")
        self._writer = csv.writer(self._text)
        self._writer.writerow([_harmless(one.words) for one in headings])

    def add(self, rows: Iterable[Sequence[Cell]]) -> None:
        """Write further rows."""
        self._writer.writerows([_in_csv(cell) for cell in row] for row in rows)

    def end(self) -> None:
        """Nothing more comes; the file stays open."""
        self._text.detach()


class Workbook:
    """One sheet with a bold first row that stays in sight and can be filtered by."""

    def __init__(self, file: IO[bytes], title: str, headings: Sequence[Heading]) -> None:
        self._file = file
        self._columns = len(headings)
        self._rows = 1
        self._book = Book(write_only=True)
        self._sheet = self._book.create_sheet(_named(title))
        self._sheet.freeze_panes = "A2"
        for column, one in enumerate(headings, start=1):
            self._sheet.column_dimensions[get_column_letter(column)].width = one.width
        self._sheet.append([self._head(one.words) for one in headings])

    def add(self, rows: Iterable[Sequence[Cell]]) -> None:
        """Write further rows."""
        for row in rows:
            self._rows += 1
            self._sheet.append([self._in_sheet(cell) for cell in row])

    def end(self) -> None:
        """Nothing more comes; the file stays open."""
        self._sheet.auto_filter.ref = f"A1:{get_column_letter(self._columns)}{self._rows}"
        self._book.save(self._file)

    def _in_sheet(self, cell: Cell) -> Cell | Placed:
        if not isinstance(cell, str):
            return cell
        words = _held(cell)
        return self._text(words, quoted=words.startswith(_FORMULA)) if words.startswith(_READ_INTO) else words or None

    def _head(self, words: str) -> Placed:
        cell = self._text(_held(words))
        cell.font = Font(bold=True)
        return cell

    def _text(self, words: str, *, quoted: bool = False) -> Placed:
        cell = WriteOnlyCell(self._sheet, words)
        cell.data_type = "s"
        cell.quotePrefix = quoted
        return cell


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _in_csv(cell: Cell) -> object:
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%S")
    return _harmless(cell.replace("\x00", "")) if isinstance(cell, str) else cell


def _held(words: str) -> str:
    """``words`` as far as a cell can hold them."""
    return _ESCAPED.sub("_x005F_", _FORBIDDEN.sub("", words))[:MOST_LETTERS]


def _named(title: str) -> str:
    """What Excel takes as the name of a sheet."""
    return re.sub(r"[\[\]:*?/\\]", " ", _FORBIDDEN.sub("", title))[:31]
