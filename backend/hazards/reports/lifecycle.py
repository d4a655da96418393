"""How a report goes on. Pure: no database, no clock.

::

    waiting ──accept──▶ accepted ──open rectification──▶ (rectification goes its way) ──verified──▶ removed
    waiting ──merge───▶ merged into an open one, and shares its outcome
    waiting ──refuse──▶ refused, with a reason
"""

import enum

from backend.core.errors import N_, Conflict
from backend.hazards.models import RectificationState
from backend.hazards.reports.models import ReportState


class Outcome(enum.StrEnum):
    """What became of a report, as its reporter reads it."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    RECTIFYING = "rectifying"
    REMOVED = "removed"
    REFUSED = "refused"


_DECIDED = {
    ReportState.ACCEPTED: N_("这条上报已经受理"),
    ReportState.MERGED: N_("这条上报已经并入另一条"),
    ReportState.REFUSED: N_("这条上报已经退回"),
}


def check_waiting(state: str) -> None:
    """Raises Conflict for a report that somebody has decided on already."""
    if state != ReportState.WAITING:
        raise Conflict(_DECIDED[ReportState(state)])


def check_rectifiable(state: str, rectification: str | None) -> None:
    """Raises Conflict unless the report is accepted and nothing removes its hazard yet. A cancelled one doesn't."""
    if state != ReportState.ACCEPTED:
        raise Conflict(N_("请先受理这条上报"))
    if rectification not in {None, RectificationState.CANCELLED}:
        raise Conflict(N_("这条上报已经开过整改"))


def stands_open(state: str, rectification: str | None) -> bool:
    """Whether the hazard still stands, so that others may add what they saw to it."""
    waiting = state == ReportState.WAITING
    return waiting or (state == ReportState.ACCEPTED and rectification != RectificationState.VERIFIED)


def outcome(state: str, rectification: str | None) -> Outcome:
    """What became of a report with ``state`` and the state of its rectification, None without one.

    Of a merged report give those of the one it was merged into.
    """
    if state == ReportState.REFUSED:
        return Outcome.REFUSED
    if state == ReportState.WAITING:
        return Outcome.WAITING
    if rectification == RectificationState.VERIFIED:
        return Outcome.REMOVED
    return Outcome.ACCEPTED if rectification in {None, RectificationState.CANCELLED} else Outcome.RECTIFYING
