"""Tables of lessons: rounds of looking for patterns, and the patterns that were found."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint

from backend.core.tables import SiteScoped, document, identity_key, moment

MINE_JOB = "lessons.mine"
"""Kind of the job that looks for patterns at a site."""


class PatternKind(enum.StrEnum):
    """What a pattern is."""

    COMBINATION = "combination"
    CHAIN = "chain"


class LessonRound(SiteScoped, table=True):
    """One look at a site's whole history for patterns."""

    __tablename__ = "lesson_round"
    __table_args__ = (Index("lesson_round_recent", "site_id", "id"),)

    id: int = identity_key()
    made_at: datetime = moment(now=True)
    since: datetime | None = moment(nullable=True)
    """When the oldest record was; None without records."""
    records: int
    tested: int
    """How many combinations and chains could have been claimed."""
    found: int


@dataclass(frozen=True)
class NamedValue:
    """A value of a pattern with its names."""

    attribute: str
    value: str
    name: str
    name_en: str


class LessonPattern(SiteScoped, table=True):
    """A pattern as the newest round that found it saw it; the same one keeps its row from round to round."""

    __tablename__ = "lesson_pattern"
    __table_args__ = (
        UniqueConstraint("site_id", "key"),
        Index("lesson_pattern_current", "site_id", "current", "p"),
    )

    id: int = identity_key()
    key: str
    """What it is made of: ``class=pump|shift=2``, or ``chain:3>5``."""
    kind: str = PatternKind.COMBINATION
    items: list[dict[str, Any]] = document(default=list)
    """``{attribute, value, name, name_en}``; of a chain its two equipments, in order."""
    refs: list[str] = document(default=list)
    """The records it rests on: ``incident:3``, ``alarm:9``, ``report:2``, ``rectification:7``; the newest first."""
    times: int
    of: int
    """Among so many: records that have all its attributes, or troubles at the chain's first equipment."""
    expected: float
    """So often by chance."""
    p: float
    q: float
    """Bound on the share of chance among all that was claimed with it or before it."""
    delay_s: float | None = None
    """Of a chain: how long after the first trouble the second came, in the middle case."""
    current: bool = True
    """False: the newest round doesn't find it any more."""
    first_found_at: datetime = moment(now=True)
    found_at: datetime = moment(now=True)

    @property
    def values(self) -> Sequence[NamedValue]:
        """``items`` as they are shown."""
        return [NamedValue(**item) for item in self.items]

    @property
    def lift(self) -> float:
        """How many times more often than by chance."""
        return self.times / self.expected
