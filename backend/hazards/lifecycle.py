"""How a rectification goes on, and who may take which step. Pure: no database, no clock.

::

    open ──start──▶ in_progress ──submit──▶ submitted ──verify──▶ verified
                        ▲  │progress            │
                        └──┘       returned ◀──return
                                      └──submit──▶ submitted
    open, in_progress, returned, split ──cancel──▶ cancelled
    open, in_progress, returned ──split──▶ split ──the last part is verified──▶ verified
                                             └──all parts are cancelled──▶ returned
    open, in_progress, returned: ask for an extension ──▶ granted or refused; the state stays

What removes a hazard is checked by a second person: never by who owns it or has submitted it, and a
major one only by a safety officer, manager or administrator (ASVS 5.0 2.3.5, RELIABILITY 10).
"""

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from backend.alarms.models import Level
from backend.core.errors import N_, Conflict, Forbidden
from backend.hazards.models import RectificationState as State
from backend.identity.models import Role

LEADING = frozenset({Role.LEADER, Role.MANAGER, Role.SAFETY_OFFICER, Role.ADMIN})
GOVERNING = frozenset({Role.MANAGER, Role.SAFETY_OFFICER, Role.ADMIN})


class Step(enum.StrEnum):
    """What was done; the ``kind`` of an entry and the verb of its event."""

    OPENED = "opened"
    STARTED = "started"
    PROGRESS = "progress"
    SUBMITTED = "submitted"
    VERIFIED = "verified"
    RETURNED = "returned"
    REASSIGNED = "reassigned"
    CANCELLED = "cancelled"
    EXTENSION_ASKED = "extension_asked"
    EXTENDED = "extended"
    EXTENSION_REFUSED = "extension_refused"
    SPLIT = "split"
    JOINED = "joined"
    """Closed with its last part: by itself, nobody takes this step."""
    URGED = "urged"


@dataclass(frozen=True)
class Somebody:
    """A person as far as the rules need them."""

    id: int
    role: Role
    team_id: int | None = None


@dataclass(frozen=True)
class Case:
    """A rectification as far as the rules need it.

    ``submitted_by`` is who submitted it last, ``extension_by`` who waits for an answer to their request for an
    extension, ``whole_owner_id`` the owner of the whole when this is a part.
    """

    state: State
    level: str
    owner_id: int
    owner_team_id: int | None
    opened_by: int
    submitted_by: int | None = None
    extension_by: int | None = None
    whole_owner_id: int | None = None


@dataclass(frozen=True)
class _Rule:
    from_states: frozenset[State]
    to_state: State | None
    """None: the state stays."""


_WORKABLE = frozenset({State.OPEN, State.IN_PROGRESS, State.RETURNED})
_RULES: dict[Step, _Rule] = {
    Step.STARTED: _Rule(frozenset({State.OPEN}), State.IN_PROGRESS),
    Step.PROGRESS: _Rule(frozenset({State.IN_PROGRESS, State.RETURNED}), None),
    Step.SUBMITTED: _Rule(frozenset({State.IN_PROGRESS, State.RETURNED}), State.SUBMITTED),
    Step.VERIFIED: _Rule(frozenset({State.SUBMITTED}), State.VERIFIED),
    Step.RETURNED: _Rule(frozenset({State.SUBMITTED}), State.RETURNED),
    Step.REASSIGNED: _Rule(_WORKABLE, None),
    Step.CANCELLED: _Rule(_WORKABLE | {State.SPLIT}, State.CANCELLED),
    Step.EXTENSION_ASKED: _Rule(_WORKABLE, None),
    Step.EXTENDED: _Rule(_WORKABLE, None),
    Step.EXTENSION_REFUSED: _Rule(_WORKABLE, None),
    Step.SPLIT: _Rule(_WORKABLE, State.SPLIT),
    Step.JOINED: _Rule(frozenset({State.SPLIT}), State.VERIFIED),
    Step.URGED: _Rule(_WORKABLE, None),
}

FINAL = frozenset({State.VERIFIED, State.CANCELLED})
"""States that nothing follows."""
UNFINISHED = frozenset(State) - FINAL
"""All others; a list of them, and not all but ``FINAL``, lets an index by state serve."""
WORKABLE = _WORKABLE
"""States in which the owner has something to do, so that a deadline can be missed."""

_STATE_REFUSALS = {
    State.OPEN: N_("整改还没有开始"),
    State.IN_PROGRESS: N_("整改正在进行，还没有提交验收"),
    State.SUBMITTED: N_("整改已提交，正在等待验收"),
    State.RETURNED: N_("整改已被退回，需要重新提交"),
    State.VERIFIED: N_("整改已经验收通过"),
    State.CANCELLED: N_("整改已经取消"),
    State.SPLIT: N_("整改已经拆分，请在各个部分上操作"),
}


def works_on(case: Case, who: Somebody) -> bool:
    """Whether ``who`` does the work: its owner, or the leader of the owner's team."""
    if who.id == case.owner_id:
        return True
    return who.role == Role.LEADER and who.team_id is not None and who.team_id == case.owner_team_id


def may_verify(case: Case, who: Somebody) -> bool:
    """Whether ``who`` is the second person that may verify or return it."""
    if who.id in {case.owner_id, case.submitted_by, case.whole_owner_id}:
        return False
    if case.level == Level.MAJOR:
        return who.role in GOVERNING
    return who.role in LEADING or who.id == case.opened_by


def may_reassign(case: Case, who: Somebody) -> bool:
    """Whether ``who`` may give it to another owner: who opened it, the owner's leader, or who governs."""
    if who.role not in LEADING:
        return False
    return who.id == case.opened_by or who.role in GOVERNING or works_on(case, who)


def may_cancel(case: Case, who: Somebody) -> bool:
    """Whether ``who`` may drop it unverified: never its owner; a major one only who governs."""
    if who.id == case.owner_id:
        return False
    return who.role in GOVERNING or (who.id == case.opened_by and case.level != Level.MAJOR)


def may_extend(case: Case, who: Somebody) -> bool:
    """Whether ``who`` may answer a request for an extension: who opened it or who governs, never who asked or owns."""
    if who.id in {case.owner_id, case.extension_by}:
        return False
    return who.id == case.opened_by or who.role in GOVERNING


def may_urge(case: Case, who: Somebody) -> bool:
    """Whether ``who`` may press its owner: whoever may give it to another, but not the owner."""
    return who.id != case.owner_id and may_reassign(case, who)


def _nobody(_case: Case, _who: Somebody) -> bool:
    return False


def _obstacle(step: Step, case: Case) -> str:
    """Why ``step`` can't be taken although the state would let it; "" when nothing is in its way."""
    if step is Step.EXTENSION_ASKED and case.extension_by is not None:
        return N_("延期申请已提交，正在等待审批")
    if step in {Step.EXTENDED, Step.EXTENSION_REFUSED} and case.extension_by is None:
        return N_("没有等待审批的延期申请")
    if step is Step.SPLIT and case.whole_owner_id is not None:
        return N_("这是拆分出来的一部分，不能再拆分")
    return ""


def whole_after(parts: Iterable[State]) -> State | None:
    """What becomes of a split one whose parts stand so: None while one of them isn't closed.

    Verified when all of them are (those cancelled don't count); back to its owner when nothing is left of it.
    """
    states = set(parts)
    if not states <= FINAL:
        return None
    return State.VERIFIED if State.VERIFIED in states else State.RETURNED


_WHO = {
    Step.STARTED: (works_on, N_("只有责任人或其班组长可以操作")),
    Step.PROGRESS: (works_on, N_("只有责任人或其班组长可以操作")),
    Step.SUBMITTED: (works_on, N_("只有责任人或其班组长可以操作")),
    Step.VERIFIED: (may_verify, N_("整改须由责任人和提交人以外的人验收，重大隐患由安全员或管理人员验收")),
    Step.RETURNED: (may_verify, N_("整改须由责任人和提交人以外的人验收，重大隐患由安全员或管理人员验收")),
    Step.REASSIGNED: (may_reassign, N_("只有开单人、责任人的班组长或管理人员可以改派")),
    Step.EXTENSION_ASKED: (works_on, N_("只有责任人或其班组长可以操作")),
    Step.EXTENDED: (may_extend, N_("延期由开单人或管理人员审批，申请人和责任人不能自己批")),
    Step.EXTENSION_REFUSED: (may_extend, N_("延期由开单人或管理人员审批，申请人和责任人不能自己批")),
    Step.SPLIT: (may_reassign, N_("只有开单人、责任人的班组长或管理人员可以拆分")),
    Step.JOINED: (_nobody, N_("各部分都验收后自动销号")),
    Step.URGED: (may_urge, N_("只有开单人、责任人的班组长或管理人员可以催办")),
    Step.CANCELLED: (may_cancel, N_("责任人不能取消自己的整改，重大隐患由安全员或管理人员取消")),
}


def take(step: Step, case: Case, who: Somebody) -> State:
    """The state after ``who`` takes ``step``. Raises Conflict (wrong state) or Forbidden (wrong person)."""
    rule = _RULES[step]
    if case.state not in rule.from_states:
        raise Conflict(_STATE_REFUSALS[case.state])
    if obstacle := _obstacle(step, case):
        raise Conflict(obstacle)
    allowed, refusal = _WHO[step]
    if not allowed(case, who):
        raise Forbidden(refusal)
    return rule.to_state or case.state


def may_take(step: Step, case: Case, who: Somebody) -> bool:
    """Whether ``who`` can take ``step`` now."""
    return case.state in _RULES[step].from_states and not _obstacle(step, case) and _WHO[step][0](case, who)


def possible(case: Case, who: Somebody) -> frozenset[Step]:
    """What ``who`` can do with it now: the buttons to show."""
    return frozenset(step for step in _RULES if may_take(step, case, who))


def expected(case: Case, who: Somebody) -> Step | None:
    """The one step that ``who`` is waited for: the main button of the page.

    A leader may hand in for their people, but then can't verify it any more: so that isn't expected of them.
    """
    if may_take(Step.VERIFIED, case, who):
        return Step.VERIFIED
    own = who.id == case.owner_id
    return next((step for step in (Step.STARTED, Step.SUBMITTED) if own and may_take(step, case, who)), None)


def quick_step(case: Case, who: Somebody, *, overdue: bool) -> Step | None:
    """The one step a list offers beside it: an answer that is waited for, what is expected, or pressing when late."""
    if may_take(Step.EXTENDED, case, who):
        return Step.EXTENDED
    return expected(case, who) or (Step.URGED if overdue and may_take(Step.URGED, case, who) else None)
