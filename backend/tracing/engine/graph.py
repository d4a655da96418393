"""The plant graph: units, points and alarms, and the links along which a disturbance travels.

Links run from cause to effect. The graph is a help, never a judge: a missing or reversed link changes a
ranking by degrees, because reach is measured in steps and every point also hangs together with its unit.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import rustworkx as rx

MEMBERSHIP_STEPS = 1.5  # through "belongs to the unit" is a longer way than along a drawn link
MAX_STEPS = 1e9


class NodeKind(StrEnum):
    """What a node of the plant graph is."""

    UNIT = "unit"
    SENSOR = "sensor"
    ACTUATOR = "actuator"
    ALARM = "alarm"


class LinkKind(StrEnum):
    """By what a disturbance travels; `CAUSAL` where nothing more is known."""

    MATERIAL = "material"
    ENERGY = "energy"
    CONTROL = "control"
    AIR = "air"
    PEOPLE = "people"
    CAUSAL = "causal"


@dataclass(frozen=True, slots=True)
class Node:
    """`unit`: the id of the unit a point belongs to; `quantity`: what is measured, if the plant says so: points of
    equal quantity may be compared."""

    id: str
    kind: NodeKind = NodeKind.SENSOR
    unit: str | None = None
    quantity: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """`source` acts on `target`, typically after `delay_s` seconds (None: unknown)."""

    source: str
    target: str
    kind: LinkKind = LinkKind.CAUSAL
    delay_s: float | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a node is: steps along links, and seconds of delay as far as known."""

    steps: float
    delay_s: float


class PlantGraph:
    """Read-only graph over `nodes` and `links`; ends of links that aren't in `nodes` become sensors."""

    def __init__(self, nodes: Iterable[Node] = (), links: Iterable[Link] = ()) -> None:
        self._nodes = {node.id: node for node in nodes}
        self.links = tuple(link for link in links if link.source != link.target)
        named = {name for node in self._nodes.values() if node.unit for name in (node.unit,)}
        for unit in sorted(named - self._nodes.keys()):
            self._nodes[unit] = Node(unit, NodeKind.UNIT)
        for name in sorted({end for link in self.links for end in (link.source, link.target)} - self._nodes.keys()):
            self._nodes[name] = Node(name)
        self._members: dict[str, list[str]] = {}
        for node in self._nodes.values():
            if node.unit:
                self._members.setdefault(node.unit, []).append(node.id)
        self._build()

    def _build(self) -> None:
        self._graph: rx.PyDiGraph[str, tuple[float, float]] = rx.PyDiGraph(multigraph=False)
        self._index = dict(zip(self._nodes, self._graph.add_nodes_from(list(self._nodes)), strict=True))
        index = self._index
        belongs = [
            (index[node.unit], index[node.id]) for node in self._nodes.values() if node.unit and node.unit != node.id
        ]
        step = (MEMBERSHIP_STEPS, 0.0)
        self._graph.add_edges_from([(a, b, step) for a, b in belongs] + [(b, a, step) for a, b in belongs])
        self._graph.add_edges_from([(index[k.source], index[k.target], (1.0, k.delay_s or 0.0)) for k in self.links])
        self._parents: dict[str, list[str]] = {}
        self._children: dict[str, list[str]] = {}
        self._links_to: dict[str, list[Link]] = {}
        for link in self.links:
            self._parents.setdefault(link.target, []).append(link.source)
            self._links_to.setdefault(link.target, []).append(link)
            self._children.setdefault(link.source, []).append(link.target)

    @classmethod
    def from_topology(cls, topology: Mapping[str, Any]) -> "PlantGraph":
        """From `{"nodes": [{id, kind, unit, label}], "edges": [{from, to, kind, delay_s}]}`.

        An equal label on points of several units is taken as their quantity. ValueError names what is malformed."""
        try:
            nodes = [_node(entry) for entry in topology.get("nodes", [])]
            links = [_link(entry) for entry in topology.get("edges", [])]
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"malformed topology: {error!r}") from error
        return cls(nodes, links)

    def __contains__(self, node: str) -> bool:
        return node in self._nodes

    def __len__(self) -> int:
        return len(self._nodes)

    def node(self, name: str) -> Node | None:
        """The node of this id, if there is one."""
        return self._nodes.get(name)

    def nodes(self) -> Iterable[Node]:
        """All nodes."""
        return self._nodes.values()

    def unit_of(self, name: str) -> str | None:
        """The unit a point belongs to; a unit is its own."""
        node = self._nodes.get(name)
        if node is None:
            return None
        return node.id if node.kind is NodeKind.UNIT else node.unit

    def parents(self, name: str) -> Sequence[str]:
        """Nodes with a drawn link to this one."""
        return self._parents.get(name, ())

    def children(self, name: str) -> Sequence[str]:
        """Nodes this one has a drawn link to."""
        return self._children.get(name, ())

    def links_to(self, name: str) -> Sequence[Link]:
        """Drawn links that end here."""
        return self._links_to.get(name, ())

    def members(self, unit: str) -> Sequence[str]:
        """Points of a unit."""
        return self._members.get(unit, ())

    def downstream(self, sources: Iterable[str]) -> dict[str, Reach]:
        """Every node reached from the sources, nearest source counting; the sources themselves with 0 steps."""
        return self._reach(self._graph, sources)

    def upstream(self, targets: Iterable[str]) -> dict[str, Reach]:
        """Every node that reaches one of the targets."""
        turned = self._graph.copy()
        turned.reverse()
        return self._reach(turned, targets)

    def _reach(self, graph: "rx.PyDiGraph[str, tuple[float, float]]", ends: Iterable[str]) -> dict[str, Reach]:
        reached: dict[str, Reach] = {}
        for end in ends:
            if end not in self._index:
                continue
            start = self._index[end]
            steps = rx.dijkstra_shortest_path_lengths(graph, start, lambda edge: edge[0])
            delays = rx.dijkstra_shortest_path_lengths(graph, start, lambda edge: edge[1])
            found = [(start, 0.0), *steps.items()]
            for index, count in found:
                name = self._graph[index]
                if name not in reached or count < reached[name].steps:
                    reached[name] = Reach(count, delays[index] if index != start else 0.0)
        return reached

    def path(self, source: str, target: str) -> tuple[str, ...]:
        """Shortest way from source to target, both included; empty if there is none."""
        if source not in self._index or target not in self._index or source == target:
            return ()
        ways = rx.dijkstra_shortest_paths(self._graph, self._index[source], self._index[target], lambda edge: edge[0])
        end = self._index[target]
        return tuple(self._graph[step] for step in ways[end]) if end in ways else ()

    def measured_parents(self, points: Sequence[str], most: int = 24) -> dict[str, tuple[str, ...]]:
        """For each point the nearest measured nodes upstream of it.

        Ways through unmeasured nodes are followed; where a point has no link of its own, those of its unit count,
        and of an upstream unit its points of the same quantity (all, if none is)."""
        measured = set(points)
        return {point: tuple(self._above(point, measured)[:most]) for point in points}

    def _above(self, point: str, measured: set[str]) -> list[str]:
        node = self._nodes.get(point)
        if node is None:
            return []
        start = self._parents.get(point) or (self._parents.get(node.unit, []) if node.unit else [])
        found: dict[str, None] = {}
        seen = {point, node.unit or point}
        queue = deque(start)
        while queue:
            name = queue.popleft()
            if name in seen:
                continue
            seen.add(name)
            here = [name] if name in measured else self._alike(name, node, measured)
            if here:
                found.update(dict.fromkeys(here))
            else:
                queue.extend(self._parents.get(name, ()))
        return [name for name in found if name != point]

    def _alike(self, unit: str, node: Node, measured: set[str]) -> list[str]:
        members = [name for name in self._members.get(unit, ()) if name in measured]
        if node.quantity is None:
            return members
        return [name for name in members if self._nodes[name].quantity == node.quantity] or members


def _node(entry: Mapping[str, Any]) -> Node:
    kind = str(entry.get("kind") or "sensor")
    known = NodeKind(kind) if kind in tuple(NodeKind) else NodeKind.SENSOR
    unit, label = entry.get("unit"), entry.get("quantity") or entry.get("label")
    return Node(str(entry["id"]), known, str(unit) if unit else None, str(label) if label else None)


def _link(entry: Mapping[str, Any]) -> Link:
    kind = str(entry.get("kind") or "causal")
    delay = entry.get("delay_s")
    known = LinkKind(kind) if kind in tuple(LinkKind) else LinkKind.CAUSAL
    return Link(str(entry["from"]), str(entry["to"]), known, None if delay is None else float(delay))
