"""Counting who is out of the danger. Pure: no database, no clock."""

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


class Standing(enum.StrEnum):
    """Where somebody stands in a roll-call."""

    MISSING = "missing"
    """Nobody has seen them out."""
    SAFE = "safe"
    ABSENT = "absent"
    """They aren't at work, or weren't there."""


@dataclass(frozen=True)
class Mark:
    """One mark as far as it decides. ``person_id`` None: of the visitors, of whom ``safe`` of ``expected`` are out."""

    id: int
    person_id: int | None
    at: datetime
    state: str
    expected: int = 0
    safe: int = 0


@dataclass(frozen=True)
class Count:
    """People by standing; visitors are counted in ``missing`` and ``safe`` too, and once more by themselves."""

    missing: int
    safe: int
    absent: int
    visitors: int
    visitors_safe: int


def latest(marks: Iterable[Mark]) -> dict[int | None, Mark]:
    """By person the mark that counts: the one made last, whenever it arrived; of two at once the later row."""
    found: dict[int | None, Mark] = {}
    for mark in sorted(marks, key=lambda one: (one.at, one.id)):
        found[mark.person_id] = mark
    return found


def standing(person_id: int, marks: Mapping[int | None, Mark]) -> Standing:
    """Where a person stands; who was never marked is missing."""
    mark = marks.get(person_id)
    return Standing(mark.state) if mark else Standing.MISSING


def count(listed: Sequence[int], visitors: int, marks: Mapping[int | None, Mark]) -> Count:
    """Everybody who is listed, and ``visitors`` as they were said when it was ordered unless a mark says otherwise."""
    of = [standing(person, marks) for person in listed]
    mark = marks.get(None)
    expected, safe = (mark.expected, mark.safe) if mark else (visitors, 0)
    return Count(
        missing=of.count(Standing.MISSING) + expected - safe,
        safe=of.count(Standing.SAFE) + safe,
        absent=of.count(Standing.ABSENT),
        visitors=expected,
        visitors_safe=safe,
    )
