"""Writes into the event log that a risk point changed: open pages are drawn anew, nobody is disturbed."""

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.events import record_event
from backend.identity.actor import Actor
from backend.risks.models import RiskPoint


async def tell(session: AsyncSession, actor: Actor, point: RiskPoint, verb: str) -> None:
    """Record ``risk.<verb>`` of a point."""
    await record_event(
        session,
        site_id=point.site_id,
        kind=f"risk.{verb}",
        subject="risk",
        subject_id=point.id,
        level=point.level,
        actor_id=actor.person_id,
        data={
            "title_zh": f"风险点：{point.name}",
            "title_en": f"Risk point: {point.name_en or point.name}",
            "url": f"/risks/{point.id}",
            "told": [],
        },
    )
