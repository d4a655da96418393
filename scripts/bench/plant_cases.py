"""Cases of the scoring harness, read for the benches of the tracing engine that work in one process.

A case is a folder with ``meta.json`` and ``data.csv.gz``; its plant's ``topology.json`` lies one folder higher.
The measures are the harness's: a cause counts when it is one of the accepted (``match: any``) or all are asked for.
"""

import csv
import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from backend.tracing.engine import Normal, PlantGraph, TraceResult, Window, learn_normal, trace, tracing

RANKED = 40  # causes that are looked at: enough for five units


@dataclass(frozen=True, eq=False)
class PlantCase:
    """A fault whose root is known; ``accepted`` causes, ``by_unit``: they are units, not points."""

    plant: str
    name: str
    window: Window
    normal: Normal
    normal_rows: int
    topology: dict[str, Any]
    target: str | None
    alarms: tuple[str, ...]
    accepted: tuple[str, ...]
    every: bool
    by_unit: bool
    onset: int | None

    def trace(self, topology: dict[str, Any] | None = None) -> TraceResult:
        """Trace it, with another plant graph if one is given. Only the ranking is asked for, so no scope is told."""
        graph = PlantGraph.from_topology(self.topology if topology is None else topology)
        with patch.object(tracing, "impact", lambda *_: ()):
            return trace(self.window, self.normal, graph, self.target, self.alarms, self.normal_rows, RANKED)

    def judged_as(self, node: str) -> str:
        """What of a cause is judged: the point, or its unit."""
        return self._units.get(node, node) if self.by_unit else node

    @cached_property
    def _units(self) -> dict[str, str]:
        return {node["id"]: node.get("unit") or node["id"] for node in self.topology.get("nodes", [])}

    def named(self, result: TraceResult) -> list[str]:
        """The ranking as it is judged: points, or units at their best point."""
        return list(dict.fromkeys(self.judged_as(cause.node) for cause in result.causes))

    def hit(self, ranked: Sequence[str], k: int) -> float:
        """AC@k: whether an accepted cause is among the first k; of several, which share."""
        found = len(set(ranked[:k]) & set(self.accepted))
        return found / min(k, len(self.accepted)) if self.every else float(found > 0)


def cases(folder: str) -> Iterator[PlantCase]:
    """All cases below ``folder`` that ask for a root cause."""
    for path in sorted(Path(folder).glob("*/*/meta.json")):
        meta = json.loads(path.read_text())
        if "trace" in meta["tasks"]:
            yield _case(path.parent, meta)


def _case(folder: Path, meta: dict[str, Any]) -> PlantCase:
    asked, truth, rows = meta.get("inputs", {}), meta["truth"], int(meta["normal_until"])
    with gzip.open(folder / "data.csv.gz", "rt") as lines:
        header, *table = csv.reader(lines)
    values = [[_number(cell) for cell in row[1:]] for row in table[: asked["trace_end_row"]]]
    window = Window.of(np.arange(float(len(values))), header[1:], values)
    return PlantCase(
        meta["dataset"],
        meta["case_id"],
        window,
        learn_normal(window.between(0, rows)),
        rows,
        json.loads((folder.parent / meta["topology"]).read_text()),
        asked.get("target"),
        tuple(name for name in asked.get("exclude") or () if name in header),
        tuple(truth["root_causes"]),
        truth["match"] == "all",
        asked.get("level") == "unit",
        truth.get("onset_row"),
    )


def _number(cell: str) -> float:
    words = {"": np.nan, "true": 1.0, "false": 0.0}
    return words[cell.lower()] if cell.lower() in words else float(cell)
