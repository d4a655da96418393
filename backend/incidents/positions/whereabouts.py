"""What is best known of where somebody is, from everything that says something about it. Pure: no database, no clock.

::

    a phone's position ─┐
    a scanned label ────┼─ the newest counts; what is doubtful counts as half an hour older than it is
    a check-in by hand ─┘
    nothing within a shift → where they are assigned → unknown
"""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from backend.checkins.position import Position

LOOK_BACK = timedelta(hours=12)
"""One shift: what is older says nothing of where somebody is now. Ours, not a standard's."""
DOUBT = timedelta(minutes=30)
"""By so much something sure may be older than something doubtful, and still count."""
FRESH = timedelta(minutes=2)
"""A position by a phone is fresh so long: people walk 150 m in it."""
FRESH_AT_PLACE = timedelta(minutes=10)
"""The same of a label or a check-in, which say that somebody had something to do there."""


class Source(enum.StrEnum):
    """From what it is known, the surest of two at the same moment first."""

    LABEL = "label"
    """A label that they scanned at their round."""
    ROLL = "roll"
    """The label of the assembly point, at a roll-call."""
    GPS = "gps"
    CHECK_IN = "check_in"
    """A check-in without a scan: nothing but their word."""
    ASSIGNED = "assigned"
    """By team or post; nothing says that they are there."""
    UNKNOWN = "unknown"


_ORDER = list(Source)


@dataclass(frozen=True)
class Place:
    """Equipment, or an area: exactly one of both ids is set."""

    name: str
    name_en: str = ""
    equipment_id: int | None = None
    area_id: int | None = None


@dataclass(frozen=True)
class Sight:
    """Something that says where somebody was ``at`` (UTC): a place, a position, or only that they were off the site."""

    source: Source
    at: datetime
    place: Place | None = None
    position: Position | None = None
    off_site: bool = False
    doubtful: bool = False
    """The phone knew its place badly, or can't have come there so fast."""


@dataclass(frozen=True)
class Known:
    """Where somebody is as far as it is known. ``at`` None: nothing was seen, ``place`` is where they are assigned."""

    source: Source
    at: datetime | None = None
    place: Place | None = None
    position: Position | None = None
    off_site: bool = False
    doubtful: bool = False

    def age(self, moment: datetime) -> timedelta | None:
        """How old it is at ``moment``."""
        return moment - self.at if self.at else None

    def fresh(self, moment: datetime) -> bool:
        """Whether they can be expected to be there still."""
        limit = FRESH if self.source is Source.GPS else FRESH_AT_PLACE
        age = self.age(moment)
        return age is not None and age <= limit and not self.doubtful


def whereabouts(sights: Iterable[Sight], assigned: Place | None, moment: datetime) -> Known:
    """The best of ``sights`` as known at ``moment`` (UTC); later ones, and an earlier shift's, count for nothing."""
    known = [one for one in sights if moment - LOOK_BACK < one.at <= moment]
    if not known:
        return Known(Source.ASSIGNED, place=assigned) if assigned else Known(Source.UNKNOWN)
    best = max(known, key=_weight)
    return Known(best.source, best.at, best.place, best.position, best.off_site, best.doubtful)


def _weight(one: Sight) -> tuple[datetime, int, bool]:
    doubtful = one.doubtful or one.source is Source.CHECK_IN
    return one.at - DOUBT if doubtful else one.at, -_ORDER.index(one.source), not one.doubtful
