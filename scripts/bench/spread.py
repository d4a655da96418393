"""Tracing forward over a plant of 100,000 links, beside what graph libraries need for the same shortest ways.

``index_ms`` is paid once a graph (names and links to arrays), ``question_ms`` for every question: all nodes reached,
with share, delay and way. The peers answer the plainer question of the shortest ways' lengths; ratios over 1: we
are quicker. Needs no server. ``python scripts/bench/spread.py [--links 100000]``
"""

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from backend.tracing.engine import Link, LinkKind, Node, NodeKind, PlantGraph

POINTS_A_UNIT = 8
QUESTIONS = 15


def plant(links: int, seed: int = 4) -> tuple[list[Node], list[Link]]:
    """Units in a long row with branches and loops back, points that hang on them: a large site's shape."""
    chance = random.Random(seed)
    units = links // (POINTS_A_UNIT + 2)
    nodes = [Node(f"u{n}", NodeKind.UNIT) for n in range(units)]
    nodes += [Node(f"p{n}", NodeKind.SENSOR, f"u{n // POINTS_A_UNIT}") for n in range(units * POINTS_A_UNIT)]
    kinds = list(LinkKind)
    drawn = [Link(f"u{n // POINTS_A_UNIT}", f"p{n}", LinkKind.MATERIAL, 5.0) for n in range(units * POINTS_A_UNIT)]
    while len(drawn) < links:
        unit = chance.randrange(units)
        other = min(max(unit + chance.choice((-40, 1, 1, 2, 3, 200)), 0), units - 1)
        drawn.append(Link(f"u{unit}", f"u{other}", chance.choice(kinds), chance.choice((None, 10.0, 60.0))))
    return nodes, drawn


def milliseconds(ask: Callable[[], Any], times: int = 1) -> float:
    """Median processor time of a call: others may work on the same machine."""
    taken = []
    for _ in range(times):
        begun = time.process_time()
        ask()
        taken.append((time.process_time() - begun) * 1000)
    return statistics.median(taken)


def by_networkx(graph: PlantGraph) -> float | None:
    """Milliseconds of a question with networkx; None where it isn't installed."""
    try:
        networkx = import_module("networkx")
    except ImportError:
        return None
    peer = networkx.DiGraph()
    peer.add_weighted_edges_from(edges(graph))
    return milliseconds(lambda: networkx.single_source_dijkstra_path_length(peer, 0), 3)


def by_rustworkx(graph: PlantGraph) -> float | None:
    """Milliseconds of a question with rustworkx; None where it isn't installed."""
    try:
        import rustworkx
    except ImportError:
        return None
    peer: Any = rustworkx.PyDiGraph()
    peer.add_nodes_from(range(len(graph)))
    peer.add_edges_from(edges(graph))
    return milliseconds(lambda: rustworkx.dijkstra_shortest_path_lengths(peer, 0, float), 5)


def edges(graph: PlantGraph) -> list[tuple[int, int, float]]:
    """The same links for a peer."""
    network = graph.network
    return list(zip(network.source.tolist(), network.target.tolist(), network.steps.tolist(), strict=True))


def main() -> None:
    """Measure once and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--links", type=int, default=100_000)
    nodes, links = plant(parser.parse_args().links)
    begun = time.process_time()
    graph = PlantGraph(nodes, links)
    graph.spread(["u0"])
    index = (time.process_time() - begun) * 1000
    question = milliseconds(lambda: graph.spread(["u0"]), QUESTIONS)
    upstream = milliseconds(lambda: graph.network.turned.spread([len(graph) - 1]), QUESTIONS)
    peers = {"networkx": by_networkx(graph), "rustworkx": by_rustworkx(graph)}
    print(
        json.dumps(
            {
                "bench": "spread",
                "nodes": len(graph),
                "links": len(links),
                "index_ms": round(index, 1),
                "question_ms": round(question, 1),
                "upstream_ms": round(upstream, 1),
                "peer_ms": {name: taken and round(taken, 1) for name, taken in peers.items()},
                "ratio": {name: round(taken / question, 1) for name, taken in peers.items() if taken},
            }
        )
    )


if __name__ == "__main__":
    main()
