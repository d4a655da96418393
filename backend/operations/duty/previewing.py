"""What another rule would have made of months that are over, from the facts that were kept. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from backend.operations.duty.comparing import mean
from backend.operations.duty.rules import Band, Rule, band
from backend.operations.duty.scoring import Facts, score


@dataclass(frozen=True)
class Kept:
    """A frozen month of a person."""

    person_id: int
    month: date
    facts: Facts
    excused: Sequence[str]
    score: float | None


@dataclass(frozen=True)
class Move:
    """A person's mean over the months, as it was and as it would have been."""

    person_id: int
    before: float
    after: float

    @property
    def by(self) -> float:
        """How much they move."""
        return round(self.after - self.before, 2)


@dataclass(frozen=True)
class Preview:
    """Who moves, the furthest first; how many are at each level, before by the present lines and after by the new."""

    moves: Sequence[Move]
    before: Mapping[Band, int] = field(default_factory=dict)
    after: Mapping[Band, int] = field(default_factory=dict)

    @property
    def people(self) -> int:
        """Of how many."""
        return len(self.moves)

    @property
    def moved(self) -> int:
        """How many move at all."""
        return sum(one.by != 0 for one in self.moves)


def preview(kept: Iterable[Kept], present: Rule, wished: Rule) -> Preview:
    """Score the months anew by ``wished``; a person without a score in them isn't counted."""
    before: dict[int, list[float]] = {}
    after: dict[int, list[float]] = {}
    for one in kept:
        anew = score(one.facts, wished, one.excused).score
        if one.score is not None and anew is not None:
            before.setdefault(one.person_id, []).append(one.score)
            after.setdefault(one.person_id, []).append(float(anew))
    moves = [Move(person, mean(before[person]) or 0.0, mean(after[person]) or 0.0) for person in before]
    return Preview(
        sorted(moves, key=lambda one: (-abs(one.by), one.person_id)),
        _levels(present, [one.before for one in moves]),
        _levels(wished, [one.after for one in moves]),
    )


def _levels(rule: Rule, scores: Sequence[float]) -> dict[Band, int]:
    found = dict.fromkeys(Band, 0)
    for one in scores:
        found[band(rule, one)] += 1
    return found
