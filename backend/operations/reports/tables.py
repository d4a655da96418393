"""A safety report as a workbook: every table of it on one sheet, one below the other."""

import tempfile
from collections.abc import Sequence
from typing import IO

from backend.core.spreadsheets import Cell, Heading, Workbook
from backend.incidents.review.blocks import Facts, Listed, Said, Section, Table
from backend.incidents.review.pictures import Chart

_WIDTHS = (26, 34, 18, 18, 18)
_IN_MEMORY = 4 * 2**20


def workbook_of(title: str, sections: Sequence[Section]) -> IO[bytes]:
    """The file, at its beginning; who sends it closes it. Slow for a page, quick for a thread."""
    file: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - outlives this function
    book = Workbook(file, title, [Heading(title, _WIDTHS[0]), *(Heading("", width) for width in _WIDTHS[1:])])
    for section in sections:
        book.add([[section.title]])
        for block in section.blocks:
            book.add(_rows(block))
        book.add([[]])
    book.end()
    file.seek(0)
    return file


def _rows(block: object) -> list[list[Cell]]:
    if isinstance(block, Table):
        rows: list[list[Cell]] = [[one.text for one in row] for row in block.rows]
        return [list(block.heads), *rows]
    if isinstance(block, Chart):
        lines: list[list[Cell]] = [[row.words, *row.values] for row in block.rows]
        return [list(block.heads), *lines]
    if isinstance(block, Facts):
        return [[label, value.text] for label, value in block.pairs]
    if isinstance(block, Listed):
        return [[one.text] for one in block.items]
    return [[block.text]] if isinstance(block, Said) else []
