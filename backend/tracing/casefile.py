"""Reading and writing of the files that the command line works on: a CSV of readings, a JSON of the plant graph."""

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from backend.tracing.engine import PlantGraph, Window


class CaseFileError(ValueError):
    """A file can't be used; the message is for the person at the terminal, Chinese and English."""


@dataclass(frozen=True, eq=False)
class Case:
    """Readings as they stand in the file: one window row a data row, in the file's order."""

    window: Window
    normal_rows: int


def read_case(path: str, normal_rows: int) -> Case:
    """Read `timestamp,variable,…`; the first `normal_rows` rows are known to be fault-free."""
    return case_of(_text(path), path, normal_rows)


def case_of(written: str, path: str, normal_rows: int) -> Case:
    """The case in a text of that form; `path` is what refusals call it."""
    header, rows = _table(written, path)
    if len(header) < 2:
        raise CaseFileError(f"{path}：至少需要一个时间列和一个变量列 / needs a timestamp column and a variable column")
    if len(set(header)) != len(header):
        raise CaseFileError(f"{path}：变量名重复 / a column name stands twice")
    values = np.full((len(rows), len(header) - 1), np.nan)
    for number, row in enumerate(rows):
        if len(row) != len(header):
            raise CaseFileError(
                f"{path}：第 {number + 2} 行有 {len(row)} 列，应为 {len(header)} 列 / "
                f"line {number + 2} has {len(row)} cells, expected {len(header)}"
            )
        values[number] = [_number(cell, path, number) for cell in row[1:]]
    if not 0 < normal_rows <= len(rows):
        raise CaseFileError(f"--normal-rows {normal_rows}：应在 1 到 {len(rows)} 之间 / must lie in 1 … {len(rows)}")
    values[np.isinf(values)] = np.nan
    times = np.arange(len(rows), dtype=float) * _step_s([row[0] for row in rows[:50]])
    return Case(Window(times, tuple(header[1:]), values), normal_rows)


def read_graph(path: str | None) -> PlantGraph:
    """Read `{"nodes": …, "edges": …}`; no path gives the empty graph."""
    if path is None:
        return PlantGraph()
    try:
        return PlantGraph.from_topology(json.loads(_text(path)))
    except (ValueError, AttributeError) as error:
        raise CaseFileError(f"{path}：不是有效的拓扑文件 / not a valid topology: {error}") from error


def write_scores(path: str, scores: Iterable[float], alarms: Iterable[bool]) -> None:
    """Write `row,score,alarm`."""
    lines = [f"{row},{score:.6g},{int(alarm)}" for row, (score, alarm) in enumerate(zip(scores, alarms, strict=True))]
    _write(path, "\n".join(["row,score,alarm", *lines]) + "\n")


def write_json(path: str, answer: dict[str, Any]) -> None:
    """Write an answer as JSON."""
    _write(path, json.dumps(answer, ensure_ascii=False, indent=1) + "\n")


def _write(path: str, text: str) -> None:
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise CaseFileError(f"{path}：无法写入 / cannot be written: {error.strerror}") from error


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CaseFileError(f"{path}：无法读取 / cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CaseFileError(f"{path}：不是 UTF-8 文本 / is not UTF-8 text") from error


def _table(written: str, path: str) -> tuple[list[str], list[list[str]]]:
    rows = [row for row in csv.reader(written.splitlines()) if row]
    if not rows:
        raise CaseFileError(f"{path}：文件为空 / the file is empty")
    return rows[0], rows[1:]


def _number(cell: str, path: str, row: int) -> float:
    if not cell.strip():
        return np.nan
    try:
        return float(cell)
    except ValueError:
        truth = {"true": 1.0, "false": 0.0}.get(cell.strip().lower())
        if truth is None:
            raise CaseFileError(f"{path}：第 {row + 2} 行的 “{cell}” 不是数值 / line {row + 2}: not a number") from None
        return truth


def _step_s(stamps: list[str]) -> float:
    """Usual distance of the rows in seconds; 1 where the stamps can't be read as times or don't ascend."""
    try:
        moments = [datetime.fromisoformat(stamp).timestamp() for stamp in stamps]
    except ValueError:
        return 1.0
    steps = np.diff(moments)
    usual = float(np.median(steps)) if len(steps) else 1.0
    return usual if usual > 0 else 1.0
