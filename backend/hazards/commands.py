"""What people do with rectifications: open, start, report, submit, verify, return, reassign, cancel, urge.

Each checks who and in which state (``lifecycle``), changes, and leaves an entry, an audit entry and an
event in the same transaction. ``version`` is what the person saw; another one now means that somebody
was faster. A repeated ``idempotency_key`` does nothing and gives what the first one made.
"""

from dataclasses import asdict, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.errors import N_
from backend.hazards import origins, plan
from backend.hazards.lifecycle import Step
from backend.hazards.models import Rectification, RectificationState
from backend.hazards.numbering import next_number
from backend.hazards.queries import case_of
from backend.hazards.queries.recurrence import former_of
from backend.hazards.recording import Sent, first_id, write_down
from backend.hazards.taking import Effects, locked, need_evidence, need_note, owner_of, take, visible_one
from backend.hazards.whole import cancel_parts
from backend.identity.actor import Actor
from backend.identity.permissions import require


async def open_rectification(
    session: AsyncSession,
    actor: Actor,
    wanted: plan.Plan,
    sent: Sent | None = None,
    *,
    place: tuple[int | None, int | None] = (None, None),
) -> Rectification:
    """Open a rectification, from an alarm or on its own; ``sent`` may hold photos from before.

    From an alarm it takes level, equipment and area; without one ``place`` says equipment and area. What comes back
    where it was verified not long before (as ``wanted.recurs_id`` says or ``former_of`` finds) is linked to the former
    one and counted.
    Raises Forbidden, NotFound (alarm, former one), Conflict (former one too long ago), Invalid (by field).
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
    plan.check(wanted, now())
    owner = await owner_of(session, actor, wanted.owner_id)
    former = await former_of(session, actor, wanted, source.alarm if source else None)
    known = source.alarm if source else former
    equipment_id, area_id = (known.equipment_id, known.area_id) if known else place
    rectification = Rectification(
        **{**asdict(wanted), "owner_id": owner.id, "recurs_id": former.id if former else None},
        site_id=actor.site_id,
        number=await next_number(session, actor.site_id, actor.zone, Rectification, "ZG"),
        equipment_id=equipment_id,
        area_id=area_id,
        opened_by=actor.person_id,
        recurrence=former.recurrence + 1 if former else 0,
    )
    session.add(rectification)
    await session.flush()
    case = case_of(rectification, owner.team_id)
    change = {name: [None, _plain(value)] for name, value in asdict(wanted).items() if value not in {None, ""}}
    await write_down(session, actor, rectification, case, Step.OPENED, sent, change)
    return rectification


async def start(session: AsyncSession, actor: Actor, rectification_id: int, sent: Sent) -> Rectification:
    """Begin the work; photos are of before. Raises NotFound, Conflict, Forbidden."""

    def begin(rectification: Rectification) -> None:
        rectification.started_at = now()

    return await take(session, actor, rectification_id, Step.STARTED, sent, Effects(begin))


async def report_progress(session: AsyncSession, actor: Actor, rectification_id: int, sent: Sent) -> Rectification:
    """Tell how far it is. Raises Invalid without words or photo, NotFound, Conflict, Forbidden."""
    need_evidence(sent, N_("请写明进展，或附上照片"))
    return await take(session, actor, rectification_id, Step.PROGRESS, sent)


async def submit(session: AsyncSession, actor: Actor, rectification_id: int, sent: Sent) -> Rectification:
    """Hand it in for verification with words or photos of after. Raises as ``report_progress``."""
    need_evidence(sent, N_("请写明做了什么，或附上整改后的照片"))

    def hand_in(rectification: Rectification) -> None:
        rectification.submitted_at = now()
        rectification.submitted_by = actor.person_id

    return await take(session, actor, rectification_id, Step.SUBMITTED, sent, Effects(hand_in))


async def verify(session: AsyncSession, actor: Actor, rectification_id: int, sent: Sent) -> Rectification:
    """Close it as done, by a second person. Raises NotFound, Conflict, Forbidden."""

    def close(rectification: Rectification) -> None:
        rectification.verified_at = now()
        rectification.verified_by = actor.person_id

    return await take(session, actor, rectification_id, Step.VERIFIED, sent, Effects(close))


async def return_for_rework(session: AsyncSession, actor: Actor, rectification_id: int, sent: Sent) -> Rectification:
    """Send it back with the reason in ``sent.note``. Raises Invalid without one, NotFound, Conflict, Forbidden."""
    need_note(sent, N_("请写明退回的原因"))
    return await take(session, actor, rectification_id, Step.RETURNED, sent)


async def reassign(
    session: AsyncSession, actor: Actor, rectification_id: int, owner_id: int, sent: Sent
) -> Rectification:
    """Give it to another owner, who starts anew. Raises Invalid, NotFound, Conflict, Forbidden."""
    await locked(session, actor, rectification_id)
    owner = await owner_of(session, actor, owner_id)

    def hand_over(rectification: Rectification) -> None:
        rectification.owner_id = owner.id
        if rectification.state == RectificationState.IN_PROGRESS:
            rectification.state = RectificationState.OPEN

    effects = Effects(hand_over, new_owner=owner, request={"owner_id": owner.id})
    return await take(session, actor, rectification_id, Step.REASSIGNED, sent, effects)


async def cancel(session: AsyncSession, actor: Actor, rectification_id: int, sent: Sent) -> Rectification:
    """Drop it and its parts, the reason in ``sent.note``. Raises Invalid without one, NotFound, Conflict, Forbidden."""
    need_note(sent, N_("请写明取消的原因"))
    cancelled = await take(session, actor, rectification_id, Step.CANCELLED, sent)
    await cancel_parts(session, actor, cancelled.id, sent.note)
    return cancelled


async def urge(session: AsyncSession, actor: Actor, rectification_id: int, sent: Sent) -> Rectification:
    """Remind its owner of it now, with or without words. Raises NotFound, Conflict, Forbidden."""
    return await take(session, actor, rectification_id, Step.URGED, sent)


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
