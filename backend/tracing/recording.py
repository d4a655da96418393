"""What happens with a trace, into the story of its first alarm."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.events import record_event
from backend.identity.permissions import system_query
from backend.tracing.models import Trace


@system_query("the first alarm of a trace's group; people's commands and the worker tell alike")
async def tell_of_trace(
    session: AsyncSession,
    made: Trace,
    kind: str,
    title_zh: str,
    title_en: str,
    *,
    actor_id: int | None = None,
    level: str = "",
    **further: Any,
) -> None:
    """Record what happened with a trace (``actor_id`` None: nobody in particular did it), in the story of its first
    alarm where it has one."""
    first_alarm = await session.scalar(
        text("SELECT min(id) FROM alarm WHERE group_id = :group_id AND site_id = :site"),
        {"group_id": made.group_id, "site": made.site_id},
    )
    data = {"title_zh": title_zh, "title_en": title_en, "url": f"/traces/{made.id}"}
    await record_event(
        session,
        site_id=made.site_id,
        kind=kind,
        subject="trace",
        subject_id=made.id,
        story=f"alarm:{first_alarm}" if first_alarm else f"trace:{made.id}",
        level=level,
        actor_id=actor_id,
        data=data | further,
    )
