"""The one cause that a trace names first, and so names everywhere: page, list, notice, alarm, JSON API. Pure.

All evidence together decides where it was weighed (``result["fused"]``); the engine's first place stands for it only
where nothing was. What merely contributes is no verdict and comes first nowhere.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from backend.tracing.library.telling import REST

FIRST_FUSED = '$.fused[*] ? (@.contributes == false && @.key != "rest")'
"""The same in PostgreSQL: of a stored result the first of these (SQL/JSON path)."""


@dataclass(frozen=True, slots=True)
class RankedCause:
    """``key``: of a library's cause at its equipment, or a node by readings, then without titles; ``probability``
    0 … 1."""

    key: str
    probability: float
    title: str = ""
    title_en: str = ""
    disturbance: int = 0
    """1 for a cause of a second fault at the same time."""


def first_cause(result: Mapping[str, Any]) -> RankedCause | None:
    """The first cause of a stored result; None where it has none."""
    if found := verdicts(result):
        return found[0]
    places = result["causes"]
    return RankedCause(places[0]["node"], float(places[0]["probability"])) if places else None


def in_order(fused: Iterable[Mapping[str, Any]]) -> list[Any]:
    """The fused list as people read it, without what isn't listed: its first cause before all that contributes more."""
    listed = [one for one in fused if one["key"] != REST]
    first = next((one for one in listed if _is_verdict(one)), None)
    return listed if first is None else [first, *(one for one in listed if one is not first)]


def verdicts(result: Mapping[str, Any]) -> list[RankedCause]:
    """The fused causes that aren't mere contributions, likeliest first."""
    return [
        RankedCause(one["key"], float(one["probability"]), one["title"], one["title_en"], one.get("disturbance", 0))
        for one in result.get("fused", [])
        if _is_verdict(one)
    ]


def _is_verdict(one: Mapping[str, Any]) -> bool:
    return one["key"] != REST and not one["contributes"]
