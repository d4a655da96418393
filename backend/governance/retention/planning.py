"""Which days of readings go, wholly or of some sites alone. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta


@dataclass(frozen=True)
class Hold:
    """Something open that needs what was recorded from ``starts`` until ``ends`` (None: until now and further)."""

    why: str
    id: int
    number: str
    starts: datetime
    ends: datetime | None = None

    def covers_day(self, day: date) -> bool:
        """Whether any moment of the UTC ``day`` is held."""
        begins = datetime.combine(day, time(), UTC)
        return self.starts < begins + timedelta(days=1) and (self.ends is None or self.ends > begins)


@dataclass(frozen=True)
class Wish:
    """What a site wants of its readings. ``keep_days`` 0: for ever."""

    keep_days: int
    holds: Sequence[Hold] = ()


@dataclass(frozen=True)
class Going:
    """A day's fate: ``sites`` whose readings of it go; ``whole``: nobody else has any, the partition goes."""

    day: date
    sites: tuple[int, ...]
    whole: bool


def first_kept(keep_days: int, at: datetime) -> date | None:
    """The oldest UTC day that is kept ``at``; None: all are. A day goes once its last moment is old enough."""
    return (at.astimezone(UTC) - timedelta(days=keep_days)).date() if keep_days else None


def is_old(wish: Wish, day: date, at: datetime) -> bool:
    """Whether the site keeps the day no longer, whatever holds it."""
    oldest = first_kept(wish.keep_days, at)
    return oldest is not None and day < oldest


def may_go(wish: Wish, day: date, at: datetime) -> bool:
    """Whether it is old enough and nothing open needs it."""
    return is_old(wish, day, at) and not any(hold.covers_day(day) for hold in wish.holds)


def what_goes(wishes: Mapping[int, Wish], day: date, present: Collection[int], at: datetime) -> Going:
    """What goes of ``day``, of which the sites ``present`` have readings. A site without a wish keeps all."""
    going = tuple(sorted(s for s in present if s in wishes and may_go(wishes[s], day, at)))
    nobody_needs = all(may_go(wish, day, at) for wish in wishes.values())
    return Going(day, going, len(going) == len(set(present)) and (bool(going) or nobody_needs))


def held_days(wish: Wish, days: Iterable[date], at: datetime) -> list[date]:
    """Days that are old enough and stay, since something open needs them."""
    return [day for day in days if is_old(wish, day, at) and not may_go(wish, day, at)]
