"""What a version of the trace model holds, and how it is used: from cases to numbers and back. Pure."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any

from backend.tracing.engine import ConfirmedCase, Node, NodeKind, Normal, Place, PlantGraph, Signature, Window
from backend.tracing.engine.learned import (
    LearnedDelay,
    by_unit,
    learned_delays,
    log_prior,
    log_prior_of_causes,
    with_delays,
)
from backend.tracing.engine.signature import signature_of

Delay = tuple[str, str]
Drawn = Mapping[Delay, float | None]


@dataclass(frozen=True)
class Taught:
    """What a model adds to one trace: the graph with its delays, the log-prior as ``engine.trace`` takes it."""

    graph: PlantGraph
    prior: dict[str, float]
    signature: Signature


@dataclass(frozen=True)
class ActiveModel:
    """A version, ready for use. ``prior``: log-prior by node key (total, before any reading); ``causes``: by key of
    the cause library; ``delays``: seconds, by link."""

    version: int = 0
    prior: dict[str, float] = field(default_factory=dict)
    causes: dict[str, float] = field(default_factory=dict)
    delays: dict[Delay, float] = field(default_factory=dict)
    cases: tuple[ConfirmedCase, ...] = ()
    places: Mapping[str, Place] = field(default_factory=dict)
    drawn: Drawn = field(default_factory=dict)

    def without(self, case_ids: AbstractSet[int]) -> "ActiveModel":
        """The same version as if it had never learned these cases: none is judged by a model that knows it."""
        left = tuple(case for case in self.cases if case.case not in case_ids)
        if len(left) == len(self.cases):
            return self
        return replace(self, cases=left, **_numbers(left, self.places, self.drawn))

    def teach(self, window: Window, normal: Normal, graph: PlantGraph) -> Taught:
        """What this version knows about a trace of these readings. Takes as long as the first part of a trace."""
        signature = signature_of(window, normal)
        prior = by_unit(log_prior(self.cases, self.places, signature), self.places) if self.cases else {}
        return Taught(with_delays(graph, self.delays), prior, signature)


def _numbers(cases: Sequence[ConfirmedCase], places: Mapping[str, Place], drawn: Drawn) -> dict[str, Any]:
    return {
        "prior": log_prior(cases, places) if cases else {},
        "causes": log_prior_of_causes(cases),
        "delays": {link: delay.seconds for link, delay in learned_delays(cases, drawn).items()},
    }


def places_of(graph_nodes: Sequence[Node], classes: Mapping[str, str]) -> dict[str, Place]:
    """Where each node stands; a point without equipment stands for itself. ``classes``: by equipment key."""
    units = {node.id: node.id if node.kind is NodeKind.UNIT else node.unit or node.id for node in graph_nodes}
    return {name: Place(unit, classes.get(unit, "")) for name, unit in units.items()}


def content_of(cases: Sequence[ConfirmedCase], places: Mapping[str, Place], drawn: Drawn) -> dict[str, Any]:
    """A version as it is stored: the cases by id, where nodes stood, what follows from both. ``weights``: none yet."""
    delays = learned_delays(cases, drawn)
    return {
        "cases": [case.case for case in cases],
        "places": {node: [place.unit, place.kind] for node, place in places.items()},
        "drawn": [[*link, delay] for link, delay in drawn.items()],
        "prior": log_prior(cases, places) if cases else {},
        "causes": log_prior_of_causes(cases),
        "delays": [[*link, delay.seconds, delay.cases] for link, delay in delays.items()],
        "weights": {},
    }


def model_of(version: int, content: Mapping[str, Any], cases: Sequence[ConfirmedCase]) -> ActiveModel:
    """The inverse of ``content_of``; the numbers are the stored ones."""
    return ActiveModel(
        version,
        dict(content.get("prior", {})),
        dict(content.get("causes", {})),
        {link: delay.seconds for link, delay in delays_of(content).items()},
        tuple(cases),
        {node: Place(*place) for node, place in content.get("places", {}).items()},
        {(source, target): delay for source, target, delay in content.get("drawn", [])},
    )


def delays_of(content: Mapping[str, Any]) -> dict[Delay, LearnedDelay]:
    """The delays that a stored version learned."""
    return {(source, target): LearnedDelay(s, n) for source, target, s, n in content.get("delays", [])}
