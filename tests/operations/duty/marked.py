"""Duty performance of an estate (tests/identity/estate.py): a month of the worker with an appeal, a reward, leave."""

from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.identity.models import Person
from backend.operations.duty.models import DutyAbsence, DutyAppeal, DutyMonth, DutyReward, DutyRule, DutyStatement
from backend.operations.duty.months import first_of, shifted
from backend.operations.duty.rules import USUAL
from backend.operations.duty.scoring import Facts, Row
from tests.factories import made


async def make_marked_duty(session: AsyncSession, worker: Person, officer: Person, mark: str) -> dict[str, int]:
    """Gives ids by path parameter."""
    of: dict[str, Any] = {"site_id": worker.site_id, "person_id": worker.id}
    month = shifted(first_of(now().date()), -1)
    row = Row("visit_missed", 1, mark, mark, "/checkins/1", now().isoformat())
    facts = Facts({"visits": 9}, (row, Row("course_late", 2, mark, mark, "/training/1", now().isoformat())))
    for at, version in ((month, 1), (shifted(month, 1), 0)):
        one = DutyStatement(**of, month=at, version=version, rule_number=1, facts=facts.stored(), made_at=now())
        one.score, one.exposure, one.lapses, one.why = Decimal(84), 9, 2, mark
        await made(session, one)
    await made(session, DutyMonth(site_id=worker.site_id, month=month, frozen_at=now()))
    rule = DutyRule(
        site_id=worker.site_id, number=1, from_month=month, terms=USUAL.stored(), made_by=officer.id, why=mark
    )
    await made(session, rule)
    appeal = DutyAppeal(**of, month=month, row_key=row.key, row=asdict(row), points=Decimal(2), reason=mark)
    appeal.due_at, appeal.photo_path, appeal.photo_thumbnail_path = now() + timedelta(days=5), "none.webp", "none.webp"
    reward = DutyReward(**of, month=month, kind="grave_hazard", words=mark, points=Decimal(5), yuan=Decimal(100))
    days = now().date()
    absence = DutyAbsence(**of, from_on=days, to_on=days, reason=mark, made_by=officer.id)
    return {
        "duty_appeal_id": (await made(session, appeal)).id,
        "duty_reward_id": (await made(session, reward)).id,
        "duty_absence_id": (await made(session, absence)).id,
    }
