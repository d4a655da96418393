"""An incident played back: at each of some even moments where everybody was, as it was known then. Pure.

What doesn't change from frame to frame is told once. What a phone could send only later stands where it belongs: at its
own moment.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from backend.incidents.positions.picturing import Sheet, Spot, placed
from backend.incidents.positions.whereabouts import Known, Place, Sight, Source, whereabouts
from backend.incidents.response.rollcall import Mark, count, latest

MOST_FRAMES = 120
SHORTEST = timedelta(seconds=10)
"""Frames aren't nearer together than phones send."""


@dataclass(frozen=True)
class Clock:
    """The even moments from the first sign to the end, or to now."""

    began: datetime
    ended: datetime
    step: timedelta

    @property
    def frames(self) -> list[datetime]:
        """All of them; the last is the end itself."""
        whole = int((self.ended - self.began) / self.step)
        found = [self.began + n * self.step for n in range(whole + 1)]
        return found if found[-1] == self.ended else [*found, self.ended]


@dataclass(frozen=True)
class Roll:
    """An evacuation with everything that was marked in it. Moments UTC."""

    ordered_at: datetime
    ended_at: datetime | None
    listed: Sequence[int]
    visitors: int
    marks: Sequence[Mark]


@dataclass(frozen=True)
class State:
    """Where somebody is from ``frame`` on."""

    frame: int
    known: Known
    spot: Spot | None


@dataclass(frozen=True)
class Tally:
    """A roll-call as it stands from ``frame`` on; ``going``: the evacuation hasn't ended."""

    frame: int
    going: bool
    safe: int
    missing: int
    absent: int


def clock_of(began: datetime, ended: datetime) -> Clock:
    """At most ``MOST_FRAMES`` moments, in steps of whole seconds."""
    lasted = max(timedelta(), ended - began)
    seconds = -(-lasted.total_seconds() // (MOST_FRAMES - 1))
    return Clock(began, began + lasted, max(SHORTEST, timedelta(seconds=seconds)))


def play(
    clock: Clock,
    sights: Mapping[int, Sequence[Sight]],
    assigned: Mapping[int, Place],
    people: Sequence[int],
    sheet: Sheet | None,
) -> dict[int, list[State]]:
    """By person, in order of time, each change of what is known of them."""
    found: dict[int, list[State]] = {id_: [] for id_ in people}
    readers = {id_: _knowledge(clock, sights.get(id_, ()), assigned.get(id_)) for id_ in people}
    for frame in range(len(clock.frames)):
        known = {id_: next(readers[id_]) for id_ in people}
        spots = placed(sheet, known)
        for id_, one in known.items():
            states, spot = found[id_], spots.get(id_)
            if not states or (states[-1].known, states[-1].spot) != (one, spot):
                states.append(State(frame, one, spot))
    return found


def tallies(clock: Clock, rolls: Sequence[Roll]) -> list[Tally]:
    """Each change of the count, by the evacuation that was ordered last."""
    found: list[Tally] = []
    for frame, moment in enumerate(clock.frames):
        ordered = [roll for roll in rolls if roll.ordered_at <= moment]
        if not ordered:
            continue
        tally = _tally(frame, max(ordered, key=lambda roll: roll.ordered_at), moment)
        if not found or (tally.going, tally.safe, tally.missing, tally.absent) != (
            found[-1].going,
            found[-1].safe,
            found[-1].missing,
            found[-1].absent,
        ):
            found.append(tally)
    return found


def first_frame(clock: Clock, moment: datetime) -> int:
    """The frame from which on ``moment`` has been; after the last one for what never was."""
    return next((n for n, at in enumerate(clock.frames) if moment <= at), len(clock.frames))


def _knowledge(clock: Clock, sights: Sequence[Sight], assigned: Place | None) -> Iterator[Known]:
    """What is known at each frame; of each kind only the newest decides, so no more is looked at."""
    newest: dict[tuple[Source, bool], Sight] = {}
    waiting = sorted(sights, key=lambda one: one.at, reverse=True)
    for moment in clock.frames:
        while waiting and waiting[-1].at <= moment:
            sight = waiting.pop()
            newest[sight.source, sight.doubtful] = sight
        yield whereabouts(newest.values(), assigned, moment)


def _tally(frame: int, roll: Roll, moment: datetime) -> Tally:
    counted = count(roll.listed, roll.visitors, latest(mark for mark in roll.marks if mark.at <= moment))
    going = roll.ended_at is None or moment < roll.ended_at
    return Tally(frame, going, counted.safe, counted.missing, counted.absent)
