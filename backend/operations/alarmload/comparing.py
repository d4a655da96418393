"""What a draft of a rule would have raised beside what the version in force raises on the same readings. Pure.

What must not be lost (``Needed``): alarms that a person judged true, alarms that belong to an incident, and long ones.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from backend.operations.alarmload.replaying import Episode

LONG_S = 600.0
"""An alarm that held for ten minutes was no flicker: a suggestion must keep it. The length is ours."""
_AS_GRAVE = {"H": ("H", "HH"), "L": ("L", "LL")}
"""A limit further out speaks for one nearer in, never the other way round."""
_ASIDE_S = 120.0
"""What a person saw is looked for so far before it was raised: delays that have changed since, clocks of devices."""


@dataclass(frozen=True)
class Needed:
    """An alarm of the past that mattered, with its stretch (epoch seconds). ``began_at``: its incident's beginning."""

    alarm_id: int | None
    limit: str
    from_at: float
    to_at: float
    judged_true: bool = False
    incident_id: int | None = None
    began_at: float | None = None


@dataclass(frozen=True)
class Kept:
    """A needed alarm that would still come, ``later_s`` later than by the version in force."""

    needed: Needed
    later_s: float


@dataclass(frozen=True)
class Comparison:
    """Both versions on the same readings. Durations in seconds."""

    present: Sequence[Episode]
    draft: Sequence[Episode]
    present_s: float
    draft_s: float
    lost: list[Needed] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    long_lost: list[Episode] = field(default_factory=list)
    unseen: list[Needed] = field(default_factory=list)
    """Needed alarms that the version in force doesn't raise on these readings either: nothing can be said of them."""

    @property
    def cut(self) -> float | None:
        """Share of the alarms that the draft spares; None where there was none to spare, below 0 when it adds some."""
        return 1 - len(self.draft) / len(self.present) if self.present else None

    @property
    def is_safe(self) -> bool:
        """Whether nothing that mattered would be missing."""
        return not self.lost and not self.long_lost

    @property
    def latest_s(self) -> float:
        """By how much the needed alarm that loses most lead time would come later."""
        return max((one.later_s for one in self.kept), default=0.0)


def compare(
    present: Sequence[Episode], draft: Sequence[Episode], needed: Iterable[Needed], *, until: float
) -> Comparison:
    """Set the two beside each other; ``until`` is where the readings end (epoch seconds)."""
    found = Comparison(present, draft, in_alarm(present, until), in_alarm(draft, until))
    was, would = _Line(present, until), _Line(draft, until)
    for one in needed:
        _look(found, was, would, one)
    known = [*found.lost, *(one.needed for one in found.kept)]
    for episode in present:
        end = episode.end(until)
        if end - episode.from_at < LONG_S or any(_same(one, episode, end) for one in known):
            continue
        if would.first(episode.limit, episode.from_at, end) is None:
            found.long_lost.append(episode)
    return found


def _look(found: Comparison, was: "_Line", would: "_Line", one: Needed) -> None:
    """Whether and when a needed alarm comes by both versions: at its own time, else a little before."""
    for from_at in (one.from_at, one.from_at - _ASIDE_S):
        first = was.first(one.limit, from_at, one.to_at)
        if first is None:
            continue
        again = would.first(one.limit, min(first, from_at), one.to_at)
        if again is None:
            found.lost.append(one)
        else:
            found.kept.append(Kept(one, max(again - first, 0.0)))
        return
    found.unseen.append(one)


def _same(one: Needed, episode: Episode, end: float) -> bool:
    return one.limit == episode.limit and one.from_at - _ASIDE_S <= end and episode.from_at <= one.to_at


def in_alarm(episodes: Iterable[Episode], until: float) -> float:
    """Seconds during which at least one limit was in alarm."""
    total, covered = 0.0, 0.0
    for one in sorted(episodes, key=lambda one: one.from_at):
        end = one.end(until)
        if end > covered:
            total += end - max(one.from_at, covered)
            covered = end
    return total


class _Line:
    """Alarms by limit, to be asked for by time: those of one limit follow each other."""

    def __init__(self, episodes: Iterable[Episode], until: float) -> None:
        self._begins: dict[str, list[float]] = defaultdict(list)
        self._ends: dict[str, list[float]] = defaultdict(list)
        for one in episodes:
            self._begins[one.limit].append(one.from_at)
            self._ends[one.limit].append(one.end(until))

    def first(self, limit: str, from_at: float, to_at: float) -> float | None:
        """When the first alarm began, of the limit or one as grave, that holds at any moment of the stretch."""
        found = []
        for name in _AS_GRAVE.get(limit, (limit,)):
            place = bisect_left(self._ends[name], from_at)
            if place < len(self._ends[name]) and self._begins[name][place] <= to_at:
                found.append(self._begins[name][place])
        return min(found, default=None)
