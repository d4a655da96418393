"""Look for patterns now."""

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.jobs import enqueue
from backend.identity.actor import Actor
from backend.identity.permissions import require
from backend.lessons.models import MINE_JOB


async def look_now(session: AsyncSession, actor: Actor) -> None:
    """Have a worker look for patterns; one that waits already is enough. Raises Forbidden."""
    require(actor, "lessons.decide")
    key = f"lessons:{actor.site_id}"
    await enqueue(session, MINE_JOB, {"site_id": actor.site_id}, site_id=actor.site_id, dedupe_key=key)
