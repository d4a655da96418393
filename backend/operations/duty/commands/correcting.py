"""Scores a month anew without a point that an appeal took out: from the facts that were kept, by the rule it had."""

from decimal import Decimal

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.operations.duty.models import DutyAppeal, DutyStatement
from backend.operations.duty.queries.rules import rule_numbered
from backend.operations.duty.scoring import Facts, score


async def correct(session: AsyncSession, actor: Actor, appeal: DutyAppeal) -> Decimal | None:
    """A frozen month gets a further version, the one that runs is changed; gives the new score. Two answers about one
    person wait for each other, so that each builds on the other's."""
    await session.execute(text("SELECT pg_advisory_xact_lock(36, CAST(:person AS int))"), {"person": appeal.person_id})
    newest = (
        await session.scalars(
            select(DutyStatement)
            .where(
                visible(actor, DutyStatement),
                col(DutyStatement.person_id) == appeal.person_id,
                col(DutyStatement.month) == appeal.month,
            )
            .order_by(col(DutyStatement.version).desc())
            .limit(1)
            .execution_options(populate_existing=True)
        )
    ).one()
    excused = [*newest.excused, *([] if appeal.row_key in newest.excused else [appeal.row_key])]
    result = score(Facts.of(newest.facts), await rule_numbered(session, actor, newest.rule_number), excused)
    if newest.version == 0:
        newest.excused, newest.score, newest.lapses = excused, result.score, result.lapses
    else:
        session.add(_further(newest, excused, result.score, result.lapses, appeal.answer or appeal.reason))
    await session.flush()
    return result.score


def _further(newest: DutyStatement, excused: list[str], points: Decimal | None, lapses: int, why: str) -> DutyStatement:
    return DutyStatement(
        site_id=newest.site_id,
        person_id=newest.person_id,
        month=newest.month,
        version=newest.version + 1,
        rule_number=newest.rule_number,
        team_id=newest.team_id,
        post_ids=list(newest.post_ids),
        facts=newest.facts,
        excused=excused,
        score=points,
        exposure=newest.exposure,
        lapses=lapses,
        why=why,
        made_at=now(),
    )
