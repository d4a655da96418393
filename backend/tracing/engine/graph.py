"""The plant graph: units, points and alarms, and the links along which a disturbance travels.

Links run from cause to effect. The graph is a help, never a judge: a missing or reversed link changes a
ranking by degrees, because reach is measured in steps and every point also hangs together with its unit.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Any, Self

import numpy as np

from .reach import Network, Tree

MEMBERSHIP_STEPS = 1.5  # through "belongs to the unit" is a longer way than along a drawn link
TREES_KEPT = 16


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
class Carrier:
    """How a kind of link passes things on: `strength`, the share of a disturbance that gets through one link, and
    `pace`, how long one link takes where no delay is drawn, as a multiple of the usual step.

    The order is physical: signals act at once and flows pass on what they carry, heat is slow and damped, air thins
    out, people act late and not always. Only the order is known, not the figures; a link's own strength and delay
    go before them."""

    strength: float
    pace: float


CARRIERS: dict[LinkKind, Carrier] = {
    LinkKind.CONTROL: Carrier(0.85, 0.5),
    LinkKind.MATERIAL: Carrier(0.85, 1.0),
    LinkKind.CAUSAL: Carrier(0.8, 1.0),
    LinkKind.ENERGY: Carrier(0.75, 2.0),
    LinkKind.AIR: Carrier(0.6, 2.0),
    LinkKind.PEOPLE: Carrier(0.5, 4.0),
}
MEMBERSHIP = Carrier(0.8**MEMBERSHIP_STEPS, 0.5)


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
    """`source` acts on `target`, typically after `delay_s` seconds (None: unknown), and passes on the share
    `strength` of what reaches it (None: as its kind usually does)."""

    source: str
    target: str
    kind: LinkKind = LinkKind.CAUSAL
    delay_s: float | None = None
    strength: float | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a node is along the way by which most gets there: steps, seconds of delay as far as known, and the
    share 0 … 1 that gets through."""

    steps: float
    delay_s: float
    strength: float


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
        self._names = tuple(self._nodes)
        self._index = {name: number for number, name in enumerate(self._names)}
        self._parents: dict[str, list[str]] = {}
        self._children: dict[str, list[str]] = {}
        self._links_to: dict[str, list[Link]] = {}
        for link in self.links:
            self._parents.setdefault(link.target, []).append(link.source)
            self._links_to.setdefault(link.target, []).append(link)
            self._children.setdefault(link.source, []).append(link.target)
        self._upstream_trees: dict[int, Tree] = {}

    @cached_property
    def network(self) -> Network:
        """The links and memberships by number, made once; links have their place in `links` as number."""
        index, links = self._index, self.links
        carriers = [CARRIERS[link.kind] for link in links]
        inward = [
            (index[node.unit or node.id], index[node.id]) for node in self._nodes.values() if self._hears_of_unit(node)
        ]
        outward = [(index[n.id], index[n.unit]) for n in self._nodes.values() if n.unit and n.unit != n.id]
        belongs = inward + outward
        return Network.of(
            len(self._names),
            [index[link.source] for link in links] + [source for source, _ in belongs],
            [index[link.target] for link in links] + [target for _, target in belongs],
            [c.strength if link.strength is None else link.strength for link, c in zip(links, carriers, strict=True)]
            + [MEMBERSHIP.strength] * len(belongs),
            [1.0] * len(links) + [MEMBERSHIP_STEPS] * len(belongs),
            [max(link.delay_s or 0.0, 0.0) for link in links] + [0.0] * len(belongs),
            [c.pace if link.delay_s is None else 0.0 for link, c in zip(links, carriers, strict=True)]
            + [MEMBERSHIP.pace] * len(belongs),
        )

    def _hears_of_unit(self, node: Node) -> bool:
        """Whether what happens to its unit gets to a node: an alarm hears what is drawn, if anything is."""
        return node.kind is not NodeKind.ALARM or not self.parents(node.id)

    def with_delays(self, delays: Mapping[tuple[str, str], float]) -> Self:
        """The same plant, with these seconds for the links (source, target) named, e.g. learned ones."""
        links = [
            replace(link, delay_s=delays[link.source, link.target]) if (link.source, link.target) in delays else link
            for link in self.links
        ]
        return type(self)(self._nodes.values(), links) if delays else self

    @classmethod
    def from_topology(cls, topology: Mapping[str, Any]) -> "PlantGraph":
        """From `{"nodes": [{id, kind, unit, label}], "edges": [{from, to, kind, delay_s, strength}]}`.

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

    def spread(self, sources: Iterable[str], weakened: Mapping[int, float] | None = None) -> Tree:
        """From the sources along the links, as arrays over `names`; unknown sources don't count."""
        return self.network.spread([self._index[name] for name in sources if name in self._index], weakened)

    @property
    def names(self) -> Sequence[str]:
        """Ids by number."""
        return self._names

    def number(self, name: str) -> int | None:
        """The number of a node in arrays."""
        return self._index.get(name)

    def kind_of(self, link: int) -> LinkKind | None:
        """Kind of the drawn link at this place of the network; None for none and for "belongs to the unit"."""
        number = int(self.network.number[link]) if link >= 0 else len(self.links)
        return self.links[number].kind if number < len(self.links) else None

    def downstream(self, sources: Iterable[str]) -> dict[str, Reach]:
        """Every node reached from the sources; the sources themselves with 0 steps."""
        return self._named(self.spread(sources))

    def upstream(self, targets: Iterable[str]) -> dict[str, Reach]:
        """Every node that reaches one of the targets."""
        ends = [self._index[name] for name in targets if name in self._index]
        return self._named(self._tree_to(ends[0]) if len(ends) == 1 else self.network.turned.spread(ends))

    def _named(self, tree: Tree) -> dict[str, Reach]:
        found = np.flatnonzero(tree.strength > 0)
        columns = (tree.steps[found].tolist(), tree.delay_s[found].tolist(), np.round(tree.strength[found], 9).tolist())
        return {self._names[n]: Reach(*parts) for n, *parts in zip(found.tolist(), *columns, strict=True)}

    def _tree_to(self, target: int) -> Tree:
        """All ways to one node: asked again for every cause of the same symptom."""
        if target not in self._upstream_trees:
            if len(self._upstream_trees) >= TREES_KEPT:
                self._upstream_trees.clear()
            self._upstream_trees[target] = self.network.turned.spread([target])
        return self._upstream_trees[target]

    def path(self, source: str, target: str) -> tuple[str, ...]:
        """The way from source to target along which most gets through, both included; empty if there is none."""
        if source not in self._index or target not in self._index or source == target:
            return ()
        way = self._tree_to(self._index[target]).way(self._index[source])
        return tuple(self._names[number] for number in reversed(way))

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
    strength = entry.get("strength")
    return Link(
        str(entry["from"]), str(entry["to"]), known, *(None if v is None else float(v) for v in (delay, strength))
    )


def _optional(value: Any) -> float | None:
    return None if value is None else float(value)
