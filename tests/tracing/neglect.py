"""Duties that nobody did, for traces that must cite them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.models import Alarm
from backend.checkins.models import InspectionPlan, InspectionStop, InspectionVisit
from backend.core.clock import now
from backend.hazards.models import Rectification
from backend.identity.models import Role
from backend.tracing.records import LATE_MINUTES
from tests.factories import made

if TYPE_CHECKING:
    from tests.tracing.conftest import Troubled


async def neglect(session: AsyncSession, found: Troubled) -> None:
    """The A feed's duties: a round missed, a rectification late and come back, a warning left alone."""
    site, feed = {"site_id": found.site.id}, found.equipment["FEED_A"]
    post = {"post_id": feed.owner_post_id}
    plan = InspectionPlan(**site, **post, name="进料巡检", name_en="Feed round", rhythm="day", begins_at=now())
    await made(session, plan)
    stop = await made(session, InspectionStop(**site, plan_id=plan.id, equipment_id=feed.id))
    opens, closes = now() - timedelta(hours=49), now() - timedelta(hours=48)
    of_plan = {"plan_id": plan.id, "stop_id": stop.id, "opens_at": opens, "closes_at": closes}
    await made(session, InspectionVisit(**site, **post, **of_plan, state="missed"))
    people = {"owner_id": found.people[Role.WORKER].id, "opened_by": found.people[Role.LEADER].id}
    words = {"number": "ZG-1", "level": "general", "title": "进料阀填料渗漏", "measure": "换填料"}
    late = {"recurrence": 1, "deadline": now() - timedelta(days=3)}
    await made(session, Rectification(**site, **people, **words, **late, equipment_id=feed.id))
    raised = now() - timedelta(days=1)
    seen = raised + timedelta(minutes=LATE_MINUTES + 1)
    words = {"condition_key": "old:H", "kind": "threshold", "level": "low", "title": "流量低", "title_en": "Flow low"}
    old = Alarm(**site, **words, equipment_id=feed.id, state="closed", raised_at=raised, acknowledged_at=seen)
    await made(session, old)
