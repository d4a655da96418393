"""What may be drawn, typed and sent in a workbook, without a database."""

import io
import math
import zipfile
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from backend.core.errors import Invalid
from backend.plant.editing.columns import COLUMNS
from backend.plant.editing.fields import read_all
from backend.plant.editing.matching import Named, Plant, Present, Row, Verdict, alike, match
from backend.plant.editing.shapes import area_of, check_polygon, is_simple, read_corners
from backend.plant.editing.sheet import Written, read_workbook, write_workbook
from backend.plant.history import differences

TODAY = date(2026, 11, 27)
SQUARE = [(10.0, 10.0), (110.0, 10.0), (110.0, 110.0), (10.0, 110.0)]
PLANT = Plant(
    present={
        "equipment": {
            "R-1": Present(1, {"name": "反应器", "name_en": "", "area_id": 5}),
            "R-9": Present(9, {"name": "旧釜"}, True),
        },
        "point": {"TI-1": Present(3, {"name": "温度", "unit": "℃", "range_low": 0.0, "range_high": 200.0})},
    },
    named={
        "area_id": [Named(5, "A1", "反应区"), Named(6, "A2", "罐区"), Named(7, "A3", "罐区")],
        "stage_id": [],
        "owner_post_id": [],
        "equipment_id": [Named(1, "R-1", "反应器"), Named(9, "R-9", "旧釜", retired=True)],
    },
    today=TODAY,
)


def refused(corners: list[tuple[float, float]]) -> bool:
    try:
        check_polygon(corners, 360, 270)
    except Invalid:
        return True
    return False


def test_ground_is_bounded_by_edges_that_do_not_cross_inside_the_plan() -> None:
    assert not refused(SQUARE)
    assert refused(SQUARE[:2])
    assert refused([SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]]), "a bow tie"
    assert refused([*SQUARE, SQUARE[0]]), "a corner twice"
    assert refused([(10, 10), (110, 10), (60, 10), (60, 90)]), "an edge that runs back over the one before"
    assert refused([(10, 10), (110, 10), (110, 110), (60, 10), (10, 110)]), "a corner on a far edge"
    assert refused([(-1, 10), (110, 10), (110, 110)])
    assert refused([(10, 10), (12, 10), (12, 12)]), "a slip of the finger"


@given(st.integers(3, 30), st.floats(0, math.tau), st.integers(20, 120))
def test_corners_round_a_circle_bound_its_area_and_swapping_two_crosses(count: int, turn: float, radius: int) -> None:
    corners = [
        (180 + radius * math.cos(turn + math.tau * i / count), 135 + radius * math.sin(turn + math.tau * i / count))
        for i in range(count)
    ]
    assert is_simple(corners)
    assert math.isclose(area_of(corners), count / 2 * radius**2 * math.sin(math.tau / count), rel_tol=1e-9)
    if count > 3:
        assert not is_simple([corners[1], corners[0], *corners[2:]])


def test_corners_are_read_as_people_type_them_and_the_wrong_line_is_named() -> None:
    assert read_corners("10, 20\n(30，40)\n\n50 60") == [(10, 20), (30, 40), (50, 60)]
    with pytest.raises(Invalid) as wrong:
        read_corners("10, 20\nabc")
    assert wrong.value.values == {"line": 2}


def test_all_that_is_wrong_in_a_form_is_said_at_once() -> None:
    typed = {"code": "TI 1", "name": "", "kind": "equipment", "range_low": "9", "range_high": "3", "decimals": "7"}
    with pytest.raises(Invalid) as wrong:
        read_all("point", typed, TODAY)
    assert set(wrong.value.fields) == {"code", "name", "range_high", "decimals"}
    good = read_all(
        "point", typed | {"code": "TI/1".replace("/", "-"), "name": "温度", "range_high": "1e2", "decimals": ""}, TODAY
    )
    assert (good["range_high"], good["decimals"], good["expected_interval_s"], good["manipulated"]) == (
        100,
        2,
        None,
        False,
    )


def test_what_changed_is_what_differs() -> None:
    assert differences({"a": 1, "b": 2}, {"a": 1, "b": 3}) == ({"b": 2}, {"b": 3})
    assert differences({}, {"a": None, "b": 3}) == ({}, {"b": 3})


def rows_of(**sheets: list[dict[str, str]]) -> list[Row]:
    return match({kind: list(enumerate(rows, 2)) for kind, rows in sheets.items()}, PLANT)


def test_a_row_is_new_changes_something_or_nothing_and_says_where_it_is_wrong() -> None:
    new, changed, same, wrong = rows_of(
        equipment=[
            {"code": "R-2", "name": "二釜", "area_id": "反应区"},
            {"code": "R-1", "area_id": "A2"},
            {"code": "R-1x", "name": "x"} | {"code": "R-3", "name": "三釜"},
            {"code": "R-4", "name": "四釜", "area_id": "罐区", "commissioned_on": "2015/3/9"},
        ]
    )
    assert (new.verdict, new.wanted["area_id"]) == (Verdict.NEW, 5)
    assert (changed.verdict, changed.changes) == (Verdict.CHANGED, {"area_id": (5, 6)})
    assert same.verdict is Verdict.NEW
    assert wrong.verdict is Verdict.WRONG and [f.column for f in wrong.faults] == ["area_id"]
    assert rows_of(equipment=[{"code": "R-1", "name": "反应器", "area_id": "A1"}])[0].verdict is Verdict.SAME


def test_a_point_may_stand_on_equipment_of_the_same_workbook_unless_that_is_wrong() -> None:
    equipment, point = rows_of(
        equipment=[{"code": "R-2", "name": "二釜"}], point=[{"code": "TI-2", "name": "温度", "equipment_id": "R-2"}]
    )
    assert (equipment.verdict, point.verdict, point.wanted["equipment_id"]) == (Verdict.NEW, Verdict.NEW, "R-2")
    _, orphan = rows_of(
        equipment=[{"code": "R-2", "name": ""}], point=[{"code": "TI-2", "name": "温度", "equipment_id": "R-2"}]
    )
    assert orphan.verdict is Verdict.WRONG


def test_twice_out_of_use_and_a_range_against_what_is_there_are_wrong() -> None:
    first, twice, retired, low = rows_of(
        equipment=[{"code": "R-2", "name": "a"}, {"code": "R-2", "name": "b"}, {"code": "R-9", "name": "旧釜"}],
        point=[{"code": "TI-1", "range_low": "300"}],
    )
    assert [row.verdict for row in (first, twice, retired, low)] == [Verdict.NEW, *[Verdict.WRONG] * 3]
    assert twice.faults[-1].values == {"row": 2} and low.faults[0].column == "range_low"


def book(rows: list[list[Any]], title: str = "Sheet1") -> bytes:
    made = Workbook()
    made.active.title = title  # type: ignore[union-attr]
    for row in rows:
        made.active.append(row)  # type: ignore[union-attr]
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def test_headings_are_known_in_both_languages_below_a_title_and_in_any_order() -> None:
    sheet = [
        ["全厂测点表"],
        ["Unit", "Tag *", "测点名称", "备注"],
        ["℃", "TI-1", "温度", "x"],
        [None, None, None, None],
        [7, 7.0, True, 1],
    ]
    cells = read_workbook(book(sheet), {})
    assert cells.rows == {
        "point": [(3, {"unit": "℃", "code": "TI-1", "name": "温度"}), (5, {"unit": "7", "code": "7", "name": "是"})]
    }
    assert cells.ignored == ["备注"]


def test_a_formula_is_text() -> None:
    cells = read_workbook(book([["编号", "名称"], ["=1+1", '=HYPERLINK("http://x")']], "设备"), {})
    assert cells.rows["equipment"] == [(2, {"code": "=1+1", "name": '=HYPERLINK("http://x")'})]


def test_what_is_no_workbook_a_bomb_or_has_entities_is_refused() -> None:
    bomb, entities, padded = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 41_000_000)
    with zipfile.ZipFile(entities, "w") as archive:
        archive.writestr("xl/workbook.xml", '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x/>')
    with zipfile.ZipFile(padded, "w") as archive:
        archive.writestr("xl/workbook.xml", f'<!--{" " * 9000}--><!DOCTYPE x [<!ENTITY a "b">]><x/>')
    empty = book([["甲", "乙"], [1, 2]])
    for data in (
        b"",
        b"PK\3\4",
        b"<svg/>",
        bomb.getvalue(),
        entities.getvalue(),
        padded.getvalue(),
        empty,
        b"0" * 6_000_000,
    ):
        with pytest.raises(Invalid) as wrong:
            read_workbook(data, {})
        assert "file" in wrong.value.fields


WORDS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30).map(str.strip).filter(bool)


@given(st.lists(st.tuples(WORDS, WORDS, st.floats(-1e12, 1e12)), min_size=1, max_size=5))
def test_whatever_is_written_is_read_back(rows: list[tuple[str, str, float]]) -> None:
    columns = [c for c in COLUMNS["point"] if c.name in ("code", "unit", "range_low")]
    data = write_workbook([Written("测点", [c.words for c in columns], [10] * 3, rows)], ("说明", []))
    read = read_workbook(data, {}).rows["point"]
    assert [(r["code"], r["unit"]) for _, r in read] == [row[:2] for row in rows]
    assert all(alike(float(r["range_low"]), row[2]) for (_, r), row in zip(read, rows, strict=True))
