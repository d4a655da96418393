"""The report as PDF on A4, the letters it uses embedded. No IO but the font. Slow: a second for a long one."""

import io
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import Color
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepTogether, LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from backend.incidents.review.blocks import Block, Facts, Listed, Reader, Said, Section, Table
from backend.incidents.review.printing.shapes import WIDTH, Line, Patch, Picture, Words, picture_of
from backend.labels.sheets import FONT, printable

_MARGIN = 18 * mm
_ROOM = A4[0] - 2 * _MARGIN - 12
_LINES = TableStyle(
    [
        ("GRID", (0, 0), (-1, -1), 0.4, Color(0.7, 0.74, 0.73)),
        ("BACKGROUND", (0, 0), (-1, 0), Color(0.9, 0.94, 0.93)),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 4),
        ("RIGHTPADDING", (0, 0), (-1, -1), 4),
    ]
)


def pdf_of(title: str, sections: Sequence[Section], reader: Reader) -> bytes:
    """The PDF. Letters that the font lacks are printed as □."""
    out = io.BytesIO()
    sheet = SimpleDocTemplate(out, pagesize=A4, title=title, creator="AnSu", author="AnSu")
    sheet.leftMargin = sheet.rightMargin = sheet.topMargin = sheet.bottomMargin = _MARGIN
    story: list[Flowable] = [_text(title, 17), Spacer(1, 3 * mm)]
    for section in sections:
        parts = [part for block in section.blocks for part in _block(block, reader)]
        story += [
            KeepTogether([_text(section.title, 13), Spacer(1, 1 * mm), *parts[:1]]),
            *parts[1:],
            Spacer(1, 4 * mm),
        ]
    sheet.build(story, onFirstPage=_foot, onLaterPages=_foot)
    return out.getvalue()


def _block(block: Block, reader: Reader) -> list[Flowable]:
    if isinstance(block, Said):
        return [_text(block.text)]
    if isinstance(block, Facts):
        return [_table([[Said(label), value] for label, value in block.pairs], (0.28, 0.72), heads=False)]
    if isinstance(block, Listed):
        marks = (f"{number}. " if block.ordered else "· " for number in range(1, len(block.items) + 1))
        return [_text(mark + item.text) for mark, item in zip(marks, block.items, strict=True)]
    if isinstance(block, Table):
        heads = [[Said(head) for head in block.heads]]
        even = (1 / len(block.heads),) * len(block.heads)
        return [_table([*heads, *block.rows], even)] if block.rows else []
    return [_Painted(picture_of(block, reader))]


def _table(rows: Sequence[Sequence[Said]], shares: Sequence[float], *, heads: bool = True) -> Flowable:
    cells = [[_text(one.text, 8.5) for one in row] for row in rows]
    table = LongTable(cells, colWidths=[share * _ROOM for share in shares], repeatRows=1 if heads else 0, splitInRow=1)
    table.setStyle(_LINES if heads else TableStyle(_LINES.getCommands()[:1] + _LINES.getCommands()[2:]))
    return table


def _text(words: str, size: float = 10.0) -> Paragraph:
    """A paragraph that breaks Chinese anywhere. What is written is text, never markup."""
    style = ParagraphStyle("said", fontName=FONT, fontSize=size, leading=size * 1.45, wordWrap="CJK", spaceAfter=2)
    return Paragraph(escape(printable(words)).replace("\n", "<br/>"), style)


def _foot(canvas: Canvas, sheet: Any) -> None:
    canvas.saveState()
    canvas.setFont(FONT, 8)
    canvas.drawCentredString(A4[0] / 2, 9 * mm, f"AnSu · {sheet.page}")
    canvas.restoreState()


class _Painted(Flowable):  # type: ignore[misc]
    """A picture as large as the page allows."""

    def __init__(self, picture: Picture) -> None:
        super().__init__()
        self._picture = picture
        self._scale = min(_ROOM / WIDTH, 1.1)
        self._above = 16.0 if picture.title else 4.0

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        return WIDTH * self._scale, self._picture.height * self._scale + self._above

    def draw(self) -> None:
        canvas: Canvas = self.canv
        height = self._picture.height * self._scale
        canvas.setFont(FONT, 9)
        canvas.drawString(0, height + 4, printable(self._picture.title))
        canvas.scale(self._scale, self._scale)
        for shape in self._picture.shapes:
            _paint(canvas, shape, self._picture.height)


def _paint(canvas: Canvas, shape: Line | Patch | Words, height: float) -> None:
    if isinstance(shape, Words):
        canvas.setFillGray(0.25)
        canvas.setFont(FONT, 8)
        write = canvas.drawRightString if shape.end else canvas.drawString
        write(shape.x, height - shape.y, printable(shape.text))
        return
    path = canvas.beginPath()
    path.moveTo(shape.corners[0][0], height - shape.corners[0][1])
    for x, y in shape.corners[1:]:
        path.lineTo(x, height - y)
    colour = Color(*(part / 255 for part in shape.colour))
    if isinstance(shape, Line):
        canvas.setStrokeColor(colour)
        canvas.setLineWidth(shape.width)
        canvas.drawPath(path, stroke=1, fill=0)
    else:
        canvas.setFillColor(colour)
        path.close()
        canvas.drawPath(path, stroke=0, fill=1)
