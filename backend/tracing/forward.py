"""Forward from each likely cause, made with the trace: what this cause would reach, not only the likeliest one."""

from typing import Any

from backend.tracing.engine import Outlook, TraceResult, reached_from
from backend.tracing.gathering import Material
from backend.tracing.story import CAUSES_KEPT, SCOPE_KEPT, tell_scope


def forward_of(material: Material, result: TraceResult, window_end_s: float) -> dict[str, list[dict[str, Any]]]:
    """Scope by the node of each cause that is kept but the first, whose scope is the trace's own.

    The window is looked at once; each cause then costs one question to the plant graph."""
    others = [cause.node for cause in result.causes[1:CAUSES_KEPT]]
    if not others:
        return {}
    outlook = Outlook.of(material.window, material.normal)
    return {
        node: tell_scope(reached_from(outlook, material.graph, [node], SCOPE_KEPT), material.equipment_of, window_end_s)
        for node in others
    }
