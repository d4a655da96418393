"""Alarm load by ISA-18.2-2016 (clause 16.5), EEMUA 191 and IEC 62682: the formulas. Pure.

An operator is one desk that alarms come to; how many a site has is a setting (docs/alarm-load.md). A slot is ten
minutes, counted from the epoch, so that it begins at a full ten minutes of every zone in use.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

SLOT = timedelta(minutes=10)
MOST_PER_SLOT = 1.0
"""Alarms per operator and slot that can be handled over a long time (EEMUA 191: "very likely to be acceptable")."""
FLOOD_BEGINS, FLOOD_ENDS = 10.0, 5.0
"""Alarms per operator and slot: a flood begins with a slot of ten or more and is over with the first of less than
five (ISA-18.2)."""
MOST_FLOODED = 0.01
MOST_STALE = 5
STALE_AFTER = timedelta(hours=24)
CHATTERING, CHATTERS_WITHIN = 3, timedelta(minutes=1)
"""So many times or more within a minute."""
FLEETING_WITHIN = timedelta(minutes=1)
"""Gone again before anybody could act, and not again and again. The length is ours: the standards give none."""
WORST = 10
MOST_OF_WORST = 0.05
"""Share of all alarms that the ten most frequent should have at most (ISA-18.2: 1 % to 5 %)."""
FEWEST_FOR_WORST = 200
"""Of fewer alarms ten that called once each make up more than five per cent: nothing can be said."""
SPLIT = {"high": 0.05, "medium": 0.15, "low": 0.80}
"""Shares by priority (ISA-18.2, EEMUA 191). 重大 is high, 较大 medium, 一般 and 低 are low."""
PRIORITY = {"major": "high", "significant": "medium", "general": "low", "low": "low"}
SPLIT_SLACK = 2.0
"""High and medium may be twice their share before the split is called lopsided. Ours."""
FEWEST_FOR_SPLIT = 20
"""Of fewer alarms one is more than the whole share of the most urgent."""


@dataclass(frozen=True)
class Window:
    """[from_at, to_at), UTC, and how many operators bear what comes in it."""

    from_at: datetime
    to_at: datetime
    operators: int = 1

    @property
    def slots(self) -> float:
        """How many slots it is long, parts of them counted."""
        return max((self.to_at - self.from_at) / SLOT, 0.0)


@dataclass(frozen=True)
class Rate:
    """Alarms per operator and slot. ``average`` is None for a window without length."""

    average: float | None
    peak: float
    peak_at: datetime | None


@dataclass(frozen=True)
class Flood:
    """A stretch from the slot in which it began to the first that was calm again; ``alarms`` within it."""

    from_at: datetime
    to_at: datetime
    alarms: int


def slot_of(at: datetime) -> datetime:
    """Where the slot begins that ``at`` lies in."""
    seconds = SLOT.total_seconds()
    return at - timedelta(seconds=at.timestamp() % seconds)


def rate(counts: Mapping[datetime, int], window: Window) -> Rate:
    """``counts``: slot → alarms; slots without any may be left out."""
    average = sum(counts.values()) / window.slots / window.operators if window.slots else None
    if not counts:
        return Rate(average, 0.0, None)
    peak_at = min(counts, key=lambda slot: (-counts[slot], slot))
    return Rate(average, counts[peak_at] / window.operators, peak_at)


def floods(counts: Mapping[datetime, int], window: Window) -> list[Flood]:
    """The floods of a window in order of time. One that is still going on ends with the window."""
    found: list[Flood] = []
    for slot in sorted(counts):
        if counts[slot] < FLOOD_BEGINS * window.operators or (found and slot < found[-1].to_at):
            continue
        calm, alarms = slot + SLOT, counts[slot]
        while counts.get(calm, 0) >= FLOOD_ENDS * window.operators:
            alarms += counts[calm]
            calm += SLOT
        found.append(Flood(max(slot, window.from_at), min(calm, window.to_at), alarms))
    return found


def flooded(found: Sequence[Flood], window: Window) -> float | None:
    """Share of the window's time in flood; None for one without length."""
    length = window.to_at - window.from_at
    return sum((one.to_at - one.from_at for one in found), timedelta(0)) / length if length else None


def share_of_worst(worst: Sequence[int], alarms: int) -> float | None:
    """Which part of all ``alarms`` the most frequent ones make up; None when there are none at all."""
    return sum(worst[:WORST]) / alarms if alarms else None


def split(by_level: Mapping[str, int]) -> dict[str, float] | None:
    """Shares by priority of alarms by level; None when there are none."""
    alarms = sum(by_level.values())
    if not alarms:
        return None
    shares = dict.fromkeys(SPLIT, 0.0)
    for level, count in by_level.items():
        shares[PRIORITY.get(level, "low")] += count / alarms
    return shares


def worst_is_right(share: float | None, alarms: int) -> bool | None:
    """Whether the ten most frequent make up few enough of ``alarms``; None where there are too few to say."""
    return None if share is None or alarms < FEWEST_FOR_WORST else share <= MOST_OF_WORST


def split_is_right(shares: Mapping[str, float] | None, alarms: int) -> bool | None:
    """Whether the more urgent priorities are rare enough to be heard; None where there are too few ``alarms``."""
    if shares is None or alarms < FEWEST_FOR_SPLIT:
        return None
    return all(shares[name] <= SPLIT_SLACK * SPLIT[name] for name in ("high", "medium"))
