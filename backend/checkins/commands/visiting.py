"""A check-in: somebody was at a place and answered its checklist.

Nothing that was found is refused for being late or away from the place: it is recorded and flagged. A repeated
``idempotency_key`` does nothing and gives what the first one made.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.checkins import queries
from backend.checkins.checklists import Answer, Finding, findings
from backend.checkins.failing import hand_on
from backend.checkins.judging import Verdict
from backend.checkins.lifecycle import is_late, state_after
from backend.checkins.models import (
    CheckIn,
    CheckInAnswer,
    InspectionStop,
    InspectionVisit,
    PositionConsent,
    Proof,
    VisitState,
)
from backend.checkins.photos import add_photos
from backend.checkins.position import Fence, Position, is_away
from backend.checkins.proving import proven_label
from backend.checkins.queries import Place
from backend.checkins.schedule import Window
from backend.checkins.telling import tell_done, tell_failed
from backend.core.clock import now
from backend.core.errors import N_, Conflict, Invalid, NotFound
from backend.core.idempotency import first_result, keep_result
from backend.core.pictures import Picture
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require, visible
from backend.identity.scoping import get_visible

CLOCK_SLACK = timedelta(minutes=5)


@dataclass(frozen=True)
class Look:
    """What a person sends of their visit."""

    answers: Mapping[int, Answer] = field(default_factory=dict)
    """By the places of the checklist's items."""
    all_well: bool = False
    """Says yes to every yes/no item without an answer."""
    checklist_id: int | None = None
    """The checklist they saw, which may be an older one of the plan."""
    note: str = ""
    pictures: Sequence[Picture] = ()
    position: Position | None = None
    consent: bool | None = None
    """Whether they agree that the position is kept; None leaves it as it was."""
    label: str = ""
    """Token of the label they scanned."""
    captured_at: datetime | None = None
    """By our clock; None for just now."""
    idempotency_key: str = ""


async def check_in_visit(session: AsyncSession, actor: Actor, visit_id: int, look: Look) -> CheckIn:
    """Check in on a visit. Raises NotFound, Invalid by item, Conflict for one that isn't open yet."""
    require(actor, "checkins.do")
    visit = await get_visible(session, actor, InspectionVisit, visit_id, lock=True)
    first = await _first(session, actor, look, {"visit": visit_id})
    if first is not None:
        return first
    stop = await get_visible(session, actor, InspectionStop, visit.stop_id)
    place = await queries.place_with_id(session, actor, equipment_id=stop.equipment_id, area_id=stop.area_id)
    return await _record(session, actor, place, look, visit)


async def check_in_place(session: AsyncSession, actor: Actor, place: Place, look: Look) -> CheckIn:
    """Check in where nothing is due. Raises Invalid by item."""
    require(actor, "checkins.do")
    first = await _first(session, actor, look, {"place": place.query})
    if first is not None:
        return first
    return await _record(session, actor, place, look, None)


async def _record(
    session: AsyncSession, actor: Actor, place: Place, look: Look, visit: InspectionVisit | None
) -> CheckIn:
    at = _believable(look.captured_at) or now()
    if visit is not None and at < visit.opens_at:
        raise Conflict(N_("还没到这次巡检的时间"))
    asked = await _asked(session, actor, place, look, visit)
    found = findings(
        await queries.questions_of(session, actor, asked.checklist_id), look.answers, all_well=look.all_well
    )
    if asked.asks_photo and not look.pictures:
        raise Invalid(fields={"photos": N_("这个计划要求现场拍照")})
    if len(look.note) > 1000:
        raise Invalid(fields={"note": N_("内容太长，请精简")})
    checked = await _stored(session, actor, place, look, at, found, asked)
    if visit is not None:
        await _settle(session, visit, checked, at)
    failed = [finding for finding in found if finding.verdict is Verdict.FAILED]
    await _answers(session, actor, checked, found)
    await record_change(session, actor, "checkin.done", "checkin", checked.id, _noted(checked))
    await tell_done(session, actor, checked, place)
    if failed:
        said = [(one.position, one.question.title, one.answer.answer) for one in failed]
        await tell_failed(session, actor, checked, place, said)
    if look.idempotency_key:
        await keep_result(session, actor.person_id, look.idempotency_key, {"id": checked.id})
    return checked


@dataclass(frozen=True)
class _Asked:
    checklist_id: int | None
    asks_photo: bool
    visit_id: int | None


async def _asked(
    session: AsyncSession, actor: Actor, place: Place, look: Look, visit: InspectionVisit | None
) -> _Asked:
    """The checklist to judge by: the one that was seen, if it is or was one of the place; else the present one."""
    if visit is None:
        now_asked = await queries.asked_of_place(
            session, actor, equipment_id=place.equipment_id, area_id=place.area_id, unplanned=True
        )
    else:
        now_asked = await queries.asked_of_visit(session, actor, visit.id)
    checklist_id = now_asked.checklist_id
    if look.checklist_id is not None and look.checklist_id != checklist_id:
        # Of an older version, or of a plan that was stopped since: an answer belongs to the question it was given to.
        if not await queries.is_asked_at(session, actor, look.checklist_id, place):
            raise NotFound()
        checklist_id = look.checklist_id
    return _Asked(checklist_id, now_asked.asks_photo, visit.id if visit else None)


async def _stored(
    session: AsyncSession,
    actor: Actor,
    place: Place,
    look: Look,
    at: datetime,
    found: Sequence[Finding],
    asked: _Asked,
) -> CheckIn:
    label_id = await proven_label(session, actor, look.label, equipment_id=place.equipment_id, area_id=place.area_id)
    position = await _position(session, actor, look)
    coarse = position.coarse if position else None
    checked = CheckIn(
        site_id=actor.site_id,
        visit_id=asked.visit_id,
        checklist_id=asked.checklist_id,
        equipment_id=place.equipment_id,
        area_id=place.area_id,
        person_id=actor.person_id,
        at=at,
        proof=Proof.MANUAL if label_id is None else Proof.LABEL,
        label_id=label_id,
        lat=coarse.lat if coarse else None,
        lon=coarse.lon if coarse else None,
        accuracy_m=coarse.accuracy_m if coarse else None,
        away=is_away(position, await _fence(session, actor, place)),
        failed=sum(finding.verdict is Verdict.FAILED for finding in found),
        note=look.note.strip(),
    )
    session.add(checked)
    await session.flush()
    await add_photos(session, actor, checked, None, look.pictures)
    return checked


async def _settle(session: AsyncSession, visit: InspectionVisit, checked: CheckIn, at: datetime) -> None:
    window = Window(visit.opens_at, visit.closes_at)
    checked.late = is_late(window, at)
    visit.state = state_after(visit.state, window, at)
    if visit.state == VisitState.DONE:
        visit.missed_at = None
    elif visit.state == VisitState.MADE_UP:
        visit.missed_at = visit.missed_at or visit.closes_at
    await session.flush()


async def _answers(session: AsyncSession, actor: Actor, checked: CheckIn, found: Sequence[Finding]) -> None:
    for finding in found:
        await add_photos(session, actor, checked, finding.position, finding.answer.pictures)
        failed = finding.verdict is Verdict.FAILED
        session.add(
            CheckInAnswer(
                site_id=actor.site_id,
                check_in_id=checked.id,
                position=finding.position,
                kind=finding.question.kind,
                title=finding.question.title,
                title_en=finding.question.title_en,
                unit=finding.question.unit,
                answer=finding.answer.answer,
                verdict=finding.verdict,
                note=finding.answer.note,
                hazard_report_id=await hand_on(session, actor, checked, finding) if failed else None,
            )
        )
    await session.flush()


async def _fence(session: AsyncSession, actor: Actor, place: Place) -> Fence | None:
    fence = await queries.fence_of(session, actor, place)
    return Fence(fence.lat, fence.lon, fence.radius_m) if fence else None


async def _position(session: AsyncSession, actor: Actor, look: Look) -> Position | None:
    """The position, if the person agrees; what they say now is remembered."""
    if look.consent is not None:
        await remember_consent(session, actor, agrees=look.consent)
    agrees = look.consent if look.consent is not None else await queries.consents(session, actor)
    return look.position if agrees else None


async def remember_consent(session: AsyncSession, actor: Actor, *, agrees: bool) -> None:
    """Keep or take back the actor's consent; once taken back, it is as if it had never been given."""
    if agrees == await queries.consents(session, actor):
        return
    if agrees:
        given = {"site_id": actor.site_id, "person_id": actor.person_id}
        await session.execute(insert(PositionConsent).values(**given).on_conflict_do_nothing())
    else:
        mine = col(PositionConsent.person_id) == actor.person_id
        await session.execute(delete(PositionConsent).where(visible(actor, PositionConsent), mine))
    await record_change(
        session, actor, "checkin.consent", "person", actor.person_id, {"position": [not agrees, agrees]}
    )


def _noted(checked: CheckIn) -> dict[str, Any]:
    return {"failed": [None, checked.failed], "late": [None, checked.late], "away": [None, checked.away]}


def _believable(captured_at: datetime | None) -> datetime | None:
    """The phone's time, unless it lies ahead of ours."""
    return None if captured_at is None or captured_at > now() + CLOCK_SLACK else captured_at


async def _first(session: AsyncSession, actor: Actor, look: Look, request: dict[str, Any]) -> CheckIn | None:
    """What the first request with this key made; None when this is the first, or carries none."""
    if not look.idempotency_key:
        return None
    if len(look.idempotency_key) > 64 or not look.idempotency_key.isprintable():
        raise Invalid(N_("提交编号无效，请刷新页面后重试"))
    said = {str(place): [one.answer, one.note] for place, one in sorted(look.answers.items())}
    content = json.dumps(["check-in", request, said, look.note, look.all_well], sort_keys=True).encode()
    result = await first_result(session, actor.person_id, look.idempotency_key, content)
    return await get_visible(session, actor, CheckIn, int(result["id"])) if result else None
