"""When a trace is made anew: the first answer often rests on a few rows, later ones on more. Pure."""

from datetime import datetime, timedelta

STEPS = ((10.0, 5), (60.0, 60), (180.0, 120), (600.0, 200))
"""After so many seconds, and not before the plant has given so many rows: the development faults' first cause is
right in 0.50 of cases at 5 rows, in 0.67 at 65, in 0.94 at 200 (docs/tracing/moments.md)."""
SOON = 2
"""So many of the steps are taken though the alarm has returned meanwhile: what follows it may show the root."""
LONGEST = timedelta(hours=12)
_MARGIN = timedelta(seconds=1)


def next_refinement(raised_at: datetime, made_at: datetime, step_s: float, *, standing: bool = True) -> datetime | None:
    """When the trace made at ``made_at`` is to be made again; None when it has seen enough.

    ``raised_at`` is when the last alarm of its group came (again), ``step_s`` the seconds between rows, ``standing``
    whether any of its alarms is still active. UTC.
    """
    steps = STEPS if standing else STEPS[:SOON]
    waits = (timedelta(seconds=max(seconds, rows * step_s)) for seconds, rows in steps)
    moments = (raised_at + wait for wait in waits if wait <= LONGEST)
    return next((at for at in moments if at > made_at + _MARGIN), None)
