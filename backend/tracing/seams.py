"""Where a trace asks its neighbours: what was learned from confirmed traces, the cause library, the way forward.

Each neighbour may be absent; then the engine's answer stands alone.
"""

import asyncio
import importlib
import importlib.util
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.actor import Actor
from backend.tracing.engine import TraceResult
from backend.tracing.gathering import Material
from backend.tracing.models import Trace


async def learned(session: AsyncSession, trace: Trace) -> Any:
    """The active model of the trace's site, without what was confirmed of the trace itself; None without models."""
    ask = _neighbour("backend.tracing.versions.active", "active_model")
    return await ask(session, trace.site_id, group_id=trace.group_id, trace_id=trace.id) if ask else None


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


async def fused(session: AsyncSession, trace: Trace, material: Material, result: TraceResult) -> dict[str, Any]:
    """Physical, human and management causes in one ranked list, and what they rest on; nothing without a library."""
    fuse = _neighbour("backend.tracing.library.fusing", "fuse_seen")
    if fuse is None:
        return {"fused": []}
    behaviours = _neighbour("backend.tracing.engine.behaviour", "behaviours")
    shown = await asyncio.to_thread(behaviours, material.window, material.normal, result.started_s)
    seen = _neighbour("backend.tracing.library.fusing", "seen_in")(result, material.equipment_of, shown)
    causes = await fuse(session, trace.site_id, seen, group_id=trace.group_id, trace_id=trace.id)
    return {"fused": causes, "seen": _neighbour("backend.tracing.library.fusing", "stored")(seen)}


async def ask_people(session: AsyncSession, trace: Trace) -> None:
    """Let the library ask what would tell its causes apart."""
    ask = _neighbour("backend.tracing.library.asking", "ask")
    if ask:
        await ask(session, trace)


async def fused_view(session: AsyncSession, actor: Actor, trace: Trace) -> Any:
    """The fused causes as ``tracing/fused.html`` shows them; None without a library."""
    view = _neighbour("backend.tracing.library.queries", "fused_view")
    return await view(session, actor, trace) if view else None


async def forward(material: Material, result: TraceResult, window_end_s: float) -> dict[str, Any]:
    """What each cause would reach; nothing where only the first cause's scope is known."""
    ask = _neighbour("backend.tracing.forward", "forward_of")
    return {"forward": await asyncio.to_thread(ask, material, result, window_end_s)} if ask else {}


def _neighbour(module: str, name: str) -> Any:
    """A neighbour's function; None where the neighbour isn't there."""
    parent = module.rpartition(".")[0]
    found = importlib.util.find_spec(parent) and importlib.util.find_spec(module)
    return getattr(importlib.import_module(module), name) if found else None
