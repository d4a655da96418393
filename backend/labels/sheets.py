"""Labels as a PDF that prints alike on every machine: shapes, and the letters used embedded. No IO but the font.

Two papers: A4 with 24 labels of 63.5 × 33.9 mm, as sheets of stickers are cut (Avery L7159 and its like), and a
roll of 50 × 30 mm for label printers, one label a page. On each label the QR with its white, the thing's name and code,
the site, and the short code to type when the QR is scratched.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from backend.core.pages import STATIC
from backend.labels.qr import Matrix, runs

FONT = "NotoSansSC"
FONT_FILE = STATIC / "vendor" / "noto-sans-sc" / "noto-sans-sc-500.ttf"
_LEADING = 1.25
_UNKNOWN = "□"


@dataclass(frozen=True)
class Layout:
    """A paper. Lengths in millimetres; ``left``, ``top`` to the first label, pitches from label to label."""

    page: tuple[float, float]
    label: tuple[float, float]
    grid: tuple[int, int] = (1, 1)
    left: float = 0.0
    top: float = 0.0
    pitch: tuple[float, float] = (0.0, 0.0)
    name_size: float = 9.0
    small_size: float = 6.5
    code_size: float = 9.5

    @property
    def a_page(self) -> int:
        """Labels on a page."""
        return self.grid[0] * self.grid[1]


LAYOUTS = {
    "a4": Layout((210, 297), (63.5, 33.9), (3, 8), 7.2, 12.9, (66.0, 33.9), 11.0, 7.0, 13.0),
    "roll": Layout((50, 30), (50, 30)),
}


@dataclass(frozen=True)
class Printed:
    """What one label shows."""

    qr: Matrix
    name: str
    code: str
    short_code: str
    site: str


def sheet(labels: Iterable[Printed], layout: Layout, title: str) -> bytes:
    """The PDF. Letters that the font lacks are printed as □ (``unprintable`` tells them beforehand)."""
    _font()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(layout.page[0] * mm, layout.page[1] * mm), pageCompression=1)
    canvas.setTitle(title)
    canvas.setCreator("AnSu")
    for number, label in enumerate(labels):
        place = number % layout.a_page
        if number and place == 0:
            canvas.showPage()
        row, column = divmod(place, layout.grid[0])
        x = layout.left + column * layout.pitch[0]
        y = layout.page[1] - layout.top - row * layout.pitch[1] - layout.label[1]
        canvas.saveState()
        canvas.translate(x * mm, y * mm)
        if layout.a_page > 1:
            _cutting_marks(canvas, layout)
        _label(canvas, label, layout)
        canvas.restoreState()
    canvas.save()
    return out.getvalue()


def unprintable(texts: Iterable[str]) -> str:
    """Letters of ``texts`` that the font lacks, each once."""
    known = _font().face.charToGlyph
    return "".join(sorted({letter for text in texts for letter in text if ord(letter) not in known}))


def printable(text: str) -> str:
    """``text`` with □ for each letter that the font lacks; line ends stay."""
    known = _font().face.charToGlyph
    return "".join(letter if letter == "\n" or ord(letter) in known else _UNKNOWN for letter in text)


@lru_cache(maxsize=1)
def _font() -> TTFont:
    font = TTFont(FONT, str(FONT_FILE))
    pdfmetrics.registerFont(font)
    return font


def _cutting_marks(canvas: Canvas, layout: Layout) -> None:
    width, height = layout.label[0] * mm, layout.label[1] * mm
    canvas.setStrokeGray(0.7)
    canvas.setLineWidth(0.2)
    for x, inward in ((0.0, 1), (width, -1)):
        for y, upward in ((0.0, 1), (height, -1)):
            canvas.line(x, y, x + inward * 2 * mm, y)
            canvas.line(x, y, x, y + upward * 2 * mm)


def _label(canvas: Canvas, label: Printed, layout: Layout) -> None:
    width, height = layout.label
    side = height - 2.0
    _draw_qr(canvas, label.qr, 1.0 * mm, 1.0 * mm, side * mm)
    left = (1.0 + side) * mm
    room = (width - side - 3.0) * mm
    canvas.setFillGray(0)
    top = (height - 4.0) * mm
    small = layout.small_size
    size, lines = fitting(label.name, room, layout.name_size, most=3)
    for line in lines:
        top -= size
        _write(canvas, line, left, top, size)
        top -= size * (_LEADING - 1)
    for line in fitting(label.code, room, small + 1, most=1)[1]:
        _write(canvas, line, left, top - small - 2, small + 1)
    bottom = 3.5 * mm
    size, (site,) = fitting(label.site, room, small, most=1)
    _write(canvas, site, left, bottom, size)
    _write(canvas, label.short_code, left, bottom + small * 1.5, layout.code_size)


def _draw_qr(canvas: Canvas, rows: Matrix, x: float, y: float, side: float) -> None:
    module = side / len(rows)
    canvas.setFillGray(0)
    path = canvas.beginPath()
    for column, row, length in runs(rows):
        path.rect(x + column * module, y + side - (row + 1) * module, length * module, module)
    canvas.drawPath(path, stroke=0, fill=1)


def _write(canvas: Canvas, text: str, x: float, y: float, size: float) -> None:
    canvas.setFont(FONT, size)
    canvas.drawString(x, y, text)


def fitting(text: str, room: float, size: float, *, most: int) -> tuple[float, list[str]]:
    """Size (points) and lines in which ``text`` fits into ``room`` points: made smaller by up to a third, then cut."""
    known = _font().face.charToGlyph
    text = "".join(letter if ord(letter) in known else _UNKNOWN for letter in " ".join(text.split())) or " "
    for tried in (size, size * 0.85, size * 0.7):
        lines = list(_wrapped(text, room, tried))
        if len(lines) <= most:
            return tried, lines
    last = lines[most - 1]
    while last and pdfmetrics.stringWidth(f"{last}…", FONT, tried) > room:
        last = last[:-1]
    return tried, [*lines[: most - 1], f"{last}…"]


def _wrapped(text: str, room: float, size: float) -> Iterator[str]:
    """Lines no wider than ``room``: broken at spaces, inside of words of Chinese and of ones that are too long."""
    line = ""
    for word in _breakable(text):
        if not line or pdfmetrics.stringWidth(line + word.rstrip(), FONT, size) <= room:
            line += word
        else:
            yield line.rstrip()
            line = word
        while pdfmetrics.stringWidth(line.rstrip(), FONT, size) > room and len(line) > 1:
            cut = next(n for n in range(len(line) - 1, 0, -1) if n == 1 or _fits(line[:n], room, size))
            yield line[:cut]
            line = line[cut:]
    if line:
        yield line.rstrip()


def _fits(text: str, room: float, size: float) -> bool:
    return bool(pdfmetrics.stringWidth(text, FONT, size) <= room)


def _breakable(text: str) -> Sequence[str]:
    """``text`` in parts between which a line may end: each Chinese letter, each Latin word with its space."""
    parts: list[str] = []
    for letter in text:
        joins = bool(parts) and letter < "\u2e80" and parts[-1][-1] < "\u2e80" and parts[-1][-1] != " "
        if joins:
            parts[-1] += letter
        else:
            parts.append(letter)
    return parts
