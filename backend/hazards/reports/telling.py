"""What every step of a report leaves behind: an audit entry, and an event for the phones that it concerns."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.events import record_event
from backend.hazards.reports.draft import headline
from backend.hazards.reports.models import HazardReport
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.models import AuditEntry, Person, Role
from backend.identity.permissions import system_query, visible

_TITLES = {
    "sent": ("新的隐患上报", "New hazard report"),
    "accepted": ("上报已受理", "Report accepted"),
    "merged": ("上报已并入", "Report merged"),
    "refused": ("上报未受理", "Report not accepted"),
    "rectified": ("上报已开整改", "Rectification opened for report"),
    "removed": ("上报的隐患已消除", "Reported hazard removed"),
    "waiting": ("上报等待受理", "Hazard report waits"),
}
"""Stored with the event in both languages, so that a timeline keeps the words it was told with."""


async def leave(
    session: AsyncSession, actor: Actor, report: HazardReport, verb: str, change: dict[str, Any], told: Iterable[int]
) -> None:
    """Record ``report.<verb>``; ``told`` are the ids of those whom it concerns, the actor left out.

    Who reports without a sign-in is nobody in the audit entry, and has no address there: the page promises it.
    """
    if actor.person_id:
        await record_change(session, actor, f"report.{verb}", "hazard_report", report.id, change)
    else:
        session.add(
            AuditEntry(
                site_id=actor.site_id,
                action=f"report.{verb}",
                object_type="hazard_report",
                object_id=report.id,
                change=change,
            )
        )
    await tell(session, report, verb, told, actor_id=actor.person_id)


async def tell(
    session: AsyncSession, report: HazardReport, verb: str, told: Iterable[int], *, actor_id: int = 0
) -> None:
    """The event alone, for what is audited elsewhere; ``actor_id`` 0: nobody in particular did it."""
    zh, en = _TITLES[verb]
    words = headline(report.title, report.details)
    await record_event(
        session,
        site_id=report.site_id,
        kind=f"report.{verb}",
        subject="report",
        subject_id=report.id,
        level=report.level,
        actor_id=actor_id or None,
        data={
            "title_zh": f"{zh} {report.number}" + (f"：{words}" if words else ""),
            "title_en": f"{en} {report.number}" + (f": {words}" if words else ""),
            "url": f"/reports/{report.id}",
            "number": report.number,
            "note": report.decision_note,
            "told": sorted(set(told) - {actor_id}),
        },
    )


async def tell_of_removal(session: AsyncSession, actor: Actor, rectification_id: int) -> None:
    """Let those who reported the hazard hear that its rectification was verified."""
    found = await session.execute(
        select(HazardReport).where(visible(actor, HazardReport), col(HazardReport.rectification_id) == rectification_id)
    )
    for report in found.scalars():
        waiting = await reporters(session, actor, report)
        await tell(session, report, "removed", waiting, actor_id=actor.person_id)


async def reporters(session: AsyncSession, actor: Actor, report: HazardReport) -> set[int]:
    """Who waits to hear of ``report``: who sent it, and who sent what was merged into it."""
    found = await session.execute(
        select(col(HazardReport.reporter_id)).where(
            visible(actor, HazardReport),
            or_(col(HazardReport.id) == report.id, col(HazardReport.merged_into_id) == report.id),
            col(HazardReport.reporter_id).is_not(None),
        )
    )
    return {person for person in found.scalars() if person is not None}


async def deciders(session: AsyncSession, site_id: int, *teams: int | None) -> set[int]:
    """Who should look at a report: the leaders of the first of ``teams`` that has any (the team that keeps the area,
    then the reporter's own). Without such a leader: every leader and safety officer of the site.
    """
    for team_id in teams:
        leaders = (col(Person.role) == Role.LEADER) & (col(Person.team_id) == team_id)
        found = await _active(session, site_id, leaders) if team_id else set()
        if found:
            return found
    return await _active(session, site_id, col(Person.role).in_((Role.LEADER, Role.SAFETY_OFFICER)))


async def overseers(session: AsyncSession, site_id: int) -> set[int]:
    """Who hears of a report that its deciders leave lying: managers and safety officers."""
    return await _active(session, site_id, col(Person.role).in_((Role.MANAGER, Role.SAFETY_OFFICER)))


@system_query("whom a report is told to follows from its place, not from who sends it")
async def _active(session: AsyncSession, site_id: int, condition: ColumnElement[bool]) -> set[int]:
    of_site = select(col(Person.id)).where(col(Person.site_id) == site_id, col(Person.active), condition)
    return set((await session.execute(of_site)).scalars())
