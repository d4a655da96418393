"""What people do: check in, and plan who checks what how often."""

from backend.checkins.commands.going_back import restore_plan
from backend.checkins.commands.planning import (
    PlanWish,
    change_plan,
    make_plan,
    restore_calendar,
    resume_plan,
    set_calendar,
    set_fence,
    stop_plan,
)
from backend.checkins.commands.visiting import Look, check_in_place, check_in_visit, remember_consent

__all__ = [
    "Look",
    "PlanWish",
    "change_plan",
    "check_in_place",
    "check_in_visit",
    "make_plan",
    "remember_consent",
    "restore_calendar",
    "restore_plan",
    "resume_plan",
    "set_calendar",
    "set_fence",
    "stop_plan",
]
