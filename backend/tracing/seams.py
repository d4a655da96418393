"""Where a trace asks its neighbours: what was learned from confirmed traces, the cause library, similar cases.

Each neighbour may be absent; then the engine's answer stands alone.
"""

import importlib
import importlib.util
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.actor import Actor
from backend.tracing.engine import Normal, PlantGraph, TraceResult, Window
from backend.tracing.models import Trace


@dataclass(frozen=True)
class Taught:
    """What the site's model says of one window: the graph with its delays, log-priors by node key, what to store."""

    graph: PlantGraph
    prior: Mapping[str, float] = field(default_factory=dict)
    stored: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Learned:
    """What confirmed traces taught; ``model`` is the neighbour's own, None while nothing was learned."""

    model: Any = None

    @property
    def causes(self) -> Mapping[str, float]:
        """Log-priors by cause of the library."""
        return getattr(self.model, "causes", None) or {}

    def teach(self, window: Window, normal: Normal, graph: PlantGraph) -> Taught:
        """The model applied to a window; nothing changes without one."""
        if self.model is None:
            return Taught(graph)
        taught = self.model.teach(window, normal, graph)
        stored = {"model_version": self.model.version, "signature": taught.signature.to_dict()}
        return Taught(taught.graph, taught.prior, stored)


async def learned(session: AsyncSession, trace: Trace) -> Learned:
    """The active model of the trace's site, without what was confirmed of the trace itself."""
    ask = _neighbour("backend.tracing.versions.active", "active_model")
    if ask is None:
        return Learned()
    return Learned(await ask(session, trace.site_id, group_id=trace.group_id, trace_id=trace.id))


async def similar(session: AsyncSession, actor: Actor, trace: Trace) -> Sequence[Any]:
    """Earlier confirmed traces like this one, the likest first, as ``tracing/similar.html`` shows them."""
    ask = _neighbour("backend.tracing.versions.queries", "similar_to")
    return list(await ask(session, actor, trace)) if ask else []


async def places(session: AsyncSession, actor: Actor) -> Collection[str]:
    """Nodes that may be confirmed though the trace doesn't offer them."""
    ask = _neighbour("backend.tracing.versions.making", "places")
    return await ask(session, actor) if ask else ()


async def learn(session: AsyncSession, actor: Actor, trace: Trace) -> None:
    """Take a confirmed trace to heart."""
    teach = _neighbour("backend.tracing.versions.learning", "learn_from")
    if teach:
        await teach(session, actor, trace)


async def fused(
    session: AsyncSession, trace: Trace, result: TraceResult, equipment_of: Mapping[str, int], model: Learned
) -> list[dict[str, Any]]:
    """Physical, human and management causes in one ranked list; empty without a library."""
    fuse = _neighbour("backend.tracing.library.fusing", "fuse")
    if fuse is None:
        return []
    about = {"group_id": trace.group_id, "trace_id": trace.id}
    return list(await fuse(session, trace.site_id, result, equipment_of, **about, learned=model.causes))


def _neighbour(module: str, name: str) -> Any:
    """A neighbour's function; None where the neighbour isn't there."""
    parent = module.rpartition(".")[0]
    found = importlib.util.find_spec(parent) and importlib.util.find_spec(module)
    return getattr(importlib.import_module(module), name) if found else None
