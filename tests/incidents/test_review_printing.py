"""The report to take along: as PDF and as a Word document, in both languages."""

import io
from zoneinfo import ZoneInfo

import pytest
from docx import Document
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from backend.core.database import Database
from backend.incidents.review.blocks import Facts, Listed, Reader, Said, Section, Table
from backend.incidents.review.printing.document import docx_of
from backend.incidents.review.printing.shapes import runs_of
from backend.incidents.review.printing.sheets import pdf_of
from tests.incidents.scene import Scene
from tests.incidents.test_pages import browsing
from tests.incidents.test_review_duties import neglect
from tests.incidents.test_review_report import burnt, reviewed

READER = Reader("zh_CN", ZoneInfo("Asia/Shanghai"))


def pdf_text(content: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).replace("\n", "")


def docx_text(content: bytes) -> str:
    paper = Document(io.BytesIO(content))
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(one.text for one in paper.paragraphs), *cells])


async def test_both_files_hold_the_whole_report_in_both_languages_with_its_pictures(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    await neglect(database, scene)
    incident = await burnt(database, scene)
    await reviewed(database, incident)
    here = f"/incidents/{incident.id}/review"
    async with browsing(app, scene.leader) as leader:
        page = (await leader.get(here)).text
        assert f'{here}/pdf?version=1&amp;language=en"' in page
        pdf = await leader.get(f"{here}/pdf?language=zh_CN")
        assert pdf.headers["content-type"] == "application/pdf"
        assert incident.number in pdf.headers["content-disposition"]
        chinese = pdf_text(pdf.content)
        for words in ("复盘报告", "根源和证据", "一般事故", "密封损坏", "已开放空阀 <3>", "漏检", scene.pump.name):
            assert words in chinese, words
        english = pdf_text((await leader.get(f"{here}/pdf?language=en")).content)
        assert "Root cause and evidence" in english and "Missed" in english
        word = (await leader.get(f"{here}/docx?language=zh_CN")).content
        assert "已开放空阀 <3>" in docx_text(word) and "根源和证据" in docx_text(word)
        assert len(Document(io.BytesIO(word)).inline_shapes) == 2, "the strip and the pressure"
        assert "Losses and class of accident" in docx_text((await leader.get(f"{here}/docx?language=en")).content)


async def test_a_worker_takes_along_their_own_duties_alone(app: FastAPI, database: Database, scene: Scene) -> None:
    await neglect(database, scene)
    incident = await burnt(database, scene)
    await reviewed(database, incident)
    async with browsing(app, scene.stranger) as stranger:
        printed = pdf_text((await stranger.get(f"/incidents/{incident.id}/review/pdf?language=zh_CN")).content)
    assert "没有涉及您的记录" in printed and "漏检" not in printed


async def test_there_is_nothing_to_take_along_before_there_is_a_report(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    incident = await burnt(database, scene)
    async with browsing(app, scene.leader) as leader:
        for kind in ("pdf", "docx"):
            assert (await leader.get(f"/incidents/{incident.id}/review/{kind}")).status_code == 404


TRICKS = ["<b>&amp;</i>", "<para>", "\x00\x08x", "𠮷\ufffe", "a" * 400, "字" * 900, '"><img src=x>', ""]


@pytest.mark.parametrize("trick", TRICKS)
def test_what_people_wrote_is_text_whatever_it_looks_like(trick: str) -> None:
    said = Said(trick, own=True)
    blocks = [said, Facts([("x", said)]), Listed([said], ordered=True), Table(["x", "y"], [[said, said]])]
    sections = [Section("x", trick, blocks)]
    assert pdf_of(trick, sections, READER).startswith(b"%PDF")
    assert docx_of(trick, sections, READER).startswith(b"PK")
    if trick.startswith("<"):
        assert trick in pdf_text(pdf_of("x", sections, READER))
        assert trick in docx_text(docx_of("x", sections, READER))


def test_a_cell_longer_than_a_page_goes_on_over_the_next_ones() -> None:
    long = Said("".join(f"第{number}句，" for number in range(1200)), own=True)
    row = [Said("x")] * 5 + [long]
    sections = [Section("x", "x", [Table(["x"] * 6, [row, row])])]
    printed = pdf_of("x", sections, READER)
    assert "第1199句" in pdf_text(printed) and len(PdfReader(io.BytesIO(printed)).pages) > 3


@given(st.lists(st.tuples(st.floats(0, 360), st.floats(0, 220)), min_size=2, max_size=6))
def test_a_drawn_line_is_printed_corner_by_corner(corners: list[tuple[float, float]]) -> None:
    rounded = [(round(x, 1), round(y, 1)) for x, y in corners]
    path = "".join(f"{'L' if number else 'M'}{x} {y}" for number, (x, y) in enumerate(rounded))
    assert runs_of(path) == [rounded]
