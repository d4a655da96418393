"""The three questions on posted data: detect, trace, impact, answered in the form of the contract. Pure.

The command line writes these answers to files, the API sends them; docs/tracing/moments.md and the scoring harness
describe the form.
"""

from collections.abc import Sequence
from typing import Any

from backend.tracing.casefile import Case, CaseFileError
from backend.tracing.engine import Detection, Explanation, NodeKind, PlantGraph, detect, impact, learn_normal, trace

PATHS_SHOWN = 5


def detected(case: Case, false_alarm_rate: float) -> Detection:
    """Score and alarm of every row."""
    normal = learn_normal(case.window.between(0, case.normal_rows))
    return detect(case.window, normal, false_alarm_rate, learned_rows=case.normal_rows)


def traced(case: Case, graph: PlantGraph, target: str | None, alarm_columns: Sequence[str]) -> dict[str, Any]:
    """Root causes, paths and units."""
    normal = learn_normal(case.window.between(0, case.normal_rows))
    found = trace(case.window, normal, graph, target, alarm_columns, case.normal_rows, None)
    causes = [
        {
            "id": cause.node,
            "score": round(cause.probability, 6),
            "unit": cause.unit,
            "onset_s": cause.onset_s,
            "deviation": round(cause.deviation, 3),
            "disturbance": cause.disturbance,
            **_said(cause.explanation),
        }
        for cause in found.causes
    ]
    return {
        "root_causes": causes,
        "paths": [list(cause.path) for cause in found.causes[:PATHS_SHOWN] if len(cause.path) > 1],
        "abnormal": found.abnormal,
        "started_s": found.started_s,
        "symptom": found.symptom,
        "units": [{"id": u.unit, "score": round(u.probability, 6)} for u in found.units],
    }


def reached(case: Case, graph: PlantGraph, sources: Sequence[str]) -> dict[str, Any]:
    """What is affected from ``sources`` on. Raises CaseFileError when nobody knows any of them."""
    unknown = [name for name in sources if name not in case.window.points and name not in graph]
    if len(unknown) == len(sources):
        raise CaseFileError(f"--from {','.join(unknown)}：数据和拓扑中都没有 / neither in the data nor in the topology")
    normal = learn_normal(case.window.between(0, case.normal_rows))
    found = impact(case.window, normal, graph, sources, fault_free_rows=case.normal_rows)
    shown = [node for node in found if node.node in case.window.points or _is_alarm(graph, node.node)]
    affected = [
        {
            "id": node.node,
            "score": round(node.score, 6),
            "moving": node.moving,
            "arrival_s": [node.arrival_earliest_s, node.arrival_s, node.arrival_latest_s],
        }
        for node in shown
    ]
    return {"affected": affected, "paths": [list(n.path) for n in shown if len(n.path) > 1]}


def _is_alarm(graph: PlantGraph, name: str) -> bool:
    node = graph.node(name)
    return node is not None and node.kind is NodeKind.ALARM


def _said(explanation: Explanation) -> dict[str, Any]:
    listed = {"supports": explanation.supports, "against": explanation.against}
    return {
        side: [{"reason": e.reason.value, "value": round(e.value, 3), "points": list(e.points)} for e in evidence]
        for side, evidence in listed.items()
    }
