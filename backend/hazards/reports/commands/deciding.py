"""Decides on reports: accept, merge, refuse, tell what may come of one; opens the rectification of an accepted one.

The same decision of the same person once more, as a phone sends it that got no answer, changes nothing.
"""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Level
from backend.core.clock import now
from backend.core.errors import N_, Conflict, Invalid
from backend.hazards import plan
from backend.hazards.accidents import Accident
from backend.hazards.commands import open_rectification
from backend.hazards.models import Photo, Rectification
from backend.hazards.recording import Sent
from backend.hazards.reports import queries
from backend.hazards.reports.draft import MOST_LETTERS
from backend.hazards.reports.lifecycle import check_rectifiable, check_waiting
from backend.hazards.reports.models import HazardReport, ReportPhoto, ReportState
from backend.hazards.reports.queries.places import team as find_team
from backend.hazards.reports.telling import leave, reporters
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require, visible
from backend.identity.scoping import get_visible


async def accept(
    session: AsyncSession,
    actor: Actor,
    report_id: int,
    level: str,
    team_id: int | None,
    accident: str | None = None,
) -> HazardReport:
    """Take it as a hazard of ``level`` that a team owns, which may become ``accident`` ("": not told; None leaves it).

    Raises Invalid, NotFound, Conflict, Forbidden.
    """
    report = await _locked(session, actor, report_id)
    told = report.accident if accident is None else accident
    same = (report.level, report.team_id, report.accident) == (level, team_id, told)
    if _said_before(report, actor, ReportState.ACCEPTED) and same:
        return report
    check_waiting(report.state)
    team = await find_team(session, actor, team_id)
    wrong = {} if level in set(Level) else {"level": N_("请选择级别")}
    if team is None:
        wrong["team_id"] = N_("请选择负责的班组")
    if told and told not in set(Accident):
        wrong["accident"] = N_("请选择事故类型")
    if wrong or team is None:
        raise Invalid(fields=wrong)
    change: dict[str, Any] = {"level": [report.level, level], "team_id": [None, team.id]}
    if told != report.accident:
        change["accident"] = [report.accident, told]
    report.level, report.team_id, report.accident = level, team.id, told
    return await _decide(session, actor, report, ReportState.ACCEPTED, change)


async def classify(session: AsyncSession, actor: Actor, report_id: int, accident: str) -> HazardReport:
    """Tell what an accepted one may become ("": not told), as soon as somebody knows; nobody is called for it.

    Raises Invalid, NotFound, Conflict unless it is accepted, Forbidden.
    """
    report = await _locked(session, actor, report_id)
    if report.state != ReportState.ACCEPTED:
        raise Conflict(N_("请先受理这条上报"))
    if accident and accident not in set(Accident):
        raise Invalid(fields={"accident": N_("请选择事故类型")})
    if report.accident != accident:
        change = {"accident": [report.accident, accident]}
        report.accident = accident
        await session.flush()
        await record_change(session, actor, "report.classified", "hazard_report", report.id, change)
    return report


async def merge(session: AsyncSession, actor: Actor, report_id: int, into_id: int | None) -> HazardReport:
    """Count it, and what was merged into it, to another that stands open.

    Raises Invalid (itself, or none named), NotFound, Conflict, Forbidden.
    """
    require(actor, "reports.triage")
    for id_ in sorted({report_id, into_id or report_id}):  # in one order, so that no two merges wait for each other
        await get_visible(session, actor, HazardReport, id_, lock=True)
    report = await _locked(session, actor, report_id)
    if _said_before(report, actor, ReportState.MERGED) and report.merged_into_id == into_id:
        return report
    check_waiting(report.state)
    if into_id is None or into_id == report_id:
        raise Invalid(fields={"into_id": N_("请选择要并入的上报")})
    other = await queries.card(session, actor, into_id)
    if not other.open:
        raise Conflict(N_("那条上报已经处理完，不能再并入"))
    await session.execute(
        update(HazardReport)
        .where(visible(actor, HazardReport), col(HazardReport.merged_into_id) == report_id)
        .values(merged_into_id=into_id)
    )
    report.merged_into_id = into_id
    return await _decide(session, actor, report, ReportState.MERGED, {"merged_into_id": [None, into_id]})


async def refuse(session: AsyncSession, actor: Actor, report_id: int, note: str) -> HazardReport:
    """Say no, with the reason. Raises Invalid without one, NotFound, Conflict, Forbidden."""
    report = await _locked(session, actor, report_id)
    if _said_before(report, actor, ReportState.REFUSED) and report.decision_note == plan.tidy(note):
        return report
    check_waiting(report.state)
    report.decision_note = plan.tidy(note)
    if not report.decision_note:
        raise Invalid(fields={"note": N_("请写明不受理的原因")})
    if len(report.decision_note) > MOST_LETTERS["note"]:
        raise Invalid(fields={"note": N_("内容太长，请精简")})
    return await _decide(session, actor, report, ReportState.REFUSED, {"note": [None, report.decision_note]})


async def rectify(session: AsyncSession, actor: Actor, report_id: int, wanted: plan.Plan, sent: Sent) -> Rectification:
    """Open the rectification of an accepted report, with its place and pictures. A repeat gives the first one's.

    Raises as ``open_rectification``, and Conflict when the report isn't accepted or one removes its hazard already.
    """
    require(actor, "reports.triage")
    report = await get_visible(session, actor, HazardReport, report_id, lock=True)
    opened = await open_rectification(session, actor, wanted, sent)
    if report.rectification_id == opened.id:
        return opened
    before = (await queries.card(session, actor, report_id)).rectification
    check_rectifiable(report.state, before.state if before else None)
    opened.equipment_id, opened.area_id = report.equipment_id, report.area_id
    await _carry_pictures(session, actor, report, opened)
    change = {"rectification_id": [report.rectification_id, opened.id]}
    report.rectification_id = opened.id
    await session.flush()
    await leave(session, actor, report, "rectified", change, await reporters(session, actor, report))
    return opened


async def _carry_pictures(session: AsyncSession, actor: Actor, report: HazardReport, opened: Rectification) -> None:
    """The report's pictures are those of before; the files are kept once."""
    found = await session.execute(
        select(ReportPhoto)
        .where(visible(actor, ReportPhoto), col(ReportPhoto.report_id) == report.id)
        .order_by(col(ReportPhoto.id))
    )
    session.add_all(
        Photo(
            site_id=report.site_id,
            rectification_id=opened.id,
            stage="before",
            uploaded_by=report.reporter_id or actor.person_id,
            sha256=one.sha256,
            path=one.path,
            thumbnail_path=one.thumbnail_path,
            width=one.width,
            height=one.height,
            bytes=one.bytes,
        )
        for one in found.scalars()
    )


async def _locked(session: AsyncSession, actor: Actor, report_id: int) -> HazardReport:
    require(actor, "reports.triage")
    return await get_visible(session, actor, HazardReport, report_id, lock=True)


def _said_before(report: HazardReport, actor: Actor, state: ReportState) -> bool:
    return report.state == state and report.decided_by == actor.person_id


async def _decide(
    session: AsyncSession, actor: Actor, report: HazardReport, state: ReportState, change: dict[str, Any]
) -> HazardReport:
    told = await reporters(session, actor, report)
    change = {"state": [str(report.state), str(state)], **change}
    report.state, report.decided_by, report.decided_at = state, actor.person_id, now()
    await session.flush()
    await leave(session, actor, report, state, change, told)
    return report
