"""Recorded runs of a pack: rows of values by point code, one row every ``Pack.row_s`` seconds."""

import csv
import gzip
import math
from dataclasses import dataclass
from pathlib import Path

from backend.starter.pack import Pack, PackError, RunSpec, run_file

Row = dict[str, float]
"""Values by point code; a point without a value isn't there."""


@dataclass(frozen=True)
class Run:
    """A run, row by row as it was recorded."""

    spec: RunSpec
    points: tuple[str, ...]
    rows: list[Row]


def read_run(folder: Path, pack: Pack, fault: int) -> Run:
    """The run of ``fault`` of the pack in ``folder``. Raises PackError for one that isn't there or can't be read."""
    spec = pack.run(fault)
    file = run_file(folder, spec)
    try:
        with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
            reader = csv.reader(lines)
            points = tuple(next(reader))
            rows = [_row(points, cells) for cells in reader]
    except (OSError, EOFError, ValueError, StopIteration) as error:
        raise PackError(f"{file}: {error}") from error
    unknown = set(points) - {point.code for point in pack.points}
    if unknown:
        raise PackError(f"{file}: no such points: {', '.join(sorted(unknown))}")
    return Run(spec, points, rows)


def _row(points: tuple[str, ...], cells: list[str]) -> Row:
    values = {code: float(cell) for code, cell in zip(points, cells, strict=True) if cell}
    return {code: value for code, value in values.items() if math.isfinite(value)}
