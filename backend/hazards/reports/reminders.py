"""Reminds of hazard reports that nobody has decided on. The worker role calls it."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.hazards.reports.models import HazardReport, ReportState
from backend.hazards.reports.patience import climbs, next_reminder
from backend.hazards.reports.telling import deciders, overseers, tell
from backend.identity.models import Person
from backend.identity.permissions import system_query
from backend.plant.models import Area

AT_ONCE = 200


@system_query("the worker reminds on all sites")
async def remind_deciders(session: AsyncSession) -> int:
    """Record ``report.waiting`` for each report whose time to be reminded of has come: told are those who decide, and
    managers and safety officers once it has waited twice as long as it may.

    The next time is kept with it in the same transaction, so that a restart tells nobody twice. Gives how many; call
    again while it is ``AT_ONCE``. Two workers at once share the work.
    """
    waiting = await session.execute(
        select(HazardReport, col(Area.team_id), col(Person.team_id))
        .outerjoin(Area, col(Area.id) == col(HazardReport.area_id))
        .outerjoin(Person, col(Person.id) == col(HazardReport.reporter_id))
        .where(col(HazardReport.state) == ReportState.WAITING, col(HazardReport.remind_at) <= now())
        .order_by(col(HazardReport.remind_at))
        .limit(AT_ONCE)
        .with_for_update(of=HazardReport, skip_locked=True)
    )
    late = waiting.all()
    deciding = {about: await deciders(session, *about) for about in {_place(*row) for row in late}}
    above = {site: await overseers(session, site) for site in {report.site_id for report, *_ in late}}
    for report, *teams in late:
        climbed = climbs(report.level, report.created_at, now())
        told = deciding[_place(report, *teams)] | (above[report.site_id] if climbed else set())
        report.remind_at = next_reminder(report.level, report.created_at, now())
        await tell(session, report, "waiting", told)
    return len(late)


def _place(report: HazardReport, keepers: int | None, own_team: int | None) -> tuple[int, int | None, int | None]:
    """What decides whom a report concerns: hundreds of reports come from a few teams."""
    return report.site_id, keepers, own_team
