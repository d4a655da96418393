"""What waits for one person, of all kinds, as one list. Pure; ``waiting`` asks the domains for it."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


class TaskKind(enum.StrEnum):
    """Where a task comes from."""

    CHECKIN = "checkin"
    RECTIFICATION = "rectification"
    VERIFICATION = "verification"
    EXTENSION = "extension"
    TRIAGE = "triage"
    COURSE = "course"
    CHECK = "check"
    INCIDENT = "incident"
    STEP = "step"
    REPLY = "reply"
    MAINTENANCE = "maintenance"
    MEETING = "meeting"
    APPEAL = "appeal"
    FEEDBACK = "feedback"


@dataclass(frozen=True)
class Task:
    """One thing to do. ``title_en`` and ``place_en`` may be empty."""

    kind: TaskKind
    url: str
    title: str
    title_en: str = ""
    place: str = ""
    place_en: str = ""
    level: str = ""
    """Of the risk behind it, where there is one."""
    due_at: datetime | None = None
    burns: bool = False
    """Has no time of its own since it goes on right now: first of this day's."""


@dataclass(frozen=True)
class Waiting:
    """The tasks of one person: late ones, those of this day, the others, each the soonest first."""

    late: list[Task]
    today: list[Task]
    later: list[Task]

    def __len__(self) -> int:
        return len(self.late) + len(self.today) + len(self.later)


def sort_tasks(tasks: Iterable[Task], moment: datetime, day_ends: datetime) -> Waiting:
    """``tasks`` by what burns at ``moment``; what has no time of its own comes after what has one."""
    late, today, later = [], [], []
    for task in sorted(tasks, key=lambda one: (not one.burns, one.due_at is None, one.due_at or moment)):
        if task.burns:
            today.append(task)
        elif task.due_at is None or task.due_at >= day_ends:
            later.append(task)
        elif task.due_at < moment:
            late.append(task)
        else:
            today.append(task)
    return Waiting(late, today, later)
