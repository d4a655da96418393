"""Writes safety reports when their week or month is over, and when somebody asks. The worker calls it, for every site.

A report is written once for a period whatever dies: its row is unique, and the event that tells of it commits with it.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from backend.core.clock import now
from backend.core.errors import N_
from backend.core.events import record_event
from backend.core.i18n import translate
from backend.core.jobs import enqueue
from backend.identity.actor import Actor
from backend.identity.models import Person, Role, Site
from backend.identity.permissions import system_query
from backend.operations.reports.gathering import gathered
from backend.operations.reports.models import NO_STAGE, REPORT_JOB, Period, ReportAudience, SafetyReport
from backend.operations.reports.periods import before, last_over, period_of
from backend.operations.reports.queries import audience_of
from backend.plant.models import Stage

FROM_HOUR = 6
"""So late on the first day after a period its report is written: late check-ins of the night are in by then."""
_WRITER = 0
_TITLES = {Period.WEEK: N_("安全周报已生成"), Period.MONTH: N_("安全月报已生成")}

_RECORDED = """
SELECT EXISTS (SELECT FROM alarm WHERE site_id = :site AND kind <> 'system' AND raised_at >= :since
        AND raised_at < :until)
    OR EXISTS (SELECT FROM rectification WHERE site_id = :site AND created_at >= :since AND created_at < :until)
    OR EXISTS (SELECT FROM incident WHERE site_id = :site AND began_at >= :since AND began_at < :until)
    OR EXISTS (SELECT FROM check_in WHERE site_id = :site AND at >= :since AND at < :until)
"""


def is_time(moment: datetime) -> bool:
    """Whether reports of what was over when its day began are to be written at ``moment`` (site's zone)."""
    return moment.hour >= FROM_HOUR


@system_query("the worker writes the reports of every site")
async def plan_reports(session: AsyncSession) -> int:
    """Queue the reports of the last week and month that aren't there yet, of the site and of each of its stages; gives
    how many. A period in which nothing was recorded has none."""
    sites = (await session.scalars(select(Site).order_by(col(Site.id)))).all()
    planned = 0
    for site in sites:
        local = now().astimezone(ZoneInfo(site.time_zone))
        if "operations" in site.modules_off or not is_time(local):
            continue
        for kind in Period:
            window = last_over(kind, local.date())
            if await _is_due(session, site, kind, window.first):
                planned += await ask_for(session, site.id, kind, window.first)
    return planned


async def ask_for(session: AsyncSession, site_id: int, kind: Period, first: date, by: int | None = None) -> int:
    """Queue the report of a period, one of the whole site and one of each stage in use; gives how many."""
    stages = await _stages(session, site_id)
    for stage_id in (NO_STAGE, *stages):
        payload = {"site_id": site_id, "kind": str(kind), "first": first.isoformat(), "stage_id": stage_id, "by": by}
        key = f"{site_id}:{kind}:{first}:{stage_id}"
        await enqueue(session, REPORT_JOB, payload, site_id=site_id, dedupe_key=key)
    return 1 + len(stages)


@system_query("the worker writes the reports of every site")
async def _stages(session: AsyncSession, site_id: int) -> Sequence[int]:
    return (await session.scalars(select(Stage.id).where(col(Stage.site_id) == site_id).order_by(col(Stage.id)))).all()


@system_query("the worker writes the reports of every site")
async def _is_due(session: AsyncSession, site: Site, kind: Period, first: date) -> bool:
    there = await session.scalar(
        select(SafetyReport.id).where(
            col(SafetyReport.site_id) == site.id, col(SafetyReport.kind) == kind, col(SafetyReport.first) == first
        )
    )
    if there is not None:
        return False
    since, until = period_of(kind, first).bounds(ZoneInfo(site.time_zone))
    found = await session.scalar(text(_RECORDED), {"site": site.id, "since": since, "until": until})
    return bool(found)


@system_query("the worker writes the reports of every site")
async def write_report(session: AsyncSession, payload: Mapping[str, Any]) -> SafetyReport | None:
    """Write one report, as the next version when somebody asked for it; None when the worker's own is there already."""
    site = await session.get_one(Site, int(payload["site_id"]))
    kind, first, stage_id = Period(payload["kind"]), date.fromisoformat(payload["first"]), int(payload["stage_id"])
    by: int | None = payload.get("by")
    window = period_of(kind, first)
    reader = Actor(_WRITER, site.id, Role.ADMIN, "", time_zone=site.time_zone)
    version = await _next_version(session, site.id, kind, first, stage_id)
    if by is None and version > 1:
        return None
    content = await gathered(session, reader, window, before(kind, window), stage_id)
    values = {"site_id": site.id, "kind": str(kind), "first": first, "until": window.until, "stage_id": stage_id}
    made = insert(SafetyReport).values(**values, version=version, made_by=by, content=content)
    kept = await session.scalars(made.on_conflict_do_nothing().returning(SafetyReport))
    report = kept.one_or_none()
    if report is not None and stage_id == NO_STAGE:
        await _tell(session, report)
    return report


@system_query("the worker writes the reports of every site")
async def _next_version(session: AsyncSession, site_id: int, kind: Period, first: date, stage_id: int) -> int:
    newest = await session.scalar(
        select(SafetyReport.version)
        .where(
            col(SafetyReport.site_id) == site_id,
            col(SafetyReport.kind) == kind,
            col(SafetyReport.first) == first,
            col(SafetyReport.stage_id) == stage_id,
        )
        .order_by(col(SafetyReport.version).desc())
        .limit(1)
    )
    return (newest or 0) + 1


async def _tell(session: AsyncSession, report: SafetyReport) -> None:
    """Those chosen for it learn of it, on their open phone and by push."""
    last = report.until - timedelta(days=1)
    words = _TITLES[Period(report.kind)]
    days = f"{report.first:%m-%d} – {last:%m-%d}"
    await record_event(
        session,
        site_id=report.site_id,
        kind="safety_report.written",
        subject="safety_report",
        subject_id=report.id,
        data={
            "title_zh": f"{words}：{days}",
            "title_en": f"{translate('en', words)}: {days}",
            "url": f"/safety-reports/{report.id}",
            "told": await told(session, report.site_id, Period(report.kind)),
        },
    )


@system_query("the worker writes the reports of every site")
async def told(session: AsyncSession, site_id: int, kind: Period) -> list[int]:
    """Who is told of reports of ``kind``: whom somebody chose, else who governs the site; only people at work."""
    newest = (
        select(ReportAudience)
        .where(col(ReportAudience.site_id) == site_id, col(ReportAudience.kind) == kind)
        .order_by(col(ReportAudience.id).desc())
        .limit(1)
    )
    chosen = (await session.scalars(newest)).one_or_none()
    people = await session.scalars(
        select(Person).where(col(Person.site_id) == site_id, col(Person.active)).order_by(col(Person.id))
    )
    return audience_of(people.all(), chosen)
