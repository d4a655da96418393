"""What ``years.py`` asks for: heavy pages and the worker's rounds. A new one is one line here.

Names in braces are ids of the generated site (``IDS``). The scenes of ``/operations`` come from its own list.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.checkins.timekeeping import keep_rounds
from backend.hazards.reminders import remind_overdue
from backend.lessons.making import look_for_patterns
from backend.maintenance.reminders import remind_of_maintenance
from backend.operations.hub import SCENES
from backend.training.reminders import remind_learners

OPERATIONS = ("/operations", *(scene.url for scene in SCENES))
PAGES = (
    "/",
    "/tasks",
    "/alarms",
    "/alarms/{alarm}",
    "/rectifications",
    "/rectifications?tab=team",
    "/rectifications/{rectification}",
    "/reports",
    "/reports?search=密封",
    "/incidents",
    "/incidents/{incident}",
    "/incidents/history",
    "/incidents/history?period=all",
    "/incidents/history/rows?period=all",
    "/incidents/history/compare?period=year",
    "/lessons",
    "/traces",
    "/traces/{trace}",
    "/checkins?all=1",
    "/checkins/missed",
    "/plans",
    "/plans/{plan}",
    "/maintenance?show=all",
    "/equipment/{equipment}",
    "/areas/{area}",
    "/plant",
    "/points/{point}",
    "/people",
    "/people/{person}",
    "/training",
    "/training/{course}",
    "/rules",
    "/rules/{rule}",
    *OPERATIONS,
)
IDS = {
    "alarm": "alarm",
    "area": "area",
    "course": "course",
    "equipment": "equipment",
    "incident": "incident",
    "person": "person",
    "plan": "inspection_plan",
    "point": "point",
    "rectification": "rectification",
    "rule": "alarm_rule",
    "trace": "trace",
}
"""Tables whose row two thirds of the way is looked at."""

Job = Callable[[AsyncSession, int], Awaitable[Any]]
JOBS: dict[str, Job] = {
    "patterns": look_for_patterns,
    "rounds": lambda session, _site: keep_rounds(session),
    "overdue rectifications": lambda session, _site: remind_overdue(session),
    "maintenance": lambda session, _site: remind_of_maintenance(session),
    "learners": lambda session, _site: remind_learners(session),
}
"""Of the worker; each is done in a transaction that is rolled back, so that one doesn't help the next."""
