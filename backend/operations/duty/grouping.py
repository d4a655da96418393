"""Statements of a month as teams and posts: the mean of their people, with how much there was to do. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from backend.operations.duty.comparing import mean


@dataclass(frozen=True)
class Share:
    """What one person brings to a group."""

    score: float | None
    exposure: int
    lapses: int
    groups: tuple[int, ...]


@dataclass(frozen=True)
class Group:
    """``score`` is the mean of those who have one; ``scored`` says of how many."""

    id: int
    score: float | None
    scored: int
    people: int
    exposure: int
    lapses: int


def grouped(shares: Iterable[Share]) -> list[Group]:
    """Each group, the highest mean first, without a score last."""
    by_id: dict[int, list[Share]] = {}
    for one in shares:
        for id_ in one.groups:
            by_id.setdefault(id_, []).append(one)
    found = [_group(id_, members) for id_, members in by_id.items()]
    return sorted(found, key=lambda one: (one.score is None, -(one.score or 0), one.id))


def _group(id_: int, members: list[Share]) -> Group:
    scores = [one.score for one in members if one.score is not None]
    return Group(
        id_,
        mean(scores),
        len(scores),
        len(members),
        sum(one.exposure for one in members),
        sum(one.lapses for one in members),
    )
