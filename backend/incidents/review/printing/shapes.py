"""The pictures of a report as a few shapes that any printer can paint. Pure. 360 wide, y grows downward."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from backend.incidents.review.blocks import Reader
from backend.incidents.review.pictures import Course, Strip

WIDTH = 360
ACCENT, GRAVE, INK, FAINT = (11, 90, 85), (176, 26, 26), (20, 33, 31), (160, 172, 168)
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


def picture_of(block: Strip | Course, reader: Reader) -> Picture:
    """The picture of a block in the reader's language and zone."""
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


def runs_of(path: str) -> list[list[tuple[float, float]]]:
    """The stretches of an SVG path of absolute M and L."""
    runs: list[list[tuple[float, float]]] = []
    for verb, x, y in _CORNER.findall(path):
        if verb == "M" or not runs:
            runs.append([])
        runs[-1].append((float(x), float(y)))
    return [run for run in runs if len(run) > 1]
