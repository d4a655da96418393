"""What ``years.py`` asks for: heavy pages and the worker's rounds. A new one is one line here.

Names in braces are ids of the generated site (``IDS``). The scenes of ``/operations`` come from its own list.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.checkins.timekeeping import keep_rounds
from backend.core.clock import now
from backend.governance.cleaning.rounds import look_through
from backend.hazards.reminders import remind_overdue
from backend.identity.models import Site
from backend.lessons.making import look_for_patterns
from backend.maintenance.reminders import remind_of_maintenance
from backend.operations.decisions.making import find_out
from backend.operations.duty.keeping import keep_duty
from backend.operations.hub import SCENES
from backend.operations.indicators.rolling import roll_up
from backend.operations.reports.making import write_report
from backend.operations.reports.models import NO_STAGE, Period
from backend.operations.reports.periods import last_over
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
    "/risk-map?show=still",
    "/risks?q=反应",
    "/indicators?period=year",
    "/indicators/on_time?period=year",
    "/indicators/on_time/rows?period=year",
    "/distribution?period=1y",
    "/distribution/rows?period=1y",
    "/distribution/risk-points",
    "/duty/me",
    "/duty/people/{person}",
    "/alarm-load?period=30d",
    "/alarm-load?period=90d",
    "/alarm-load/rows?period=90d",
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


async def _looked_lately(session: AsyncSession, site: int) -> int:
    """One of the looks of every five minutes: all but the last hour of readings was looked through before."""
    place = "INSERT INTO cleaning_round(site_id, records_until, hours_until, night) SELECT :site, :at, "
    place += "(SELECT until - interval '1 hour' FROM quality_round WHERE site_id = :site), :day"
    zone = await _zone_of(session, site)
    values = {"site": site, "at": now() - timedelta(minutes=5), "day": now().astimezone(zone).date()}
    await session.execute(text(place), values)
    return await look_through(session, site, zone)


async def _zone_of(session: AsyncSession, site: int) -> ZoneInfo:
    return ZoneInfo((await session.get_one(Site, site)).time_zone)


async def _first_look(session: AsyncSession, site: int) -> int:
    return await look_through(session, site, await _zone_of(session, site))


JOBS: dict[str, Job] = {
    "patterns": look_for_patterns,
    "rounds": lambda session, _site: keep_rounds(session),
    "overdue rectifications": lambda session, _site: remind_overdue(session),
    "maintenance": lambda session, _site: remind_of_maintenance(session),
    "learners": lambda session, _site: remind_learners(session),
    "indicators, all days anew": lambda session, site: roll_up(session, site, everything=True),
    "duty, its month and the three before": lambda session, _site: keep_duty(session),
    "decisions": find_out,
    "cleaning, a site's first look and its night": _first_look,
    "cleaning, a look of every five minutes": _looked_lately,
    "the site's monthly report": lambda session, site: write_report(session, _last_month(site)),
}
"""Of the worker; each is done in a transaction that is rolled back, so that one doesn't help the next."""


def _last_month(site: int) -> dict[str, Any]:
    first = last_over(Period.MONTH, now().date()).first
    return {"site_id": site, "kind": str(Period.MONTH), "first": first.isoformat(), "stage_id": NO_STAGE, "by": None}
