"""Which steps feedback may take, and who may take them. Pure."""

import enum

from backend.core.errors import N_, Conflict, Forbidden
from backend.feedback.models import OPEN, State


class Step(enum.StrEnum):
    """What happens to feedback after it was given."""

    TAKEN = "taken"
    ASSIGNED = "assigned"
    ANSWERED = "answered"
    DECLINED = "declined"
    MERGED = "merged"
    REOPENED = "reopened"
    USEFUL = "useful"
    USELESS = "useless"


_CLOSED = (State.ANSWERED, State.DECLINED)
_FROM = {
    Step.TAKEN: (State.RECEIVED,),
    Step.ASSIGNED: OPEN,
    Step.ANSWERED: (*OPEN, *_CLOSED),
    Step.DECLINED: OPEN,
    Step.MERGED: OPEN,
}
_OWN = frozenset({Step.REOPENED, Step.USEFUL, Step.USELESS})


def check(step: Step, state: str, shown: str, *, own: bool, answers: bool) -> None:
    """``state``: how it stands; ``shown``: how its answer stands, which of something merged is that of the main one;
    ``own``: the actor gave it; ``answers``: the actor may answer. Raises Forbidden, and Conflict when it is too late.
    """
    if (step in _OWN and not own) or (step not in _OWN and not answers):
        raise Forbidden()
    fits = shown in _CLOSED if step in _OWN else state in _FROM[step]
    if not fits:
        raise Conflict(N_("这条反馈的状态已有变化，请查看最新情况"))


def after_reopening(assigned: bool) -> State:
    """Who had it has it again."""
    return State.WORKING if assigned else State.RECEIVED
