"""Keeps everybody's month: follows the one that runs, freezes it after its end, reminds in its middle. The worker
calls ``keep_duty`` every few minutes.

A month is frozen once: its row in ``duty_month`` and all its statements are one transaction, so that a worker that
dies leaves nothing, and of two the second finds it done.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.identity.models import Site
from backend.identity.modules import Module
from backend.identity.permissions import system_query
from backend.identity.queries.modules import runs
from backend.operations.duty.models import AppealState, DutyAppeal, DutyMonth, DutyReward, DutyStatement
from backend.operations.duty.months import GRACE, first_of, shifted, span
from backend.operations.duty.queries.gathering import Member, Span, facts_of, members
from backend.operations.duty.queries.rules import Numbered, rule_of_site
from backend.operations.duty.rewarding import proposals
from backend.operations.duty.scoring import Facts, Result, score
from backend.operations.duty.telling import tell_behind, tell_frozen

MONTHS_BACK = 3
"""Whole months that are made up for where they were never kept: a quarter to try rules on."""
REMINDS_FROM_DAY = 10
REMINDS_FROM_HOUR = 9
REMINDS_AGAIN_DAYS = 7
_ONE_AT_A_TIME = 35_0035
"""Key of the advisory lock."""


@system_query("the worker keeps the months of all sites")
async def keep_duty(session: AsyncSession) -> int:
    """Bring all sites' months up to date; gives how many were frozen. Does nothing while another worker does."""
    if not await session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME}):
        return 0
    sites = (await session.scalars(select(Site).where(runs(col(Site.id), Module.DUTY)).order_by(col(Site.id)))).all()
    frozen = 0
    for site in sites:
        present = now()
        running = first_of(present.astimezone(ZoneInfo(site.time_zone)).date())
        for back in range(MONTHS_BACK, 0, -1):
            frozen += await freeze(session, site, shifted(running, -back))
        await follow(session, site, running)
        await remind(session, site, running, present)
    return frozen


@system_query("the worker keeps the months of all sites")
async def freeze(session: AsyncSession, site: Site, month: date) -> bool:
    """Make the month's statements, with what the rule proposes, and tell everybody; False when they are made already,
    or the month's grace isn't over."""
    wanted = _span(site, month)
    if wanted.present < wanted.ends + GRACE:
        return False
    claimed = insert(DutyMonth).values(site_id=site.id, month=month, frozen_at=wanted.present)
    month_id = await session.scalar(claimed.on_conflict_do_nothing().returning(col(DutyMonth.id)))
    if month_id is None:
        return False
    rule = await rule_of_site(session, site.id, month)
    kept = await _keep(session, site, wanted, rule, version=1)
    await _propose(session, site.id, month, rule, kept)
    told = [person for person, _, result in kept if result.score is not None]
    if told:
        await tell_frozen(session, site.id, month_id, month, told)
    return True


@system_query("the worker keeps the months of all sites")
async def follow(session: AsyncSession, site: Site, month: date) -> None:
    """Score the month anew, as version 0; one that has ended but isn't frozen yet as well."""
    rule = await rule_of_site(session, site.id, month)
    await _keep(session, site, _span(site, month), rule, version=0)
    before = shifted(month, -1)
    done = select(col(DutyMonth.id)).where(col(DutyMonth.site_id) == site.id, col(DutyMonth.month) == before)
    if await session.scalar(done) is None:
        rule = await rule_of_site(session, site.id, before)
        await _keep(session, site, _span(site, before), rule, version=0)


def _span(site: Site, month: date) -> Span:
    zone, present = ZoneInfo(site.time_zone), now()
    starts, ends = span(month, zone)
    today = present.astimezone(zone).date()
    return Span(site.id, site.time_zone, starts, ends, month, shifted(month, 1), present, today)


@system_query("the worker keeps the months of all sites")
async def _keep(
    session: AsyncSession, site: Site, wanted: Span, rule: Numbered, *, version: int
) -> list[tuple[int, Facts, Result]]:
    """Write everybody's statement of the month."""
    facts, upheld = await facts_of(session, wanted), await _excused(session, site.id, wanted.first)
    kept, values = [], []
    for member in await members(session, wanted):
        own = facts.get(member.person_id, Facts())
        excused = upheld.get(member.person_id, [])
        result = score(own, rule.rule, excused)
        kept.append((member.person_id, own, result))
        values.append(_values(site.id, wanted, member, rule, own, result, excused, version))
    if values:
        statement = insert(DutyStatement)
        changing = {name: statement.excluded[name] for name in _FOLLOWS} if version == 0 else None
        key = ["person_id", "month", "version"]
        await session.execute(
            statement.on_conflict_do_update(index_elements=key, set_=changing)
            if changing
            else statement.on_conflict_do_nothing(index_elements=key),
            values,
        )
    return kept


_FOLLOWS = ("rule_number", "team_id", "post_ids", "facts", "excused", "score", "exposure", "lapses", "made_at")


def _values(
    site_id: int,
    wanted: Span,
    member: Member,
    rule: Numbered,
    facts: Facts,
    result: Result,
    excused: list[str],
    version: int,
) -> dict[str, Any]:
    return {
        "site_id": site_id,
        "person_id": member.person_id,
        "month": wanted.first,
        "version": version,
        "rule_number": rule.number,
        "team_id": member.team_id,
        "post_ids": list(member.post_ids),
        "facts": facts.stored(),
        "excused": excused,
        "score": result.score,
        "exposure": result.exposure,
        "lapses": result.lapses,
        "why": "",
        "made_at": wanted.present,
    }


@system_query("the worker keeps the months of all sites")
async def _excused(session: AsyncSession, site_id: int, month: date) -> dict[int, list[str]]:
    """Person → keys of rows that an appeal took out."""
    upheld = select(DutyAppeal).where(
        col(DutyAppeal.site_id) == site_id, col(DutyAppeal.month) == month, col(DutyAppeal.state) == AppealState.UPHELD
    )
    found: dict[int, list[str]] = {}
    for one in await session.scalars(upheld.order_by(col(DutyAppeal.id))):
        found.setdefault(one.person_id, []).append(one.row_key)
    return found


async def _propose(
    session: AsyncSession, site_id: int, month: date, rule: Numbered, kept: list[tuple[int, Facts, Result]]
) -> None:
    session.add_all(
        DutyReward(
            site_id=site_id,
            person_id=person,
            month=month,
            kind=one.reason,
            subject=one.row.key if one.row else "",
            words=one.row.words if one.row else "",
            url=one.row.url if one.row else "",
            points=Decimal(str(one.points)),
            yuan=Decimal(str(one.yuan)),
        )
        for person, facts, result in kept
        for one in proposals(facts, result, rule.rule)
    )
    await session.flush()


@system_query("the worker reminds on all sites")
async def remind(session: AsyncSession, site: Site, month: date, present: datetime) -> None:
    """Record ``duty_score.behind`` for who is below the rule's line: from the tenth on, by day, once a week.

    Quiet hours are the delivery's.
    """
    local = present.astimezone(ZoneInfo(site.time_zone))
    if local.day < REMINDS_FROM_DAY or local.hour < REMINDS_FROM_HOUR:
        return
    rule = (await rule_of_site(session, site.id, month)).rule
    today = local.date()
    again = col(DutyStatement.reminded_on).is_(None) | (col(DutyStatement.reminded_on) + REMINDS_AGAIN_DAYS <= today)
    behind = (
        update(DutyStatement)
        .where(
            col(DutyStatement.site_id) == site.id,
            col(DutyStatement.month) == month,
            col(DutyStatement.version) == 0,
            col(DutyStatement.lapses) > 0,
            col(DutyStatement.score) < rule.remind_below,
            again,
        )
        .values(reminded_on=today)
        .returning(col(DutyStatement.id), col(DutyStatement.lapses), col(DutyStatement.person_id))
    )
    for statement_id, lapses, person_id in (await session.execute(behind)).all():
        await tell_behind(session, site.id, statement_id, lapses, person_id)
