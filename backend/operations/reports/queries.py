"""Safety reports for those who lead."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.capabilities import CAPABILITIES
from backend.identity.models import Person, Role
from backend.identity.permissions import visible
from backend.identity.scoping import get_visible
from backend.operations.reports.models import NO_STAGE, Period, ReportAudience, SafetyReport
from backend.plant.models import Stage

MOST = 60
PAGE = 50
GOVERNING = (Role.MANAGER, Role.SAFETY_OFFICER, Role.ADMIN)


@dataclass(frozen=True)
class Shown:
    """A report with its stage, the reports of other stages for the same period, and its versions."""

    report: SafetyReport
    stage: Stage | None
    beside: Sequence[tuple[SafetyReport, Stage | None]]
    versions: Sequence[SafetyReport]
    author: Person | None


async def listed(session: AsyncSession, actor: Actor) -> Sequence[SafetyReport]:
    """The newest version of each report of the whole site, the newest period first."""
    newest = (
        select(func.max(col(SafetyReport.id)))
        .where(visible(actor, SafetyReport), col(SafetyReport.stage_id) == NO_STAGE)
        .group_by(col(SafetyReport.kind), col(SafetyReport.first))
    )
    wanted = select(SafetyReport).where(visible(actor, SafetyReport), col(SafetyReport.id).in_(newest))
    order = (col(SafetyReport.until).desc(), col(SafetyReport.kind))
    return (await session.scalars(wanted.order_by(*order).limit(MOST))).all()


async def newest(session: AsyncSession, actor: Actor) -> SafetyReport | None:
    """The newest report of the whole site; None before the first."""
    wanted = select(SafetyReport).where(visible(actor, SafetyReport), col(SafetyReport.stage_id) == NO_STAGE)
    order = (col(SafetyReport.until).desc(), col(SafetyReport.id).desc())
    return (await session.scalars(wanted.order_by(*order).limit(1))).first()


async def page(
    session: AsyncSession, actor: Actor, kind: Period | None, stage_id: int | None, before: int | None
) -> Sequence[SafetyReport]:
    """All versions with ids below ``before``, the newest first, ``PAGE`` and one more, without their content."""
    wanted = (
        select(SafetyReport)
        .where(visible(actor, SafetyReport))
        .order_by(col(SafetyReport.id).desc())
        .limit(PAGE + 1)
        .options(defer(SafetyReport.content, raiseload=True))  # type: ignore[arg-type]
    )
    if kind is not None:
        wanted = wanted.where(col(SafetyReport.kind) == kind)
    if stage_id is not None:
        wanted = wanted.where(col(SafetyReport.stage_id) == stage_id)
    if before is not None:
        wanted = wanted.where(col(SafetyReport.id) < before)
    return (await session.scalars(wanted)).all()


async def shown(session: AsyncSession, actor: Actor, report_id: int) -> Shown:
    """One, with what is beside it. Raises NotFound."""
    report = await get_visible(session, actor, SafetyReport, report_id)
    same = and_(
        visible(actor, SafetyReport),
        col(SafetyReport.kind) == report.kind,
        col(SafetyReport.first) == report.first,
    )
    rows = (await session.scalars(select(SafetyReport).where(same).order_by(col(SafetyReport.id)))).all()
    stages = {one.id: one for one in await session.scalars(select(Stage).where(visible(actor, Stage)))}
    newest = {one.stage_id: one for one in rows}
    author = None
    if report.made_by:
        who = select(Person).where(visible(actor, Person), col(Person.id) == report.made_by)
        author = (await session.scalars(who)).one_or_none()
    return Shown(
        report,
        stages.get(report.stage_id),
        [
            (one, stages.get(stage_id))
            for stage_id, one in sorted(newest.items())
            if stage_id == 0 or stage_id in stages
        ],
        [one for one in rows if one.stage_id == report.stage_id][::-1],
        author,
    )


async def readers(session: AsyncSession, actor: Actor) -> tuple[Sequence[Person], dict[str, list[int]]]:
    """Who could be told of reports, and for each kind who is."""
    can_read = [role.value for role in CAPABILITIES["operations.report"]]
    people = (
        await session.scalars(
            select(Person)
            .where(visible(actor, Person), col(Person.active), col(Person.role).in_(can_read))
            .order_by(col(Person.name))
        )
    ).all()
    found = {}
    for kind in Period:
        newest = select(ReportAudience).where(visible(actor, ReportAudience), col(ReportAudience.kind) == kind)
        chosen = (await session.scalars(newest.order_by(col(ReportAudience.id).desc()).limit(1))).one_or_none()
        found[kind.value] = audience_of(people, chosen)
    return people, found


def audience_of(people: Sequence[Person], chosen: ReportAudience | None) -> list[int]:
    """Ids of those of ``people`` who are told. Pure."""
    if chosen is not None:
        return [one.id for one in people if one.id in chosen.person_ids]
    return [one.id for one in people if one.role in GOVERNING]
