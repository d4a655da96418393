"""How a meeting goes on, what each sees of it, and what its end needs. Pure: no database, no clock.

::

    convened ──open──▶ opened ──close──▶ closed
       └──────call off──┴──────────────▶ called off, with a reason

Until somebody has chosen, or the choices are opened, they see neither what others chose nor what the system ranks: who
is told a machine's answer first leans on it, and neither training nor instruction prevents that (automation bias:
Parasuraman & Manzey 2010, doi 10.1177/0018720810376055).
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from backend.core.errors import N_, Conflict, DomainError, Forbidden, Invalid
from backend.incidents.meeting.models import LIVE, MeetingState

OTHER, NONE = "other", "none"
"""Instead of a candidate: another cause, in words; no cause can be named yet."""


class Step(enum.StrEnum):
    """What is done with a meeting."""

    AMEND = "amend"
    TICK = "tick"
    CHOOSE = "choose"
    OPEN = "open"
    CONFIRM = "confirm"
    ASK_WHY = "ask_why"
    DECIDE = "decide"
    CLOSE = "close"
    CALL_OFF = "call_off"


_FROM: dict[Step, tuple[MeetingState, ...]] = {
    Step.AMEND: LIVE,
    Step.TICK: LIVE,
    Step.CHOOSE: LIVE,
    Step.OPEN: (MeetingState.CONVENED,),
    Step.CONFIRM: (MeetingState.OPENED,),
    Step.ASK_WHY: (MeetingState.OPENED,),
    Step.DECIDE: (MeetingState.OPENED,),
    Step.CLOSE: (MeetingState.OPENED,),
    Step.CALL_OFF: LIVE,
}


def refusal(step: Step, state: str) -> DomainError | None:
    """Why ``step`` can't be taken in this state; None when it can."""
    if state not in LIVE:
        return Conflict(N_("复盘会已经结束，不能再改"))
    if state not in _FROM[step]:
        return Conflict(N_("选择已经公布") if step is Step.OPEN else N_("请先公布大家的选择"))
    return None


@dataclass(frozen=True)
class Chooser:
    """Somebody who chooses: whether they were asked to come, and whether they have chosen before."""

    asked: bool
    chosen: bool


def choice_refusal(state: str, opened_at: datetime | None, chooser: Chooser, at: datetime) -> DomainError | None:
    """Why a choice made at ``at`` doesn't count. One made before the opening counts though it arrives after it."""
    if not chooser.asked:
        return Forbidden(N_("请负责人先把您加进参会名单"))
    if chooser.chosen:
        return Conflict(N_("您已经选过了，选择不能改"))
    if (refused := refusal(Step.CHOOSE, state)) is not None:
        return refused
    if opened_at is not None and at > opened_at:
        return Conflict(N_("选择已经公布，现在选就不是盲选了"))
    return None


def sees_choices(opened_at: datetime | None, chosen: bool) -> bool:
    """Whether somebody sees what others chose and what the system ranks."""
    return chosen or opened_at is not None


def shuffled(keys: Sequence[str], meeting_id: int, person_id: int) -> list[str]:
    """The candidates in an order that tells nothing and that each person has to themselves, the same each time."""
    return sorted(keys, key=lambda key: sha256(f"{meeting_id}:{person_id}:{key}".encode()).digest())


def check_end(present: int, cause: str) -> None:
    """Raise Invalid naming what a meeting still needs before it can be closed."""
    wrong = {} if present else {"present": N_("请至少勾选一位到会的人")}
    if not cause:
        wrong["cause"] = N_("请先确认根源，或写明为什么定不了")
    if wrong:
        raise Invalid(fields=wrong)
