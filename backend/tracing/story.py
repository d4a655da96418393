"""From the engine's answer to what is stored and shown: plain JSON of node keys and UTC moments. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from backend.tracing.engine import Affected, Cause, Evidence, TraceResult
from backend.tracing.naming import first_cause
from backend.tracing.records import AnswerablePost, RecordEvidence

CAUSES_KEPT = 6
SCOPE_KEPT = 30
CAUSES_TOLD = 3
"""So many causes stand on an alarm's page."""
SUSPECTS = 3
"""Equipment of the most probable causes whose records and owners are looked at."""


def suspected_equipment(result: TraceResult, equipment_of: dict[str, int]) -> list[int]:
    """Equipment of the likeliest causes, likeliest first, each once."""
    ids = [equipment_of[unit.unit] for unit in result.units if unit.unit in equipment_of]
    ids += [equipment_of[cause.node] for cause in result.causes if cause.node in equipment_of]
    return list(dict.fromkeys(ids))[:SUSPECTS]


def tell(
    result: TraceResult,
    equipment_of: dict[str, int],
    records: Sequence[RecordEvidence],
    posts: Sequence[AnswerablePost],
    *,
    window_end_s: float,
    rows: int,
) -> dict[str, Any]:
    """The stored result of a trace. Probabilities 0…1; moments ISO 8601 in UTC; ``lead_s`` seconds."""
    return {
        "abnormal": result.abnormal,
        "rows": rows,
        "started_at": moment(result.started_s),
        "symptom": result.symptom,
        "unknown": round(result.unknown, 4),
        "causes": [_cause(cause, equipment_of) for cause in result.causes[:CAUSES_KEPT]],
        "units": [
            {"equipment_id": equipment_of[unit.unit], "probability": round(unit.probability, 4)}
            for unit in result.units[:CAUSES_KEPT]
            if unit.unit in equipment_of
        ],
        "scope": tell_scope(result.scope, equipment_of, window_end_s),
        "records": [asdict(record) for record in records],
        "posts": [asdict(post) for post in posts],
    }


def tell_scope(scope: Sequence[Affected], equipment_of: Mapping[str, int], window_end_s: float) -> list[dict[str, Any]]:
    """What a disturbance reaches, worst first, as it is stored."""
    return [_affected(item, equipment_of, window_end_s) for item in scope[:SCOPE_KEPT]]


def nothing_yet() -> dict[str, Any]:
    """The result of a trace that isn't made yet: as ``tell`` writes it, and empty."""
    lists: dict[str, Any] = {key: [] for key in ("causes", "units", "scope", "records", "posts")}
    return {"abnormal": False, "rows": 0, "started_at": None, "symptom": None, "unknown": 1.0, **lists}


def gist(result: dict[str, Any]) -> tuple[Any, ...]:
    """What of a stored result people are told of when it changes: the likely causes, and what is reached by now."""
    first = first_cause(result)
    return (
        result["abnormal"],
        first.key if first else "",
        tuple(cause["node"] for cause in result["causes"][:CAUSES_TOLD]),
        frozenset(item["equipment_id"] for item in result["scope"] if item["moving"]),
    )


def moment(seconds: float | None) -> str | None:
    """Epoch seconds as ISO 8601 in UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _cause(cause: Cause, equipment_of: dict[str, int]) -> dict[str, Any]:
    return {
        "node": cause.node,
        "equipment_id": equipment_of.get(cause.node),
        "probability": float(f"{cause.probability:.4g}"),
        "onset_at": moment(cause.onset_s),
        "onset_earliest": moment(cause.onset_earliest_s),
        "onset_latest": moment(cause.onset_latest_s),
        "deviation": round(cause.deviation, 1),
        "disturbance": cause.disturbance,
        "path": list(cause.path),
        "supports": [_evidence(item) for item in cause.explanation.supports],
        "against": [_evidence(item) for item in cause.explanation.against],
        "look_at": list(cause.explanation.unmeasured_above),
    }


def _evidence(item: Evidence) -> dict[str, Any]:
    return {"reason": item.reason.value, "value": round(float(item.value), 3), "points": list(item.points)}


def _affected(item: Affected, equipment_of: Mapping[str, int], window_end_s: float) -> dict[str, Any]:
    return {
        "node": item.node,
        "equipment_id": equipment_of.get(item.node),
        "score": round(item.score, 3),
        "moving": item.moving,
        "arrival_at": moment(window_end_s + item.arrival_s),
        "earliest": moment(window_end_s + item.arrival_earliest_s),
        "latest": moment(window_end_s + item.arrival_latest_s),
        "path": list(item.path),
        "direction": item.direction,
        "by": item.by.value if item.by else "",
    }
