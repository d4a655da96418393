"""The states of an alarm (ISA-18.2-2016, clause 5.2.2) as a function: facts and an event in, facts or a refusal out.

An alarm rests in the state that two facts give: does the condition hold, and has somebody acknowledged since
it last came. Shelving and taking out of service lie over that and give way to it again. A latched alarm
(every major one is) stays until a second person closes it.
"""

import enum
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta

from backend.alarms.models import Alarm, AlarmState, Level
from backend.core.errors import N_

LONGEST_SHELVING = {
    Level.MAJOR: timedelta(hours=1),
    Level.SIGNIFICANT: timedelta(hours=8),
    Level.GENERAL: timedelta(hours=24),
    Level.LOW: timedelta(hours=72),
}


CALLING = frozenset({AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED})
"""States in which people are told again and again: nobody has acknowledged yet."""
SET_ASIDE = frozenset({AlarmState.SHELVED, AlarmState.OUT_OF_SERVICE})
"""States in which somebody has decided that it need not call."""


@dataclass(frozen=True)
class Facts:
    """What is known of one alarm. Moments are UTC; people by id."""

    state: AlarmState
    level: Level
    latched: bool
    active: bool
    raised_at: datetime
    last_raised_at: datetime
    times_raised: int = 1
    returned_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: int | None = None
    shelved_until: datetime | None = None
    shelved_reason: str = ""
    closed_at: datetime | None = None
    closed_by: int | None = None

    @property
    def acknowledged(self) -> bool:
        """Whether somebody acknowledged since the condition last came."""
        return self.acknowledged_at is not None and self.acknowledged_at >= self.last_raised_at


def facts_of(alarm: Alarm) -> Facts:
    """The facts of an alarm's row."""
    values = {field.name: getattr(alarm, field.name) for field in fields(Facts)}
    return Facts(**values | {"state": AlarmState(alarm.state), "level": Level(alarm.level)})


@dataclass(frozen=True)
class Raise:
    """The condition holds (again)."""

    at: datetime


@dataclass(frozen=True)
class Return:
    """The condition has gone."""

    at: datetime


@dataclass(frozen=True)
class Acknowledge:
    """A person has seen it and answers for it."""

    by: int
    at: datetime


@dataclass(frozen=True)
class Shelve:
    """A person silences it for a while, with a reason."""

    reason: str
    until: datetime
    at: datetime


@dataclass(frozen=True)
class Unshelve:
    """Its time on the shelf is over, or a person took it back."""

    at: datetime


@dataclass(frozen=True)
class TakeOut:
    """Its rule was taken out of service."""


@dataclass(frozen=True)
class BringBack:
    """Its rule is in service again and judges afresh."""

    at: datetime


@dataclass(frozen=True)
class Close:
    """A person ends a latched alarm whose condition has gone."""

    by: int
    at: datetime


Step = Raise | Return | Acknowledge | Shelve | Unshelve | TakeOut | BringBack | Close


class Refusal(enum.Enum):
    """Why a step isn't possible; the value is what a person reads (msgid)."""

    CLOSED = N_("报警已经关闭")
    ALREADY_ACKNOWLEDGED = N_("报警已有人确认")
    SHELVED = N_("报警已搁置，请先取消搁置")
    OUT_OF_SERVICE = N_("报警规则已退出服务")
    NOT_SHELVED = N_("报警没有被搁置")
    NOT_OUT_OF_SERVICE = N_("报警没有退出服务")
    STILL_ACTIVE = N_("异常还没有恢复，不能关闭")
    NOT_ACKNOWLEDGED = N_("请先确认，再关闭")
    SECOND_PERSON = N_("重大报警须由确认人以外的另一人关闭")
    NO_REASON = N_("请填写搁置原因")
    TOO_LONG = N_("搁置时间超过该等级允许的上限")
    NOT_LATER = N_("搁置到的时间应晚于现在")


def first(level: Level, latched: bool, at: datetime) -> Facts:
    """A condition has come that isn't open yet. Every major alarm latches (RELIABILITY 10)."""
    return Facts(AlarmState.UNACKNOWLEDGED, level, latched or level == Level.MAJOR, True, at, at)


def step(facts: Facts, event: Step) -> Facts | Refusal:  # noqa: PLR0911 - one line a kind of step is the readable form
    """What becomes of ``facts`` by ``event``. The same facts mean that nothing changed."""
    if facts.state == AlarmState.CLOSED:
        return Refusal.CLOSED
    match event:
        case Raise(at):
            return facts if facts.active else _raised_again(facts, at)
        case Return(at):
            return _resting(replace(facts, active=False, returned_at=at), at) if facts.active else facts
        case Acknowledge(by, at):
            return _acknowledged(facts, by, at)
        case Shelve():
            return _shelved(facts, event)
        case Unshelve(at):
            return _awake(facts, at) if facts.state == AlarmState.SHELVED else Refusal.NOT_SHELVED
        case TakeOut():
            return replace(facts, state=AlarmState.OUT_OF_SERVICE, shelved_until=None)
        case BringBack(at):
            return _back(facts, at)
        case Close(by, at):
            return _closed(facts, by, at)


def refusals(facts: Facts, by: int, at: datetime) -> dict[str, str]:
    """Deed → why ``by`` can't do it now (msgid); a deed that isn't in it is possible."""
    deeds: dict[str, Step] = {
        "acknowledge": Acknowledge(by, at),
        "shelve": Shelve("-", at + timedelta(minutes=1), at),
        "unshelve": Unshelve(at),
        "close": Close(by, at),
    }
    answers = {deed: step(facts, event) for deed, event in deeds.items()}
    return {deed: answer.value for deed, answer in answers.items() if isinstance(answer, Refusal)}


def _resting(facts: Facts, at: datetime) -> Facts:
    """The state that the two facts give, unless it lies on the shelf or out of service."""
    return facts if facts.state in SET_ASIDE else _awake(facts, at)


def _awake(facts: Facts, at: datetime) -> Facts:
    bare = replace(facts, shelved_until=None)
    if facts.active:
        state = AlarmState.ACKNOWLEDGED if facts.acknowledged else AlarmState.UNACKNOWLEDGED
        return replace(bare, state=state)
    if not facts.acknowledged:
        return replace(bare, state=AlarmState.RETURNED)
    if facts.latched:
        return replace(bare, state=AlarmState.ACKNOWLEDGED)
    return replace(bare, state=AlarmState.CLOSED, closed_at=at)


def _raised_again(facts: Facts, at: datetime) -> Facts:
    # An acknowledgement made in the same instant belongs to the former occurrence.
    fresh = at if facts.acknowledged_at is None else max(at, facts.acknowledged_at + timedelta(microseconds=1))
    again = replace(facts, active=True, last_raised_at=fresh, times_raised=facts.times_raised + 1)
    return _resting(again, at)


def _acknowledged(facts: Facts, by: int, at: datetime) -> Facts | Refusal:
    if facts.state == AlarmState.SHELVED:
        return Refusal.SHELVED
    if facts.state == AlarmState.OUT_OF_SERVICE:
        return Refusal.OUT_OF_SERVICE
    if facts.acknowledged:
        return Refusal.ALREADY_ACKNOWLEDGED
    seen = replace(facts, acknowledged_at=max(at, facts.last_raised_at), acknowledged_by=by)
    return _resting(seen, at)


def _shelved(facts: Facts, event: Shelve) -> Facts | Refusal:
    if facts.state == AlarmState.OUT_OF_SERVICE:
        return Refusal.OUT_OF_SERVICE
    if not event.reason.strip():
        return Refusal.NO_REASON
    if event.until <= event.at:
        return Refusal.NOT_LATER
    if event.until - event.at > LONGEST_SHELVING[facts.level]:
        return Refusal.TOO_LONG
    return replace(facts, state=AlarmState.SHELVED, shelved_until=event.until, shelved_reason=event.reason.strip())


def _back(facts: Facts, at: datetime) -> Facts | Refusal:
    if facts.state != AlarmState.OUT_OF_SERVICE:
        return Refusal.NOT_OUT_OF_SERVICE
    # The rule judges afresh: if the condition still holds it raises again at once.
    returned = at if facts.active else facts.returned_at
    return _awake(replace(facts, active=False, returned_at=returned), at)


def _closed(facts: Facts, by: int, at: datetime) -> Facts | Refusal:
    if facts.state == AlarmState.SHELVED:
        return Refusal.SHELVED
    if facts.state == AlarmState.OUT_OF_SERVICE:
        return Refusal.OUT_OF_SERVICE
    if facts.active:
        return Refusal.STILL_ACTIVE
    if not facts.acknowledged:
        return Refusal.NOT_ACKNOWLEDGED
    if facts.level == Level.MAJOR and by == facts.acknowledged_by:
        return Refusal.SECOND_PERSON
    return replace(facts, state=AlarmState.CLOSED, closed_at=at, closed_by=by)
