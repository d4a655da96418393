"""Sheets of labels as PDF."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.pdfbase.pdfmetrics import stringWidth

from backend.labels.qr import matrix
from backend.labels.sheets import FONT, LAYOUTS, Printed, fitting, sheet, unprintable

MATRIX = matrix("https://192.168.1.20:8471", "0123456789ABCDEF")


def label(name: str = "二号循环冷却水泵", site: str = "华东化工一厂") -> Printed:
    return Printed(MATRIX, name, "P-1021B", "ACD-EFG", site)


def pages(pdf: bytes) -> list[tuple[float, float]]:
    """Width and height in millimetres of each page."""
    boxes = re.findall(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", pdf)
    return [(round(float(w) / 72 * 25.4, 1), round(float(h) / 72 * 25.4, 1)) for w, h in boxes]


def test_a_roll_has_a_label_a_page_and_a4_has_24() -> None:
    labels = [label() for _ in range(25)]
    assert pages(sheet(labels, LAYOUTS["roll"], "x")) == [(50.0, 30.0)] * 25
    assert pages(sheet(labels, LAYOUTS["a4"], "x")) == [(210.0, 297.0)] * 2


def test_the_letters_are_embedded_so_that_every_machine_prints_them_alike() -> None:
    pdf = sheet([label()], LAYOUTS["roll"], "x")
    assert b"/FontFile2" in pdf and b"NotoSansSC" in pdf
    assert len(pdf) < 60_000, "only the letters that are used"


def test_letters_that_the_font_lacks_are_told_beforehand() -> None:
    assert unprintable(["反应釜 1# Ⅱ期 ①号 25℃ φ50", "Reactor"]) == ""
    assert unprintable(["鿍塔", "鿍"]) == "鿍"


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(categories=("L", "N", "Zs", "P")), max_size=60), st.floats(20, 120), st.integers(1, 3))
def test_any_name_fits_its_place(text: str, room: float, most: int) -> None:
    size, lines = fitting(text, room, 9.0, most=most)
    assert 1 <= len(lines) <= most
    assert all(stringWidth(line, FONT, size) <= room or len(line) == 1 for line in lines)
    assert sheet([label(name=text)], LAYOUTS["roll"], "x").startswith(b"%PDF")
