"""How an incident goes on. Pure: no database, no clock.

::

    open ──contain──▶ contained ──close──▶ closed
      ▲                   │
      └──────flare────────┘     another grave sign after it was contained
    open or contained ──call off──▶ called off (误报), with a reason

What is over takes no further step; its log still takes what people on site did and could not send before, and what kind
of accident it was can be told of all but what was none.
"""

from dataclasses import dataclass

from backend.alarms.models import Level
from backend.core.errors import N_, Conflict, DomainError, Forbidden, Invalid
from backend.incidents.models import Deed, IncidentState

LEVELS = (Level.MAJOR, Level.SIGNIFICANT, Level.GENERAL)
"""How gravely an incident can be handled; a risk that has broken out is not 低."""
LIVE = (IncidentState.OPEN, IncidentState.CONTAINED)

_OVER = N_("事件已经结束，不能再这样操作")
_FROM: dict[Deed, tuple[IncidentState, ...]] = {
    Deed.JOINED: LIVE,
    Deed.FLARED: (IncidentState.CONTAINED,),
    Deed.LED: LIVE,
    Deed.SET: LIVE,
    Deed.CONTAINED: (IncidentState.OPEN,),
    Deed.CLOSED: (IncidentState.CONTAINED,),
    Deed.CALLED_OFF: LIVE,
    Deed.CLASSIFIED: (*LIVE, IncidentState.CLOSED),
}
_TO = {
    Deed.FLARED: IncidentState.OPEN,
    Deed.CONTAINED: IncidentState.CONTAINED,
    Deed.CLOSED: IncidentState.CLOSED,
    Deed.CALLED_OFF: IncidentState.CALLED_OFF,
}
_WHY_NOT = {
    Deed.CONTAINED: N_("事件已经控制住"),
    Deed.CLOSED: N_("请先确认已控制，再关闭"),
    Deed.FLARED: N_("事件还没有控制住"),
}


@dataclass(frozen=True)
class Case:
    """An incident as the rules see it."""

    state: str
    level: str
    contained_by: int | None = None


def take(step: Deed, case: Case, person_id: int | None, words: str = "") -> IncidentState:
    """The state after ``step`` by a person (None: the system).

    Raises Conflict where the state doesn't allow it, Invalid without the words a step needs, Forbidden where a second
    person is needed: 重大 is closed by somebody else than who said that it is contained.
    """
    refused = refusal(step, case, person_id)
    if refused is not None:
        raise refused
    if step is Deed.CALLED_OFF and not words:
        raise Invalid(fields={"words": N_("请写明为什么不是事件")})
    return _TO.get(step, IncidentState(case.state))


def refusal(step: Deed, case: Case, person_id: int | None) -> DomainError | None:
    """Why ``step`` can't be taken now by this person; None when it can."""
    state = IncidentState(case.state)
    if state not in _FROM[step]:
        return Conflict(_WHY_NOT[step] if state in LIVE else _OVER)
    if step is Deed.CLOSED and case.level == Level.MAJOR and case.contained_by == person_id:
        return Forbidden(N_("重大事件由另一位负责人核实后关闭"))
    return None


def possible(case: Case, person_id: int) -> frozenset[Deed]:
    """The steps that a leading person can take now."""
    steps = (Deed.LED, Deed.SET, Deed.CONTAINED, Deed.CLOSED, Deed.CALLED_OFF, Deed.CLASSIFIED)
    return frozenset(step for step in steps if refusal(step, case, person_id) is None)
