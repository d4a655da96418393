"""When a trace is made anew: the first answer often rests on a few rows, later ones on more; in a flood not with every
alarm. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

STEPS = ((10.0, 5), (60.0, 60), (180.0, 120), (600.0, 200))
"""After so many seconds, and not before the plant has given so many rows: the development faults' first cause is
right in 0.50 of cases at 5 rows, in 0.67 at 65, in 0.94 at 200 (docs/tracing/moments.md)."""
SOON = 2
"""So many of the steps are taken though the alarm has returned meanwhile: what follows it may show the root."""
LONGEST = timedelta(hours=12)
_MARGIN = timedelta(seconds=1)
FLOOD_STEPS = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 180))
"""While alarms join, the trace is made anew so long after the first of them, and then each ``FLOOD_PAUSE``."""
FLOOD_PAUSE = timedelta(seconds=300)
"""A pause of this length also ends a flood: the alarm after it is looked at once, as a first one."""
SHORTEST_PAUSE = timedelta(seconds=10)


def next_refinement(raised_at: datetime, made_at: datetime, step_s: float, *, standing: bool = True) -> datetime | None:
    """When the trace made at ``made_at`` is to be made again; None when it has seen enough.

    ``raised_at`` is when the last alarm of its group came (again), ``step_s`` the seconds between rows, ``standing``
    whether any of its alarms is still active. UTC.
    """
    steps = STEPS if standing else STEPS[:SOON]
    waits = (timedelta(seconds=max(seconds, rows * step_s)) for seconds, rows in steps)
    moments = (raised_at + wait for wait in waits if wait <= LONGEST)
    return next((at for at in moments if at > made_at + _MARGIN), None)


def flood_began(raised: Sequence[datetime]) -> datetime:
    """When the flood began that the last of these alarms belongs to. Raises ValueError without any."""
    moments = sorted(raised, reverse=True)
    calm = (later for later, earlier in pairwise(moments) if later - earlier >= FLOOD_PAUSE)
    return next(calm, min(moments))


def not_before(began_at: datetime, made_at: datetime) -> datetime:
    """When the trace made at ``made_at`` may be made again, because alarms join, in a flood that ``began_at``. UTC.

    The first answer of a flood is given at once; the next rests on all alarms that came up to its step.
    """
    if made_at < began_at:
        return began_at
    due = next((began_at + step for step in FLOOD_STEPS if began_at + step > made_at + _MARGIN), made_at + FLOOD_PAUSE)
    return max(due, made_at + SHORTEST_PAUSE)
