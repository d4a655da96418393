"""One report with everything its page shows."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.hazards.lifecycle import FINAL
from backend.hazards.models import Rectification
from backend.hazards.reports.models import HazardReport, ReportPhoto
from backend.hazards.reports.queries.lists import PAGE, Card, card
from backend.hazards.reports.queries.places import Spot
from backend.identity.actor import Actor
from backend.identity.models import Person, Team
from backend.identity.permissions import visible
from backend.identity.scoping import get_visible


@dataclass(frozen=True)
class Added:
    """A report that was merged into this one."""

    report: HazardReport
    reporter: Person | None


@dataclass(frozen=True)
class Story:
    """A report with everything its page shows."""

    card: Card
    photos: Sequence[ReportPhoto]
    """Its own, and those of what was merged into it."""
    decider: Person | None
    team: Team | None
    added: Sequence[Added]


async def story(session: AsyncSession, actor: Actor, report_id: int) -> Story:
    """One report. Raises NotFound, also for one the actor may not see."""
    shown = await card(session, actor, report_id)
    report = shown.report
    added = await _added(session, actor, report_id)
    return Story(
        shown,
        await _photos(session, actor, [report_id, *(one.report.id for one in added)]),
        await get_visible(session, actor, Person, report.decided_by) if report.decided_by else None,
        await get_visible(session, actor, Team, report.team_id) if report.team_id else None,
        added,
    )


async def _added(session: AsyncSession, actor: Actor, report_id: int) -> list[Added]:
    """What was merged into it; a worker sees of those their own."""
    found = await session.execute(
        select(HazardReport, Person)
        .outerjoin(Person, col(Person.id) == col(HazardReport.reporter_id))
        .where(visible(actor, HazardReport), col(HazardReport.merged_into_id) == report_id)
        .order_by(col(HazardReport.id))
    )
    return [Added(*row) for row in found]


async def _photos(session: AsyncSession, actor: Actor, report_ids: list[int]) -> Sequence[ReportPhoto]:
    found = await session.execute(
        select(ReportPhoto)
        .where(visible(actor, ReportPhoto), col(ReportPhoto.report_id).in_(report_ids))
        .order_by(col(ReportPhoto.report_id), col(ReportPhoto.id))
    )
    return found.scalars().all()


async def photo(session: AsyncSession, actor: Actor, photo_id: int) -> ReportPhoto:
    """One picture. Raises NotFound, also for one the actor may not see."""
    return await get_visible(session, actor, ReportPhoto, photo_id)


async def rectifications_of(session: AsyncSession, actor: Actor, here: Spot) -> Sequence[Rectification]:
    """Unfinished rectifications of the equipment, or of the area, that the actor may see; the most urgent first."""
    thing, area = here.equipment, here.area
    found = await session.execute(
        select(Rectification)
        .where(
            visible(actor, Rectification),
            col(Rectification.equipment_id) == thing.id if thing else col(Rectification.area_id) == (area and area.id),
            col(Rectification.state).not_in(FINAL),
        )
        .order_by(col(Rectification.deadline))
        .limit(PAGE)
    )
    return found.scalars().all()
