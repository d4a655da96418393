"""Workbooks read back by the library that others use: what was written is what is there."""

import io
from datetime import datetime
from typing import Any

import openpyxl
from hypothesis import given
from hypothesis import strategies as st

from backend.core.spreadsheets import MOST_LETTERS, Cell, Heading, Workbook

_TRICKS = (
    "=1+1",
    "{=1+1}",
    "+1",
    "-1",
    "@SUM(A1)",
    "\tTab",
    "#N/A",
    "<r><t>x</t></r>",
    "a_x000D_b",
    " vorn und hinten ",
    "007",
    "2026-09-02",
    "http://example.org",
)


def _read(*rows: list[Cell]) -> list[list[Any]]:
    file = io.BytesIO()
    book = Workbook(file, "一/二", [Heading("名称", 30)] + [Heading("其他")] * (len(rows[0]) - 1))
    book.add(rows)
    book.end()
    file.seek(0)
    (sheet,) = openpyxl.load_workbook(file).worksheets
    assert (sheet.title, sheet.freeze_panes) == ("一 二", "A2") and sheet.column_dimensions["A"].width == 30
    heads: Any
    heads, *rest = sheet.iter_rows()
    assert heads[0].value == "名称" and heads[0].font.b
    assert sheet.auto_filter.ref == f"A1:{heads[-1].column_letter}{len(rows) + 1}"
    return [list(row) for row in rest]


def test_what_looks_like_a_formula_an_error_a_number_or_markup_stays_text() -> None:
    (row,) = _read(list(_TRICKS))
    assert [cell.data_type for cell in row] == ["s"] * len(_TRICKS)
    assert [cell.value.replace("_x005F_", "_") for cell in row] == list(_TRICKS)
    assert [bool(cell.quotePrefix) for cell in row] == [words[0] in "=+-@\t\r" for words in _TRICKS]


def test_moments_numbers_and_gaps_keep_their_kind_row_after_row() -> None:
    at = datetime(2026, 9, 2, 9, 30, 15)  # noqa: DTZ001 - cells have no zone
    rows = _read(["字", at, 3, 2.5, None, ""], [None, None, "=x", 0, at, "末"])
    assert [[cell.value for cell in row] for row in rows] == [
        ["字", at, 3, 2.5, None, None],
        [None, None, "=x", 0, at, "末"],
    ]
    assert [cell.is_date for cell in rows[1]] == [False, False, False, False, True, False]
    assert rows[1][5].quotePrefix in {False, None}, "the mark of one cell isn't left on the next"


def test_a_cell_holds_no_more_than_excel_takes() -> None:
    ((cell,),) = _read(["长" * (MOST_LETTERS + 1)])
    assert len(cell.value) == MOST_LETTERS


@given(st.text(st.characters(), max_size=40))
def test_any_words_make_a_file_that_opens(words: str) -> None:
    _read([words, "后"])
