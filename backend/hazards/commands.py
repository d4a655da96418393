"""What people do with rectifications: open, start, report, submit, verify, return, reassign, cancel.

Each checks who and in which state (``lifecycle``), changes, and leaves an entry, an audit entry and an
event in the same transaction. ``version`` is what the person saw; another one now means that somebody
was faster. A repeated ``idempotency_key`` does nothing and gives what the first one made.
"""

from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.errors import N_, Conflict, Invalid, NotFound
from backend.hazards import lifecycle, origins, plan
from backend.hazards.lifecycle import Step
from backend.hazards.models import Rectification, RectificationState
from backend.hazards.queries import case_of, somebody
from backend.hazards.queries.numbers import next_number
from backend.hazards.recording import Sent, first_id, write_down
from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import require, visible


async def open_rectification(
    session: AsyncSession, actor: Actor, wanted: plan.Plan, sent: Sent | None = None
) -> Rectification:
    """Open a rectification, from an alarm or on its own; ``sent`` may hold photos from before.

    From an alarm it takes level, equipment and area. Raises Forbidden, NotFound (alarm), Invalid (by field).
    """
    require(actor, "rectifications.open")
    sent = sent or Sent()
    wanted = _tidied(wanted)
    first = await first_id(session, actor, sent, "open", {**asdict(wanted)})
    if first is not None:
        return await _visible(session, actor, first)
    source = await origins.origin(session, actor, wanted.alarm_id) if wanted.alarm_id else None
    if source:
        wanted = replace(wanted, level=source.alarm.level)
    plan.check(wanted, now())
    owner = await _owner(session, actor, wanted.owner_id)
    rectification = Rectification(
        **{**asdict(wanted), "owner_id": owner.id},
        site_id=actor.site_id,
        number=await next_number(session, actor),
        equipment_id=source.alarm.equipment_id if source else None,
        area_id=source.alarm.area_id if source else None,
        opened_by=actor.person_id,
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

    return await _take(session, actor, rectification_id, Step.STARTED, sent, begin)


async def report_progress(session: AsyncSession, actor: Actor, rectification_id: int, sent: Sent) -> Rectification:
    """Tell how far it is. Raises Invalid without words or photo, NotFound, Conflict, Forbidden."""
    _need_evidence(sent, N_("请写明进展，或附上照片"))
    return await _take(session, actor, rectification_id, Step.PROGRESS, sent)


async def submit(session: AsyncSession, actor: Actor, rectification_id: int, sent: Sent) -> Rectification:
    """Hand it in for verification with words or photos of after. Raises as ``report_progress``."""
    _need_evidence(sent, N_("请写明做了什么，或附上整改后的照片"))

    def hand_in(rectification: Rectification) -> None:
        rectification.submitted_at = now()
        rectification.submitted_by = actor.person_id

    return await _take(session, actor, rectification_id, Step.SUBMITTED, sent, hand_in)


async def verify(session: AsyncSession, actor: Actor, rectification_id: int, sent: Sent) -> Rectification:
    """Close it as done, by a second person. Raises NotFound, Conflict, Forbidden."""

    def close(rectification: Rectification) -> None:
        rectification.verified_at = now()
        rectification.verified_by = actor.person_id

    return await _take(session, actor, rectification_id, Step.VERIFIED, sent, close)


async def return_for_rework(session: AsyncSession, actor: Actor, rectification_id: int, sent: Sent) -> Rectification:
    """Send it back with the reason in ``sent.note``. Raises Invalid without one, NotFound, Conflict, Forbidden."""
    _need_note(sent, N_("请写明退回的原因"))
    return await _take(session, actor, rectification_id, Step.RETURNED, sent)


async def reassign(
    session: AsyncSession, actor: Actor, rectification_id: int, owner_id: int, sent: Sent
) -> Rectification:
    """Give it to another owner, who starts anew. Raises Invalid, NotFound, Conflict, Forbidden."""
    await _locked(session, actor, rectification_id)
    owner = await _owner(session, actor, owner_id)

    def hand_over(rectification: Rectification) -> None:
        rectification.owner_id = owner.id
        if rectification.state == RectificationState.IN_PROGRESS:
            rectification.state = RectificationState.OPEN

    return await _take(session, actor, rectification_id, Step.REASSIGNED, sent, hand_over, new_owner=owner)


async def cancel(session: AsyncSession, actor: Actor, rectification_id: int, sent: Sent) -> Rectification:
    """Drop it, with the reason in ``sent.note``. Raises Invalid without one, NotFound, Conflict, Forbidden."""
    _need_note(sent, N_("请写明取消的原因"))
    return await _take(session, actor, rectification_id, Step.CANCELLED, sent)


async def _take(
    session: AsyncSession,
    actor: Actor,
    rectification_id: int,
    step: Step,
    sent: Sent,
    change: Any = None,
    *,
    new_owner: Person | None = None,
) -> Rectification:
    rectification, team_id = await _locked(session, actor, rectification_id)
    request = {"id": rectification_id, "note": sent.note} | ({"owner_id": new_owner.id} if new_owner else {})
    if await first_id(session, actor, sent, step, request) is not None:
        return rectification
    if sent.version is not None and sent.version != rectification.version:
        raise Conflict(N_("刚才有人更新了这条整改，请查看最新情况后再操作"))
    before = _tracked(rectification)
    rectification.state = lifecycle.take(step, case_of(rectification, team_id), somebody(actor))
    if change:
        change(rectification)
    rectification.version += 1
    after = _tracked(rectification)
    case = case_of(rectification, new_owner.team_id if new_owner else team_id)
    changed = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    await write_down(session, actor, rectification, case, step, sent, changed, also_tell={before["owner_id"]})
    return rectification


def _tracked(rectification: Rectification) -> dict[str, Any]:
    return {"state": str(rectification.state), "owner_id": rectification.owner_id}


async def _visible(session: AsyncSession, actor: Actor, rectification_id: int) -> Rectification:
    found = await session.execute(
        select(Rectification).where(visible(actor, Rectification), col(Rectification.id) == rectification_id)
    )
    return found.scalar_one()


async def _locked(session: AsyncSession, actor: Actor, rectification_id: int) -> tuple[Rectification, int | None]:
    """The rectification and its owner's team, locked until the transaction ends. Raises NotFound."""
    row = (
        await session.execute(
            select(Rectification, col(Person.team_id))
            .join(Person, col(Person.id) == col(Rectification.owner_id))
            .where(visible(actor, Rectification), col(Rectification.id) == rectification_id)
            .with_for_update(of=Rectification)
            .execution_options(populate_existing=True)
        )
    ).one_or_none()
    if row is None:
        raise NotFound()
    return row[0], row[1]


async def _owner(session: AsyncSession, actor: Actor, person_id: int) -> Person:
    owner = await origins.owner(session, actor, person_id)
    if owner is None:
        raise Invalid(fields={"owner_id": N_("请选择在岗的责任人")})
    return owner


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


def _need_evidence(sent: Sent, words: str) -> None:
    if not plan.tidy(sent.note) and not sent.pictures:
        raise Invalid(fields={"note": words})


def _need_note(sent: Sent, words: str) -> None:
    if not plan.tidy(sent.note):
        raise Invalid(fields={"note": words})
