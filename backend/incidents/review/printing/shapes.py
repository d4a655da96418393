"""The pictures of a report as a few shapes that any printer can paint. Pure. 360 wide, y grows downward."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

from backend.incidents.review.blocks import Reader
from backend.incidents.review.pictures import Chart, Course, Drawn, Spark, Sparks, Strip

WIDTH = 360
ACCENT, GRAVE, INK, FAINT = (11, 90, 85), (176, 26, 26), (20, 33, 31), (160, 172, 168)
AMBER = (168, 92, 10)
SERIES = (ACCENT, AMBER, GRAVE, INK, FAINT)
Colour = tuple[int, int, int]
Corners = Sequence[tuple[float, float]]
_CORNER = re.compile(r"([ML])(-?[\d.]+)[ ,](-?[\d.]+)")
_LANES = (14.0, 36.0, 58.0)


@dataclass(frozen=True)
class Line:
    """A line through ``corners``."""

    corners: Corners
    colour: Colour = INK
    width: float = 1.0


@dataclass(frozen=True)
class Patch:
    """A filled outline."""

    corners: Corners
    colour: Colour


@dataclass(frozen=True)
class Words:
    """Text at a base line; ``end``: it ends there."""

    x: float
    y: float
    text: str
    end: bool = False


@dataclass(frozen=True)
class Picture:
    """What is painted, in order."""

    height: int
    shapes: Sequence[Line | Patch | Words]
    title: str = ""


def picture_of(block: Strip | Course | Chart | Sparks, reader: Reader) -> Picture:
    """The picture of a block in the reader's language and zone."""
    if isinstance(block, Chart):
        return _chart(block)
    if isinstance(block, Sparks):
        return _sparks(block)
    return _strip(block, reader) if isinstance(block, Strip) else _course(block, reader)


def _strip(strip: Strip, reader: Reader) -> Picture:
    shapes: list[Line | Patch | Words] = [Line([(0, y), (WIDTH, y)], FAINT, 0.6) for y in _LANES]
    for dot in strip.dots:
        x, y = dot.x, _LANES[dot.lane]
        if dot.lane == 0:
            shapes.append(Patch([(x, y - 6), (x + 6, y + 5), (x - 6, y + 5)], GRAVE))
        else:
            half, colour = (4.0, ACCENT) if dot.lane == 1 else (5.0, INK)
            corners = [(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)]
            shapes.append(Patch(corners, colour))
    ends = ((0.0, strip.since, False), (float(WIDTH), strip.until, True))
    shapes += [Words(x, 76, at.astimezone(reader.zone).strftime("%H:%M:%S"), end) for x, at, end in ends]
    return Picture(80, shapes)


def _course(course: Course, reader: Reader) -> Picture:
    drawn = course.trend
    shapes: list[Line | Patch | Words] = [Line([(54, tick.at), (354, tick.at)], FAINT, 0.5) for tick in drawn.values]
    shapes += [Words(50, tick.at + 4, tick.text, end=True) for tick in drawn.values]
    last = len(drawn.times) - 1
    shapes += [Words(tick.at, 208, tick.text, end=place == last) for place, tick in enumerate(drawn.times)]
    shapes += [Line([(mark.at, 10), (mark.at, 190)], GRAVE, 0.8) for mark in course.marks]
    shapes += [Line(run, ACCENT, 1.4) for run in runs_of(drawn.line)]
    return Picture(214, shapes, f"{reader.name(course.name)} {course.unit}".strip())


def _chart(chart: Chart) -> Picture:
    """Lines between an axis of nought to the most and the first and last row's name; the series are named below, each
    with its mark, since not every printer has colours."""
    top = max((value for row in chart.rows for value in row.values if value is not None), default=0.0) or 1.0
    step = max(ceil(top / 4), 1)
    ceiling = float(step * ceil(top / step))

    def height(value: float) -> float:
        return 130 - 110 * value / ceiling

    shapes: list[Line | Patch | Words] = []
    for value in range(0, int(ceiling) + 1, step):
        shapes += [
            Line([(34, height(value)), (354, height(value))], FAINT, 0.5),
            Words(30, height(value) + 3, str(value), True),
        ]
    for series in range(len(chart.heads) - 1):
        for run in _runs(chart.rows, series, (40.0, 348.0), height):
            shapes.append(Line(run, SERIES[series % len(SERIES)], 1.4))
            shapes += [_mark(series, x, y) for x, y in run]
        left = 40.0 + 105 * series
        shapes += [_mark(series, left, 158), Words(left + 8, 161, chart.heads[series + 1])]
    if chart.rows:
        shapes += [Words(34, 144, chart.rows[0].words), Words(354, 144, chart.rows[-1].words, end=True)]
    return Picture(168, shapes, chart.title)


def _mark(series: int, x: float, y: float) -> Patch:
    """A series' own shape: square, triangle, diamond."""
    shape = (
        [(x - 2, y - 2), (x + 2, y - 2), (x + 2, y + 2), (x - 2, y + 2)],
        [(x, y - 2.6), (x + 2.6, y + 2), (x - 2.6, y + 2)],
        [(x, y - 3), (x + 3, y), (x, y + 3), (x - 3, y)],
    )[series % 3]
    return Patch(shape, SERIES[series % len(SERIES)])


_ACROSS, _CELL, _HIGH = 3, 120.0, 62.0


def _sparks(sparks: Sparks) -> Picture:
    """Three beside each other: name, figure, how it went, the target as a faint line."""
    shapes: list[Line | Patch | Words] = []
    for place, cell in enumerate(sparks.cells):
        shapes += _spark(cell, place % _ACROSS * _CELL, place // _ACROSS * _HIGH)
    return Picture(round(_HIGH * ceil(len(sparks.cells) / _ACROSS)), shapes)


def _spark(cell: Spark, left: float, top: float) -> list[Line | Patch | Words]:
    known = [row.values[0] for row in cell.rows if row.values[0] is not None]
    low, high = min([*known, cell.target]), max([*known, cell.target])
    span = (high - low) or 1.0

    def height(value: float) -> float:
        return top + 54 - 24 * (value - low) / span

    words = [Words(left, top + 10, cell.title), Words(left, top + 22, cell.said)]
    aim = Line([(left, height(cell.target)), (left + _CELL - 14, height(cell.target))], FAINT, 0.8)
    runs = _runs(cell.rows, 0, (left, left + _CELL - 14), height)
    return [*words, aim, *(Line(run, GRAVE if cell.weak else ACCENT, 1.3) for run in runs)]


def _runs(
    rows: Sequence[Drawn], series: int, ends: tuple[float, float], height: Callable[[float], float]
) -> list[list[tuple[float, float]]]:
    """Stretches of the rows that have a value, at even distances; a lone one is a short dash."""
    step = (ends[1] - ends[0]) / max(len(rows) - 1, 1)
    runs: list[list[tuple[float, float]]] = [[]]
    for place, row in enumerate(rows):
        value = row.values[series]
        if value is None:
            runs.append([])
        else:
            runs[-1].append((ends[0] + step * place, height(value)))
    return [run if len(run) > 1 else [(run[0][0] - 2, run[0][1]), (run[0][0] + 2, run[0][1])] for run in runs if run]


def runs_of(path: str) -> list[list[tuple[float, float]]]:
    """The stretches of an SVG path of absolute M and L."""
    runs: list[list[tuple[float, float]]] = []
    for verb, x, y in _CORNER.findall(path):
        if verb == "M" or not runs:
            runs.append([])
        runs[-1].append((float(x), float(y)))
    return [run for run in runs if len(run) > 1]
