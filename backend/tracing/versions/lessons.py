"""What a version learned, told in the order in which people care: whose odds rose and why, whose fell, delays. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp
from typing import Any

from backend.core.errors import N_
from backend.tracing.versions.content import delays_of

CLEARLY = 0.7
"""Log-prior from which the odds are told as clearly higher: about twice."""
LEAST_TOLD = 0.05
MOST_TOLD = 12


@dataclass(frozen=True)
class Lesson:
    """A node whose odds rose. ``times``: by how much; ``cases``: confirmations of it; 0: those of its equipment."""

    node: str
    times: float
    cases: int
    words: str


@dataclass(frozen=True)
class DelayLesson:
    """A link whose delay was learned; ``drawn_s``: what the plan gives, if it does."""

    source: str
    target: str
    seconds: float
    cases: int
    drawn_s: float | None


@dataclass(frozen=True)
class Lessons:
    """All that a version learned. ``lowered``: how many nodes lost a little because others were confirmed."""

    raised: tuple[Lesson, ...]
    lowered: int
    lowered_to: float
    delays: tuple[DelayLesson, ...]


def lessons(content: Mapping[str, Any], roots: Sequence[str]) -> Lessons:
    """From a stored version and the confirmed root of each of its cases."""
    prior: dict[str, float] = content.get("prior", {})
    confirmed = Counter(root for root in roots if root)
    ranked = sorted(prior, key=lambda node: (-confirmed[node], -prior[node], node))
    raised = [_lesson(node, prior[node], confirmed[node]) for node in ranked if _told(prior[node], confirmed[node])]
    fallen = [value for value in prior.values() if value < -LEAST_TOLD]
    drawn = {(source, target): delay for source, target, delay in content.get("drawn", [])}
    delays = [
        DelayLesson(*link, delay.seconds, delay.cases, drawn.get(link)) for link, delay in delays_of(content).items()
    ]
    lowest = exp(min(fallen, default=0.0))
    return Lessons(tuple(raised[:MOST_TOLD]), len(fallen), lowest, tuple(delays))


def _told(value: float, cases: int) -> bool:
    return cases > 0 or value > LEAST_TOLD


def _lesson(node: str, value: float, cases: int) -> Lesson:
    if cases:
        words = N_("更常是根源，因 %(n)s 次确认") if value >= CLEARLY else N_("略常是根源，因 %(n)s 次确认")
    else:
        words = N_("因同一设备或同类设备的确认而略升")
    return Lesson(node, exp(value), cases, words)
