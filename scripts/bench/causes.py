"""Which failure mode comes first on the development faults of the Tennessee Eastman plant, before and after answers.

    python -m scripts.bench.causes DATA        DATA holds tep_idv*/ and topology.json (docs/tracing.md)

The engine and the fusion run in process on the starter pack's plant, without records. The right mode of each fault is
our reading of Downs & Vogel 1993, table 8. Then the questions are answered as the right mode would have them answered.
"""

import csv
import gzip
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from backend.starter.pack import PACKS, Pack, read_pack
from backend.tracing.engine import PlantGraph, Window, learn_normal, trace
from backend.tracing.engine.behaviour import behaviours
from backend.tracing.engine.fusion import Case, fuse
from backend.tracing.library.assembling import Answer, Known, Network, Place, PointFact, assemble
from backend.tracing.library.catalogue import base_library
from backend.tracing.library.fusing import MOST_PLACES, Seen, seen_in
from backend.tracing.library.quantities import quantity_of

RIGHT = {
    1: "FEED_AC/feed.off_spec",
    4: "REACTOR_CW/cooling_water.supply_warm",
    6: "FEED_A/feed.lost",
    8: "FEED_AC/feed.off_spec",
    10: "FEED_AC/feed.temperature",
    12: "COND_CW/cooling_water.supply_swings",
    13: "REACTOR/reactor.kinetics",
    14: "REACTOR_CW/valve.sticking",
    18: "CONDENSER/heat_exchanger.fouled",
}
ROUNDS = 3


def main(folder: Path) -> None:
    """Print a line a case and the counts."""
    pack = read_pack(PACKS / "tep")
    ids = {spec.code: number for number, spec in enumerate(pack.equipment, 1)}
    graph = PlantGraph.from_topology(json.loads((folder / "topology.json").read_text()))
    ranks: list[list[int | None]] = []
    took: list[float] = []
    placed = 0
    for path in sorted(folder.glob("tep_idv*")):
        meta = json.loads((path / "meta.json").read_text())
        if (fault := int(path.name[7:9])) not in RIGHT or "trace_end_row" not in meta["inputs"]:
            continue
        place, _, mode = RIGHT[fault].partition("/")
        known = _known(pack, ids, _seen(path, meta, graph, pack, ids))
        placed += max(known.places, key=lambda one: one.probability).equipment_id == ids[place]
        found, seconds = _ranks(known, f"equipment:{ids[place]}/{mode}")
        ranks.append(found)
        took.append(seconds)
        print(f"{path.name:16} {RIGHT[fault]:38} rank before and after each answer: {found}")
    print(f"the engine's likeliest unit is the right mode's in {placed} of {len(ranks)}")
    for rounds in range(ROUNDS + 1):
        here = [row[rounds] for row in ranks]
        first, five = (sum(r is not None and r <= k for r in here) for k in (1, 5))
        print(f"after {rounds} answers: first {first} of {len(here)}, among five {five}")
    print(f"fusion took {np.median(took) * 1000:.0f} ms (median), {max(took) * 1000:.0f} ms of processor at the most")


def _seen(path: Path, meta: dict[str, Any], graph: PlantGraph, pack: Pack, ids: dict[str, int]) -> Seen:
    with gzip.open(path / "data.csv.gz", "rt") as file:
        head, *rows = csv.reader(file)
    end, normal_rows = meta["inputs"]["trace_end_row"], meta["normal_until"]
    values = np.array([[float(cell) if cell else np.nan for cell in row[1:]] for row in rows[:end]])
    window = Window.of(np.arange(end) * float(pack.row_s), head[1:], values)
    normal = learn_normal(window.between(0, normal_rows))
    result = trace(window, normal, graph, None, (), normal_rows)
    equipment_of = {f"U_{code}": id_ for code, id_ in ids.items()}
    equipment_of |= {point.code: ids[point.equipment] for point in pack.points}
    return seen_in(result, equipment_of, behaviours(window, normal, result.started_s))


def _known(pack: Pack, ids: dict[str, int], seen: Seen) -> Known:
    home = {code: id_ for code, id_ in ids.items()} | {p.code: ids[p.equipment] for p in pack.points}
    pairs = {(home[k.source], home[k.target]) for k in pack.links if k.kind in {"material", "energy", "air"}}
    pairs = {(a, b) for a, b in pairs if a != b}
    points: dict[int, tuple[PointFact, ...]] = {}
    for p in pack.points:
        shapes, size = seen.behaviours.get(p.code, (None, 0.0))
        quantity = quantity_of(p.unit, p.name, p.name_en, p.manipulated)
        points[home[p.code]] = (*points.get(home[p.code], ()), PointFact(p.code, quantity, p.manipulated, shapes, size))
    classes = {ids[spec.code]: spec.equipment_class for spec in pack.equipment}
    likely = sorted(seen.units.items(), key=lambda item: (-item[1], item[0]))[:MOST_PLACES]
    places = [
        Place(
            id_,
            classes[id_],
            None,
            probability,
            points.get(id_, ()),
            tuple(sorted(a for a, b in pairs if b == id_)),
            tuple(sorted(b for a, b in pairs if a == id_)),
        )
        for id_, probability in likely
    ]
    return Known(places, seen.unknown, points)


def _ranks(known: Known, right: str) -> tuple[list[int | None], float]:
    """The right mode's rank at first and after each round of one answer, and how long the first fusion took."""
    answers: list[Answer] = []
    ranks: list[int | None] = []
    seconds = 0.0
    for _ in range(ROUNDS + 1):
        network = assemble(base_library(), Known(known.places, known.unknown, known.neighbours, answers=tuple(answers)))
        begun = time.process_time()
        fused = fuse(network.case, 1, 0.0)
        seconds = seconds or time.process_time() - begun
        ranked = sorted(fused.modes, key=lambda key: (-fused.modes[key], key))
        ranks.append(ranked.index(right) + 1 if right in ranked else None)
        if fused.questions:
            key = fused.questions[0].key
            answers.append(Answer(key, _would_say(network, network.case, right, key)))
    return ranks, seconds


def _would_say(network: Network, case: Case, right: str, question: str) -> bool:
    """What somebody on site would say if ``right`` were so."""
    shows = next((mode.shows for mode in case.modes if mode.key == right), {})
    return shows.get(question, network.questions[question][1].otherwise) > 0.5


if __name__ == "__main__":
    main(Path(sys.argv[1]))
