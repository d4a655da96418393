"""What to change because of a pattern or of a rule that cries wolf. Pure.

A pattern in which training had lapsed asks for a course; one with overdue equipment, or hazards that came back, for a
measure, with old equipment whose place is known for a renewal; one that says where or in which way things go wrong for
a check item. Patterns of what is well (training valid, maintenance on time) ask for nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from backend.lessons.models import NamedValue, PatternKind, SuggestionKind

_WELL = {("training", "valid"), ("maintenance", "kept"), ("age", "new"), ("again", "no"), ("weather", "fair")}
_UPKEEP = {("maintenance", "overdue"), ("age", "old"), ("again", "yes")}
_WATCHED = ("class", "area", "team", "kind", "level", "cause", "phase")
LEAST_FALSE = 5
SPARED = 0.8
"""A delay is to spare so large a share of the false alarms, as far as it keeps every true one."""
LEAST_SPARED = 0.3
LONGEST_DELAY_S = 600.0


@dataclass(frozen=True)
class Proposal:
    """A suggestion before it is stored."""

    kind: SuggestionKind
    words: str
    words_en: str
    watch: Mapping[str, str] = field(default_factory=dict)
    proposal: Mapping[str, Any] = field(default_factory=dict)


def of_pattern(kind: str, values: Sequence[NamedValue], *, placed: bool = False) -> Proposal | None:
    """What a pattern asks for; None: nothing. ``placed``: most of its records are at one piece of equipment."""
    if kind == PatternKind.CHAIN:
        first, second = values
        return Proposal(
            SuggestionKind.CHECK_ITEM,
            f"{first.name}出过异常后，{second.name}有没有异样",
            f"After trouble at {first.name_en}: is anything unusual at {second.name_en}",
            {"equipment": second.value},
        )
    pairs = {(one.attribute, one.value) for one in values}
    if pairs & _WELL:
        return None
    names, names_en = "、".join(one.name for one in values), ", ".join(one.name_en for one in values)
    watch = {one.attribute: one.value for one in values if one.attribute in _WATCHED}
    if ("training", "lapsed") in pairs:
        return Proposal(
            SuggestionKind.COURSE, f"补上过期的培训（{names}）", f"Renew lapsed training ({names_en})", watch
        )
    if placed and ("age", "old") in pairs and ("maintenance", "overdue") not in pairs:
        words = f"更换或大修（{names}）", f"Renew or overhaul ({names_en})"
        return Proposal(SuggestionKind.RENEWAL, *words, watch)
    if pairs & _UPKEEP:
        words = f"提前安排维护或更换（{names}）", f"Maintain or renew ahead of time ({names_en})"
        return Proposal(SuggestionKind.MEASURE, *words, watch)
    return Proposal(SuggestionKind.CHECK_ITEM, f"重点查看：{names}", f"Look closely: {names_en}", watch)


def longer_delay(on_delay_s: float, false_s: Sequence[float], true_s: Sequence[float]) -> dict[str, Any] | None:
    """A longer delay that spares most false alarms and would have kept every true one.

    ``false_s`` and ``true_s``: how long alarms lasted after they were raised, in seconds. None: there are too few, most
    are true, or no such delay spares enough.
    """
    if len(false_s) < LEAST_FALSE or len(false_s) <= len(true_s):
        return None
    wanted = sorted(false_s)[ceil(SPARED * len(false_s)) - 1] + 1.0
    most = min([LONGEST_DELAY_S - on_delay_s, *(0.5 * lasted for lasted in true_s)])
    further = float(int(min(wanted, most)))
    spares = sum(lasted < further for lasted in false_s)
    if spares < LEAST_SPARED * len(false_s):
        return None
    return {"on_delay_s": on_delay_s + further, "spares": spares, "false": len(false_s)}
