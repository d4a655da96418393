"""The report as a Word document (.docx, ISO/IEC 29500) to go on writing in. No IO but the font of its pictures."""

import io
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from docx import Document
from docx.document import Document as Paper
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from PIL import Image, ImageDraw, ImageFont

from backend.incidents.review.blocks import Block, Facts, Listed, Reader, Said, Section, Table
from backend.incidents.review.printing.shapes import WIDTH, Line, Patch, Picture, Words, picture_of
from backend.labels.sheets import FONT_FILE

_SHARP = 3
"""Pixels a unit of the picture: sharp on paper at 150 mm."""
_MOST_TITLE = 255
"""More letters a property of the format doesn't hold."""
_CHINESE_FACE = "Microsoft YaHei"


def docx_of(title: str, sections: Sequence[Section], reader: Reader) -> bytes:
    """The document. Everything in it is text; what XML can't hold is left out."""
    paper: Paper = Document()
    _faces(paper)
    paper.core_properties.title, paper.core_properties.author = _clean(title)[:_MOST_TITLE], "AnSu"
    paper.add_heading(_clean(title), 0)
    for section in sections:
        paper.add_heading(_clean(section.title), 1)
        for block in section.blocks:
            _add(paper, block, reader)
    out = io.BytesIO()
    paper.save(out)
    return out.getvalue()


def _add(paper: Paper, block: Block, reader: Reader) -> None:
    if isinstance(block, Said):
        paper.add_paragraph(_clean(block.text))
    elif isinstance(block, Facts):
        _grid(paper, [[Said(label), value] for label, value in block.pairs])
    elif isinstance(block, Listed):
        for item in block.items:
            paper.add_paragraph(_clean(item.text), "List Number" if block.ordered else "List Bullet")
    elif isinstance(block, Table):
        _grid(paper, [[Said(head) for head in block.heads], *block.rows])
    else:
        picture = picture_of(block, reader)
        if picture.title:
            paper.add_paragraph(_clean(picture.title))
        paper.add_picture(io.BytesIO(_png(picture)), width=Mm(150))


def _grid(paper: Paper, rows: Sequence[Sequence[Said]]) -> None:
    table = paper.add_table(rows=0, cols=len(rows[0]), style="Table Grid")
    for row in rows:
        for cell, one in zip(table.add_row().cells, row, strict=True):
            cell.text = _clean(one.text)


def _faces(paper: Paper) -> None:
    """Word takes another face for Chinese than for Latin letters."""
    normal = paper.styles["Normal"]
    normal.font.name, normal.font.size = "Calibri", Pt(10)
    for name in ("Normal", "Title", "Heading 1"):
        faces = paper.styles[name].element.get_or_add_rPr().get_or_add_rFonts()
        faces.set(qn("w:eastAsia"), _CHINESE_FACE)


def _clean(text: str) -> str:
    """``text`` without the control characters that XML 1.0 can't hold."""
    return "".join(letter for letter in text if letter in "\n\t" or (letter >= " " and letter not in "\ufffe\uffff"))


def _png(picture: Picture) -> bytes:
    image = Image.new("RGB", (WIDTH * _SHARP, picture.height * _SHARP), "white")
    draw = ImageDraw.Draw(image)
    for shape in picture.shapes:
        _paint(draw, shape)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _paint(draw: ImageDraw.ImageDraw, shape: Line | Patch | Words) -> None:
    if isinstance(shape, Words):
        anchor = "rs" if shape.end else "ls"
        draw.text((shape.x * _SHARP, shape.y * _SHARP), shape.text, fill=(64, 64, 64), font=_font(), anchor=anchor)
        return
    corners = [(x * _SHARP, y * _SHARP) for x, y in shape.corners]
    if isinstance(shape, Patch):
        draw.polygon(corners, fill=shape.colour)
        return
    for one, other in pairwise(corners):
        draw.line([one, other], fill=shape.colour, width=max(round(shape.width * _SHARP), 1))


@lru_cache(maxsize=1)
def _font() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT_FILE), 9 * _SHARP)
