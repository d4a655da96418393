"""How one rectification went, step by step, from its opening to the end or to now. Pure."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from backend.alarms.models import Level
from backend.hazards.lifecycle import Step

DAYS = {Level.MAJOR: 3, Level.SIGNIFICANT: 7, Level.GENERAL: 15, Level.LOW: 30}
"""From opening to the deadline."""
_NOTES = {
    Step.OPENED: "发现隐患，安排整改",
    Step.STARTED: "开始整改",
    Step.PROGRESS: "已拆检，等待备件",
    Step.SUBMITTED: "已整改，请验收",
    Step.VERIFIED: "现场复核合格",
    Step.RETURNED: "整改不到位，请返工",
    Step.CANCELLED: "重复开单，取消",
    Step.EXTENSION_ASKED: "备件未到，申请延期",
    Step.EXTENDED: "同意延期",
    Step.EXTENSION_REFUSED: "不同意延期，请抓紧",
}


@dataclass(frozen=True)
class Hands:
    """Who may do what, by id: ``owner`` works, ``opener`` opened it, ``officer`` governs."""

    owner: int
    opener: int
    officer: int


@dataclass(frozen=True)
class Taken:
    """A step that was taken; ``deadline`` of those about an extension."""

    step: Step
    by: int
    at: datetime
    deadline: datetime | None = None

    @property
    def note(self) -> str:
        """Its words."""
        return _NOTES[self.step]


@dataclass(frozen=True)
class Course:
    """All that happened, and the deadlines it ended with."""

    steps: list[Taken]
    deadline: datetime
    original: datetime | None
    wanted: datetime | None
    """Asked for and not yet decided."""

    def last(self, step: Step) -> Taken | None:
        """The last one of its kind."""
        return next((one for one in reversed(self.steps) if one.step is step), None)


def course(dice: random.Random, hands: Hands, level: Level, opened: datetime, late: bool, until: datetime) -> Course:
    """One that was opened at ``opened``; what lies after ``until`` hasn't happened. ``late``: handed in too late."""
    deadline = opened + timedelta(days=DAYS[level])
    went = Course([Taken(Step.OPENED, hands.opener, opened)], deadline, None, None)
    for move in (_begun, _extended, _ended):
        went = move(dice, hands, level, went, late)
    return _until(went, until, deadline)


_Move = Callable[[random.Random, Hands, Level, Course, bool], Course]


def _begun(dice: random.Random, hands: Hands, _level: Level, went: Course, _late: bool) -> Course:
    opened = went.steps[0].at
    left = (went.deadline - opened).total_seconds()
    start = opened + timedelta(seconds=int(dice.uniform(0.02, 0.2) * left))
    steps = [*went.steps, Taken(Step.STARTED, hands.owner, start)]
    if dice.random() < 0.5:
        steps.append(Taken(Step.PROGRESS, hands.owner, start + timedelta(seconds=int(0.1 * left))))
    return replace(went, steps=steps)


def _extended(dice: random.Random, hands: Hands, _level: Level, went: Course, _late: bool) -> Course:
    if dice.random() >= 0.12:
        return went
    left = (went.deadline - went.steps[-1].at).total_seconds()
    asked = went.steps[-1].at + timedelta(seconds=int(left * 0.2))
    decided = asked + timedelta(seconds=int(left * dice.uniform(0.05, 0.2)))
    wanted = went.deadline + timedelta(days=7)
    steps = [*went.steps, Taken(Step.EXTENSION_ASKED, hands.owner, asked, wanted)]
    if dice.random() < 0.7:
        steps.append(Taken(Step.EXTENDED, hands.officer, decided, wanted))
        return replace(went, steps=steps, deadline=wanted, original=went.deadline)
    return replace(went, steps=[*steps, Taken(Step.EXTENSION_REFUSED, hands.officer, decided, wanted)])


def _ended(dice: random.Random, hands: Hands, level: Level, went: Course, late: bool) -> Course:
    last = went.steps[-1].at
    if dice.random() < 0.03:
        at = last + timedelta(hours=dice.randrange(2, 48))
        return replace(went, steps=[*went.steps, Taken(Step.CANCELLED, hands.officer, at)])
    verifier = hands.officer if level == Level.MAJOR or hands.opener == hands.owner else hands.opener
    handed = last + (went.deadline - last) * dice.uniform(0.1, 0.95)
    if late:
        handed = went.deadline + timedelta(seconds=int(dice.expovariate(1 / 4) * 86_400) + 60)
    return replace(went, steps=[*went.steps, *_judged(dice, hands, verifier, handed.replace(microsecond=0))])


def _judged(dice: random.Random, hands: Hands, verifier: int, handed: datetime) -> Iterator[Taken]:
    while True:
        yield Taken(Step.SUBMITTED, hands.owner, handed)
        judged = handed + timedelta(minutes=dice.randrange(60, 2400))
        if dice.random() >= 0.12:
            yield Taken(Step.VERIFIED, verifier, judged)
            return
        yield Taken(Step.RETURNED, verifier, judged)
        handed = judged + timedelta(minutes=dice.randrange(600, 4300))


def _until(went: Course, until: datetime, first_deadline: datetime) -> Course:
    """As it stands at ``until``."""
    steps = [one for one in went.steps if one.at < until]
    happened = {one.step for one in steps}
    if Step.EXTENDED not in happened:
        went = replace(went, deadline=first_deadline, original=None)
    asked = next((one for one in steps if one.step is Step.EXTENSION_ASKED), None)
    waits = asked is not None and not happened & {Step.EXTENDED, Step.EXTENSION_REFUSED}
    return replace(went, steps=steps, wanted=asked.deadline if waits and asked else None)
