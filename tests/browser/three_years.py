"""A plant with three years behind it, on a web role of its own; what its worker does is done when a test says so."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import holding, now
from backend.core.database import Database
from backend.core.jobs import due_jobs, run_job
from backend.delivery.commands import address_people
from backend.identity.models import Person
from backend.identity.passwords import hash_password
from backend.operations.decisions.commands import set_budget
from backend.operations.decisions.making import plan_decisions
from backend.operations.indicators.rolling import plan_roll_ups
from backend.operations.reports.making import FROM_HOUR, plan_reports
from scripts.years.filling import ZONE, Wanted, fill
from tests.browser.phone import PASSWORD
from tests.factories import actor_for
from workers.handlers import HANDLERS

CODE = "years"
YEARS = 3
SCALE = 0.03
"""60 points: 1,200 alarms, 2,800 visits, 580 rectifications, 4 incidents; filled in four seconds."""

HOURS_A_WEEK = 8.0
"""What people may walk: over twice what is walked, so that some round is always worth more, whatever the day."""
Planner = Callable[[AsyncSession], Awaitable[int]]


@dataclass(frozen=True)
class Years:
    """The plant: where its web role answers, and its rows."""

    url: str
    database: Database

    async def write_reports(self) -> int:
        """What the worker does once a week and a month are over, and then tells who reads them; gives how many."""
        with holding(now().astimezone(ZoneInfo(ZONE)).replace(hour=FROM_HOUR)):
            written = await _worked(self.database, plan_reports)
        async with self.database.session() as session:
            await address_people(session)
        return written

    def last_month(self) -> str:
        """``YYYY-MM`` by the site's calendar."""
        first = now().astimezone(ZoneInfo(ZONE)).replace(day=1)
        return f"{first - timedelta(days=1):%Y-%m}"


async def fill_three_years(database: Database) -> None:
    """Three years until now; rolled up and decided on as the worker does it."""
    async with database.session() as session:
        wanted = Wanted(CODE, YEARS, 1, now(), SCALE, 200, 30, await hash_password(PASSWORD))
        await fill(session, wanted, lambda _: None)
    async with database.session() as session:
        await (await session.connection()).exec_driver_sql("ANALYZE")
    for plan in (plan_roll_ups, plan_decisions):
        assert await _worked(database, plan), plan
    async with database.session() as session:
        manager = await session.scalar(select(Person).where(col(Person.account) == f"{CODE}-manager1"))
        assert manager is not None
        await set_budget(session, await actor_for(session, manager), HOURS_A_WEEK, Decimal(0), may_look_less=False)


async def oldest_alarm_days(database: Database) -> float:
    """How long ago the first alarm was raised."""
    async with database.session() as session:
        return float(await session.scalar(text("SELECT extract(epoch FROM now() - min(raised_at)) / 86400 FROM alarm")))


async def _worked(database: Database, plan: Planner) -> int:
    """Plan, and do what was planned; gives how many jobs."""
    async with database.session() as session:
        await plan(session)
    async with database.session() as session:
        planned = await due_jobs(session)
    return sum([await run_job(database, HANDLERS, one) for one in planned])
