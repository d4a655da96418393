"""Which place, team or post makes up most of what a figure lacks: contribution to the gap. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backend.operations.indicators.figures import Sums
from backend.operations.indicators.registry import Better, Kind

FEWEST = 5
"""Of fewer facts nothing is said."""
STANDS_OUT = 0.25
"""Nothing is named that makes up less than so much of the gap."""


@dataclass(frozen=True)
class Part:
    """A member of a dimension: ``misses`` of its ``of`` facts are bad; ``share`` of the whole gap is its own, which is
    ``excess`` bad facts above what the target allows it."""

    dimension: str
    member_id: int
    misses: int
    of: int
    excess: float
    share: float


def misses_of(sums: Sums, better: Better) -> int:
    """How many facts are bad: not counted where more is better, counted where less is."""
    return sums.base - sums.counted if better == Better.MORE else sums.counted


def parts(dimension: str, members: Mapping[int, Sums], better: Better, target: float) -> list[Part]:
    """Members by what they contribute to the gap, the most first.

    The target allows each member ``(1 − target) × of`` misses (where less is better: ``target × of``). What it has
    above is its excess; its share is of all excesses together. 40 visits with 12 missed at a target of 0.98 allow
    0.8: the excess is 11.2.
    """
    allowed = 1 - target if better == Better.MORE else target
    found = {
        id_: (misses_of(sums, better), sums.base, max(0.0, misses_of(sums, better) - allowed * sums.base))
        for id_, sums in members.items()
    }
    whole = sum(excess for _, _, excess in found.values())
    listed = [
        Part(dimension, id_, misses, of, excess, excess / whole if whole else 0.0)
        for id_, (misses, of, excess) in found.items()
    ]
    return sorted(listed, key=lambda one: (-one.excess, -one.misses, one.member_id))


def slow_parts(dimension: str, members: Mapping[int, Sums], target_s: float) -> list[Part]:
    """The same of durations: a miss is a fact that took longer than the target, or isn't over."""
    late = {
        id_: Sums(sums.members, sum(1 for one in sums.seconds if one <= target_s), sums.base)
        for id_, sums in members.items()
    }
    return parts(dimension, late, Better.MORE, 0.5)


def weightiest(by_dimension: Mapping[str, Sequence[Part]]) -> Part | None:
    """The member that stands out most over all dimensions; None where none does.

    A dimension with a single member explains nothing; what belongs to none (0) can't be asked.
    """
    standing = [
        one
        for listed in by_dimension.values()
        if sum(1 for part in listed if part.of) > 1
        for one in listed
        if one.member_id and one.of >= FEWEST and one.excess > 0 and one.share >= STANDS_OUT
    ]
    return max(standing, key=lambda one: (one.share, one.excess), default=None)


def of_kind(kind: Kind, dimension: str, members: Mapping[int, Sums], better: Better, target: float) -> list[Part]:
    """Parts of a share or a duration; an effect isn't a sum of its parts."""
    if kind == Kind.SHARE:
        return parts(dimension, members, better, target)
    return slow_parts(dimension, members, target) if kind == Kind.DURATION else []
