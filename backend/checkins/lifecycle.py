"""How a visit's state follows from when it was due and when somebody was there. Pure."""

from datetime import datetime

from backend.checkins.models import VisitState
from backend.checkins.schedule import Window, make_up_until


def is_late(window: Window, at: datetime) -> bool:
    """Whether a check-in at ``at`` came after its time."""
    return at >= window.closes


def state_after(state: str, window: Window, at: datetime) -> VisitState:
    """The visit's state after a check-in at ``at``, whenever that reaches us.

    In time it is done, also when it was taken for missed while a phone had no network; after its time it is made
    up for until the next one's time is over. What was done stays done.
    """
    if state == VisitState.DONE or window.opens <= at < window.closes:
        return VisitState.DONE
    if state != VisitState.MADE_UP and at >= make_up_until(window):
        return VisitState(state)
    return VisitState.MADE_UP
