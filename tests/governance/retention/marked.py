"""Retention of an estate (tests/identity/estate.py): a setting that waits, a night that is over."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.governance.retention.models import Kind, RetentionRule, RetentionRun
from tests.factories import made


async def make_marked_retention(session: AsyncSession, site_id: int) -> dict[str, int]:
    """Gives ids by path parameter."""
    rule = RetentionRule(
        site_id=site_id, kind=Kind.REJECTIONS, version=1, keep_days=90, effective_at=now() + timedelta(hours=20)
    )
    night = RetentionRun(
        site_id=site_id, kind=Kind.REJECTIONS, night=now().date(), keep_days=90, deleted=3, finished_at=now()
    )
    await made(session, night)
    return {"retention_rule_id": (await made(session, rule)).id}
