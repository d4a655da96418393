"""Tables to take along: an .xlsx workbook of one sheet (ECMA-376) and CSV (RFC 4180), written row after row.

What people typed may begin like a formula (``=HYPERLINK(…)``). In a workbook it is text by its type, and marked so that
it stays text when somebody edits the cell; in CSV, which has no types, an apostrophe goes before it (OWASP, CSV
injection).
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import IO, Protocol
from xml.sax.saxutils import escape

Cell = str | int | float | Decimal | datetime | None
"""Moments without a zone: they are shown as they are."""
MOST_LETTERS = 32_767
"""Excel takes no more in a cell."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0 can't hold."""
_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
"""Excel reads ``_x000D_`` as the character of that number."""
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - Excel's first day has no zone
_PLAIN, _HEAD, _MOMENT, _QUOTED = range(4)
"""Places in ``cellXfs`` below."""


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
        self._archive = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        for name, text in _parts(title).items():
            self._archive.writestr(name, text)
        self._sheet = self._archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True)
        self._columns = len(headings)
        self._rows = 1
        self._write(_sheet_head([one.width for one in headings]))
        self._write(_row(1, [_text(one.words, _HEAD) for one in headings]))

    def add(self, rows: Iterable[Sequence[Cell]]) -> None:
        """Write further rows."""
        for row in rows:
            self._rows += 1
            self._write(_row(self._rows, [_in_sheet(cell) for cell in row]))

    def end(self) -> None:
        """Nothing more comes; the file stays open."""
        corner = f"{_letters(self._columns)}{self._rows}"
        self._write(f'</sheetData><autoFilter ref="A1:{corner}"/></worksheet>')
        self._sheet.close()
        self._archive.close()

    def _write(self, text: str) -> None:
        self._sheet.write(text.encode())


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _in_csv(cell: Cell) -> object:
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%S")
    return _harmless(cell.replace("\x00", "")) if isinstance(cell, str) else cell


def _in_sheet(cell: Cell) -> str:
    if cell is None or cell == "":
        return "<c/>"
    if isinstance(cell, datetime):
        return f'<c s="{_MOMENT}"><v>{(cell - _EPOCH).total_seconds() / 86_400:.10f}</v></c>'
    if isinstance(cell, str):
        return _text(cell, _QUOTED if cell.startswith(_FORMULA) else _PLAIN)
    return f"<c><v>{cell}</v></c>"


def _text(words: str, style: int) -> str:
    held = _ESCAPED.sub("_x005F_", _FORBIDDEN.sub("", words))[:MOST_LETTERS]
    return f'<c t="inlineStr" s="{style}"><is><t xml:space="preserve">{escape(held)}</t></is></c>'


def _row(number: int, cells: Sequence[str]) -> str:
    placed = (cell.replace("<c", f'<c r="{_letters(place)}{number}"', 1) for place, cell in enumerate(cells, start=1))
    return f'<row r="{number}">{"".join(placed)}</row>'


def _letters(column: int) -> str:
    """1 → A, 27 → AA."""
    name = ""
    while column:
        column, place = divmod(column - 1, 26)
        name = chr(ord("A") + place) + name
    return name


def _sheet_head(widths: Sequence[int]) -> str:
    columns = "".join(
        f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>' for n, width in enumerate(widths, start=1)
    )
    return (
        f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"<cols>{columns}</cols><sheetData>"
    )


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def _parts(title: str) -> dict[str, str]:
    """Everything of the file but the sheet."""
    named = re.sub(r"[\[\]:*?/\\]", " ", title)[:31]
    return {
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>',
        "_rels/.rels": _relations({"rId1": (f"{_RELATION}/officeDocument", "xl/workbook.xml")}),
        "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATION}"><sheets>'
        f'<sheet name="{escape(named, {chr(34): "&quot;"})}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations(
            {
                "rId1": (f"{_RELATION}/worksheet", "worksheets/sheet1.xml"),
                "rId2": (f"{_RELATION}/styles", "styles.xml"),
            }
        ),
        "xl/styles.xml": f'{_XML}<styleSheet xmlns="{_MAIN}">'
        '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
        '<fonts count="2"><font><sz val="11"/></font><font><b/><sz val="11"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="4">'
        '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
        '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
        '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1"/></cellXfs></styleSheet>',
    }


def _relations(of: dict[str, tuple[str, str]]) -> str:
    listed = "".join(
        f'<Relationship Id="{id_}" Type="{kind}" Target="{target}"/>' for id_, (kind, target) in of.items()
    )
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'
