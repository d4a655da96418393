"""Opening a rectification: from an alarm, as the recurrence of a former one, or on its own."""

from dataclasses import asdict, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.hazards import origins, plan
from backend.hazards.commands.recurrence import former_one
from backend.hazards.commands.taking import owner_named, take, visible_one
from backend.hazards.lifecycle import Step
from backend.hazards.models import Rectification
from backend.hazards.queries import case_of
from backend.hazards.queries.numbers import next_number
from backend.hazards.recording import Sent, first_id, write_down
from backend.identity.actor import Actor
from backend.identity.permissions import require


async def open_rectification(
    session: AsyncSession, actor: Actor, wanted: plan.Plan, sent: Sent | None = None
) -> Rectification:
    """Open a rectification, from an alarm or on its own; ``sent`` may hold photos from before.

    From an alarm it takes level, equipment and area; from the one that it is the recurrence of, equipment and area.
    Raises Forbidden, NotFound (alarm), Conflict (no recurrence), Invalid (by field).
    """
    require(actor, "rectifications.open")
    sent = sent or Sent()
    wanted = _tidied(wanted)
    first = await first_id(session, actor, sent, "open", {**asdict(wanted)})
    if first is not None:
        return await visible_one(session, actor, first)
    source = await origins.origin(session, actor, wanted.alarm_id) if wanted.alarm_id else None
    if source:
        wanted = replace(wanted, level=source.alarm.level)
    former = await former_one(session, actor, wanted, source.alarm if source else None)
    if former:
        wanted = replace(wanted, recurrence_of_id=former.id)
    plan.check(wanted, now())
    owner = await owner_named(session, actor, wanted.owner_id)
    place = source.alarm if source else former
    rectification = Rectification(
        **{**asdict(wanted), "owner_id": owner.id},
        site_id=actor.site_id,
        number=await next_number(session, actor),
        equipment_id=place.equipment_id if place else None,
        area_id=place.area_id if place else None,
        opened_by=actor.person_id,
    )
    session.add(rectification)
    await session.flush()
    case = case_of(rectification, owner.team_id)
    change = {name: [None, _plain(value)] for name, value in asdict(wanted).items() if value not in {None, ""}}
    await write_down(session, actor, rectification, case, Step.OPENED, sent, change)
    if former:
        await take(session, actor, former.id, Step.RECURRED, Sent(note=rectification.number))
    return rectification


def _tidied(wanted: plan.Plan) -> plan.Plan:
    return replace(
        wanted,
        title=plan.tidy(wanted.title),
        cause=plan.tidy(wanted.cause),
        measure=plan.tidy(wanted.measure),
        contingency=plan.tidy(wanted.contingency),
    )


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | str) else str(value)
