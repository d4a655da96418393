"""What to do about what is most frequent, by its type, with the rule it follows and where to do it. Pure.

No rule speaks of less than ``LEAST`` facts or of a share that isn't the largest by far: then nothing is advised.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from backend.hazards.accidents import Accident
from backend.incidents.history.shares import ranked
from backend.operations.distribution.accident_rules import ACCIDENT_RULES
from backend.operations.distribution.asked import Source
from backend.operations.distribution.rules import OF_CAUSE, OF_PLACE, OF_TIME, RULES, Rule

LEAST = 5
SHARE = 0.3
"""So much of those whose type is known the most frequent one must hold."""
TIMES = 2.0
"""So many times the mean a stretch of the week must have before it is called a busy one."""


_RuleOf = Callable[[str], Rule | None]


@dataclass(frozen=True)
class Advice:
    """A rule with what calls for it: of ``of`` facts of ``source`` whose ``parameter`` is known ``count`` have
    ``value``."""

    source: Source | None
    parameter: str
    value: str
    count: int
    of: int
    rule: Rule


def by_type(types: Mapping[tuple[str, str], int]) -> list[Advice]:
    """For the most frequent type of each source; ``types`` by source and type, "" unknown."""
    found = []
    for source in Source:
        known = {value: count for (of, value), count in types.items() if of == source and value}
        found += _about(source, "type", known, _rules_of(source))
    return found


def _rules_of(source: Source) -> _RuleOf:
    return lambda value: RULES.get((source, value))


def by_accident(accidents: Mapping[tuple[str, str], int]) -> list[Advice]:
    """For the most frequent accident type over hazards and incidents together; ``accidents`` by source and type, ""
    not told."""
    told: dict[str, int] = {}
    for (_, accident), count in accidents.items():
        if accident:
            told[accident] = told.get(accident, 0) + count
    return _about(None, "accident", told, lambda value: ACCIDENT_RULES.get(Accident(value)))


def by_cause(causes: Mapping[str, int]) -> list[Advice]:
    """For the most frequent cause; a bare place (``equipment:3``) says where and not why, and doesn't count."""
    return _about(
        None, "cause", {code: n for code, n in causes.items() if code and ":" not in code}, lambda _: OF_CAUSE
    )


def by_place(areas: Mapping[int | None, int], *, heaped: bool) -> list[Advice]:
    """For the area with most, where counts are ``heaped`` more than chance gives."""
    known = {str(area): count for area, count in areas.items() if area is not None}
    return _about(None, "area", known, lambda _: OF_PLACE, share=0.0) if heaped else []


def by_time(hours: Mapping[tuple[int, int], int], cells: int) -> list[Advice]:
    """For the stretch of the day (over all weekdays) with most; ``cells``: into how many the day is cut."""
    daily: dict[str, int] = {}
    for (_, hour), count in hours.items():
        daily[str(hour)] = daily.get(str(hour), 0) + count
    return _about(None, "hour", daily, lambda _: OF_TIME, share=TIMES / cells)


def _about(
    source: Source | None, parameter: str, counts: Mapping[str, int], rule_of: _RuleOf, share: float = SHARE
) -> list[Advice]:
    bars, of = ranked(counts), sum(counts.values())
    if of < LEAST or not bars or bars[0].share < share:
        return []
    rule = rule_of(bars[0].key)
    return [Advice(source, parameter, bars[0].key, bars[0].count, of, rule)] if rule else []


class Found(Protocol):
    """What was counted, as ``queries.counting.Counts`` holds it."""

    types: dict[tuple[str, str], int]
    accidents: dict[tuple[str, str], int]
    causes: dict[str, int]
    areas: dict[int | None, int]
    hours: dict[tuple[int, int], int]


def all_advice(found: Found, cells: int, *, heaped: bool) -> Sequence[Advice]:
    """All that there is, the type first."""
    places = by_place(found.areas, heaped=heaped)
    return [
        *by_type(found.types),
        *by_accident(found.accidents),
        *by_cause(found.causes),
        *places,
        *by_time(found.hours, cells),
    ]
