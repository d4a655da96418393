"""The workbook: read as plants write it, refused row by row, and back whole."""

import io
import zipfile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from backend.core.errors import Invalid, TooLarge
from backend.hazards.accidents import Accident
from backend.risks import lec, matrix
from backend.risks.codes import Control, MeasureKind, PointKind
from backend.risks.grading import Bands, Method, Score
from backend.risks.sheets import book as books
from backend.risks.sheets.book import open_book
from backend.risks.sheets.completing import completed
from backend.risks.sheets.lines import Line, SheetMeasure, differences
from backend.risks.sheets.reading import read_lines, read_measure
from backend.risks.sheets.writing import template, write_lines


def content(rows: list[list[Any]], merged: tuple[str, ...] = ()) -> bytes:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for place in merged:
        sheet.merge_cells(place)
    held = io.BytesIO()
    workbook.save(held)
    return held.getvalue()


def read(rows: list[list[Any]], merged: tuple[str, ...] = ()) -> tuple[list[Line], list[tuple[int, str, bool]]]:
    lines, troubles = read_lines(open_book(content(rows, merged)), Bands())
    return lines, [(one.row, one.words, one.bad) for one in troubles]


# How plants write theirs: a title, two rows of headings, merged cells, colours for levels, names of 1986.
_WHO = ("管控层级", "责任单位", "责任人")
USUAL = [
    ["某某公司安全风险分级管控清单"] + [None] * 13,
    ["序号", "风险点", "危险源或潜在事件", "可能发生的事故类型", "风险评价", *[None] * 4, "管控措施", None, *_WHO],
    [None, "名称", None, None, "L", "E", "C", "D", "风险等级", "工程技术", "应急处置措施", None, None, None],
    [
        1,
        "液氨储罐",
        "阀门泄漏",
        "中毒和窒息、火灾",
        3,
        6,
        15,
        270,
        "橙色",
        "设气体报警器\n设围堰",
        "切断、喷淋",
        "公司级",
        "制冷车间",
        "张三",
    ],
    [2, None, "超压", "容器爆炸", 1, 6, 40, None, "较大风险", "安全阀投用", "泄压", None, None, None],
    [3, "叉车作业", "碰撞行人", "车辆伤害", 1, 6, 7, 42, "低", None, "送医", "班组", "仓库", "李四"],
]
MERGED = ("A1:N1", "E2:I2", "J2:K2", "B4:B5", "L4:L5", "M4:M5", "N4:N5")


def test_the_usual_list_is_understood() -> None:
    lines, troubles = read(USUAL, MERGED)
    assert troubles == []
    ammonia, pressure, forklift = lines
    assert (ammonia.name, pressure.name, forklift.name) == ("液氨储罐", "液氨储罐", "叉车作业")
    assert (pressure.control, pressure.unit, pressure.keeper) == (Control.COMPANY, "制冷车间", "张三")
    assert ammonia.accidents == (Accident.POISONING, Accident.SUFFOCATION, Accident.FIRE)
    assert forklift.accidents == (Accident.SITE_VEHICLE,)
    assert ammonia.residual == Score(Method.LEC, 3.0, 6.0, 15.0)
    assert [one.words for one in ammonia.measures] == ["设气体报警器", "设围堰", "切断、喷淋"]
    assert ammonia.inherent is None


def test_a_matrix_list_with_risk_before_and_after_is_understood() -> None:
    head = [
        "编号",
        "风险点",
        "危险源",
        "固有风险可能性L",
        "固有风险严重性S",
        "固有风险等级",
        "剩余风险L",
        "剩余风险S",
        "剩余风险等级",
    ]
    lines, troubles = read([head, ["R1", "冲床", "挤压", 5, 4, "红", 2, 4, "蓝"]])
    assert troubles == []
    assert lines[0].inherent == Score(Method.LS, 5.0, s=4.0)
    assert lines[0].residual == Score(Method.LS, 2.0, s=4.0)


def test_what_is_wrong_is_said_by_row_and_the_other_rows_are_kept() -> None:
    rows = [row[:] for row in USUAL]
    rows[3][4] = 4  # no score of the table
    rows[4][8] = "红"  # the scores make another level
    rows[5][11] = "宇宙级"
    lines, troubles = read(rows, MERGED)
    assert [(row, bad) for row, _, bad in troubles] == [(4, True), (5, False), (6, True)]
    assert [one.source for one in lines] == ["超压"]


def test_a_kind_that_the_new_standard_split_is_kept_with_a_note() -> None:
    lines, troubles = read([["风险点", "危险源", "事故类型"], ["反应釜", "超压", "其他爆炸"]])
    assert lines[0].accidents == (Accident.OTHER,)
    assert [bad for _, _, bad in troubles] == [False]


def test_a_row_twice_is_refused_and_a_sheet_without_headings_too() -> None:
    _, troubles = read([["风险点", "危险源", "责任人"], ["甲", "乙", "丙"], ["甲", "乙", "丁"]])
    assert [(row, bad) for row, _, bad in troubles] == [(3, True)]
    with pytest.raises(Invalid):
        read([["日期", "天气"], ["今天", "晴"]])


def test_measures_say_whose_they_are_and_what_checks_them() -> None:
    one = read_measure("engineering", "安全阀投用 【岗位：反应岗】【检查：反应区巡检/安全阀铅封】")
    assert one == SheetMeasure("engineering", "安全阀投用", "反应岗", "反应区巡检/安全阀铅封")


words = st.text(st.characters(codec="utf-8", categories=["L", "N"], include_characters="=+-@ ，（）"), max_size=20).map(
    lambda text: " ".join(text.split())
)
some = words.filter(bool)
scores = st.one_of(
    st.none(),
    st.builds(
        lambda *given_: Score(Method.LEC, *given_),
        *(st.sampled_from([one for one, _ in table]) for table in (lec.LIKELIHOOD, lec.EXPOSURE, lec.CONSEQUENCE)),
    ),
    st.builds(
        lambda often, bad: Score(Method.LS, often, s=bad),
        *(st.sampled_from([one for one, _ in table]) for table in (matrix.LIKELIHOOD, matrix.SEVERITY)),
    ),
    st.sampled_from(["major", "significant", "general", "low"]).map(lambda level: Score(Method.DIRECT, level=level)),
)
measures = st.lists(
    st.tuples(st.sampled_from(MeasureKind), some, words, words), max_size=4, unique_by=lambda m: m[:2]
).map(
    lambda found: tuple(
        SheetMeasure(str(kind), text, post, check)
        for kind, text, post, check in sorted(found, key=lambda one: list(MeasureKind).index(one[0]))
    )
)


@st.composite
def lists(draw: st.DrawFn) -> list[Line]:
    """A whole list: points by code, each with sources of different names."""
    found = []
    for number in range(draw(st.integers(1, 3))):
        point = {
            "code": f"R{number}",
            "name": draw(some),
            "kind": str(draw(st.sampled_from(PointKind))),
            "control": str(draw(st.sampled_from(Control))),
            **{field: draw(words) for field in ("area", "stage", "equipment", "unit", "post", "keeper")},
        }
        for source in draw(st.lists(some, min_size=1, max_size=3, unique=True)):
            found.append(
                Line(
                    **point,
                    source=source,
                    accidents=tuple(
                        str(one) for one in draw(st.lists(st.sampled_from(Accident), max_size=3, unique=True))
                    ),
                    factor=draw(st.sampled_from(["", "person", "object", "environment", "management"])),
                    consequence=draw(words),
                    basis="\n".join(draw(st.lists(some, max_size=2))),
                    inherent=draw(scores),
                    residual=draw(scores),
                    measures=draw(measures),
                )
            )
    return found


@settings(max_examples=40, deadline=None)
@given(lists())
def test_what_is_written_comes_back_whole(lines: list[Line]) -> None:
    back, troubles = read_lines(open_book(write_lines(lines, Bands())), Bands())
    assert [one for one in troubles if one.bad] == []
    assert back == lines
    assert differences(completed(back, lines, Bands()), lines).empty
    assert [Line.of(one.stored()) for one in lines] == lines


def test_words_like_a_formula_stay_words() -> None:
    line = Line("R1", "=HYPERLINK(1)", source="+cmd", kind="place", control="team")
    sheet = load_workbook(io.BytesIO(write_lines([line], Bands()))).active
    assert sheet is not None
    assert {sheet.cell(4, place).data_type for place in (2, 7)} == {"s"}


def test_the_template_is_an_empty_list() -> None:
    assert read_lines(open_book(template(Bands())), Bands()) == ([], [])


def test_points_without_a_code_are_found_by_name_or_numbered() -> None:
    present = [Line("A7", "冲床", source="挤压", kind="equipment", control="team", keeper="王五")]
    made = completed([Line("", "冲床", source="挤压"), Line("", "焊接", source="烫伤")], present, Bands())
    assert made[0] == present[0]  # what a sheet doesn't say stays
    assert (made[1].code, made[1].kind, made[1].control) == ("FX-001", "place", "post")


def bomb(name: str, text: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return held.getvalue()


def test_files_that_are_no_lists_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "MOST_UNPACKED", 2**20)
    with pytest.raises(TooLarge):
        open_book(bomb("xl/worksheets/sheet1.xml", b"0" * 2**22))
    entities = b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    for wrong in (b"not a zip", bomb("a.txt", b"x"), bomb("xl/workbook.xml", entities)):
        with pytest.raises(Invalid):
            open_book(wrong)


def test_a_merged_range_of_the_whole_sheet_costs_nothing() -> None:
    plain = content([["风险点", "危险源", "责任人"], ["甲", "乙", "丙"]], ("A2:A3",))
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain)) as old, zipfile.ZipFile(held, "w") as new:
        for part in old.infolist():
            new.writestr(part.filename, old.read(part.filename).replace(b'"A2:A3"', b'"A2:XFD1048576"'))
    lines, _ = read_lines(open_book(held.getvalue()), Bands())
    assert lines[0].name == "甲"
