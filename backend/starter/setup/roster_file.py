"""A list of people as a file from Excel or WPS, made into the lines that would be pasted. Pure but for bytes.

Nothing is taken in from it: its lines come into the form, where somebody looks at them first.
"""

import io
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import load_workbook

from backend.core.errors import N_, Invalid
from backend.core.packed import TooMuch, xml_parts
from backend.plant.editing.sheet import text_of
from backend.starter.setup.roster import COLUMNS, MOST_LETTERS, MOST_LINES, headings_of

MOST_BYTES = 1024 * 1024
_MOST_UNPACKED = 20 * 1024 * 1024
_TITLES_WITHIN = 10
"""Above the headings a sheet may have a title."""
_MOST_COLUMNS = 20


def read_roster_file(data: bytes) -> str:
    """The lines of the first sheet that has any, columns apart by tabs; a text file's as they are.

    Raises Invalid beside the field ``file`` for what is too large, can't be read, or says nothing.
    """
    if len(data) > MOST_BYTES:
        raise _refused(N_("文件太大，最多 1 MB"))
    lines = _of_workbook(data) if data.startswith(b"PK") else _of_text(data)
    if not lines:
        raise _refused(N_("文件里没有找到人员"))
    text = "\n".join(lines)
    if len(lines) > MOST_LINES + 1 or len(text) > MOST_LETTERS:
        raise _refused(N_("名单太长，每次最多 200 人，请分几个文件"))
    return text


def _of_text(data: bytes) -> list[str]:
    for encoding in ("utf-8-sig", "gb18030") if b"\0" not in data else ():
        try:
            return [line for line in data.decode(encoding).splitlines() if line.strip(" ,，\t")]
        except UnicodeDecodeError:
            continue
    raise _refused(N_("文件打不开，请用 Excel 或 WPS 另存为 .xlsx 再选"))


def _of_workbook(data: bytes) -> list[str]:
    try:
        xml_parts(data, _MOST_UNPACKED)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # what the file says about its size may be wrong
            most = MOST_LINES + _TITLES_WITHIN + 2
            if lines := _lines(sheet.iter_rows(max_row=most, max_col=_MOST_COLUMNS, values_only=True)):
                return lines
    except TooMuch as error:
        raise _refused(N_("文件太大，最多 1 MB")) from error
    except Exception as error:  # openpyxl raises whatever its parts raise on a damaged file
        raise _refused(N_("文件打不开，请用 Excel 或 WPS 另存为 .xlsx 再选")) from error
    return []


def _lines(rows: Iterable[Sequence[Any]]) -> list[str]:
    """Rows that say something, from the headings on where there are any: columns that nobody knows are left out."""
    said = [cells for cells in ([_cell(value) for value in row] for row in rows) if any(cells)]
    for place, cells in enumerate(said[:_TITLES_WITHIN]):
        if headings := headings_of(cells):
            kept = [n for n, name in enumerate(headings) if name]
            return ["\t".join(row[n] for n in kept) for row in said[place:] if any(row[n] for n in kept)]
    return ["\t".join(row[: len(COLUMNS)]).rstrip("\t") for row in said]


def _cell(value: Any) -> str:
    return " ".join(text_of(value).split())


def _refused(words: str) -> Invalid:
    return Invalid(words, fields={"file": words})
