"""Sends a report: for a person, for a failed item of a check-in, and (from ``public``) for somebody unknown."""

from dataclasses import asdict
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.models import Level
from backend.core.clock import now
from backend.core.errors import N_, Conflict, Invalid, NotFound
from backend.core.idempotency import keep_result
from backend.hazards.numbering import next_number
from backend.hazards.recording import Sent, first_id
from backend.hazards.reports import queries
from backend.hazards.reports.draft import ReportDraft, check
from backend.hazards.reports.keeping import keep_pictures, keep_voice
from backend.hazards.reports.models import HazardReport, Origin, ReportState
from backend.hazards.reports.patience import DECIDE_WITHIN
from backend.hazards.reports.queries import Spot
from backend.hazards.reports.suggest import Reason
from backend.hazards.reports.telling import deciders, leave
from backend.identity.actor import Actor
from backend.identity.permissions import require
from backend.identity.scoping import get_visible


async def report_hazard(session: AsyncSession, actor: Actor, draft: ReportDraft) -> HazardReport:
    """Report a hazard. A repeated ``idempotency_key`` gives the first one's report.

    Raises Invalid (by field, also for a place that is gone), Conflict (``joins`` no longer stands), Forbidden.
    """
    require(actor, "reports.send")
    draft = draft.tidied()
    first = await first_id(session, actor, Sent(idempotency_key=draft.idempotency_key), "report", _content(draft))
    if first is not None:
        return (await queries.card(session, actor, first)).report
    report = await write_report(session, actor, draft)
    if draft.idempotency_key:
        await keep_result(session, actor.person_id, draft.idempotency_key, {"id": report.id})
    return report


async def write_report(session: AsyncSession, actor: Actor, draft: ReportDraft) -> HazardReport:
    """Check and store a tidied ``draft``, and tell who has to decide. Raises as ``report_hazard``."""
    here = await _spot(session, actor, draft)
    told_in_words = draft.origin == Origin.PUBLIC and bool(draft.details)  # a stranger knows no name of a place
    check(draft, placed=bool(here.code) or draft.position is not None or told_in_words)
    main = await _joined(session, actor, draft.joins)
    level, reason, sign = await _level(session, actor, draft, here)
    photos, voice_path = await keep_pictures(actor.site_id, draft), await keep_voice(draft.voice)
    report = HazardReport(
        site_id=actor.site_id,
        number=await next_number(session, actor.site_id, actor.zone, HazardReport, "SB"),
        title=draft.title,
        details=draft.details,
        factor=draft.factor,
        level=level,
        level_reason=reason,
        level_sign=sign,
        equipment_id=here.equipment.id if here.equipment else None,
        area_id=here.area.id if here.area else None,
        latitude=draft.position.latitude if draft.position else None,
        longitude=draft.position.longitude if draft.position else None,
        accuracy_m=draft.position.accuracy_m if draft.position else None,
        origin=draft.origin,
        origin_id=draft.origin_id,
        reporter_id=actor.person_id or None,
        public_key="" if actor.person_id else draft.idempotency_key,
        captured_at=draft.captured_at if draft.captured_at and draft.captured_at <= now() else None,
        voice_path=voice_path,
        state=ReportState.MERGED if main else ReportState.WAITING,
        merged_into_id=main.id if main else None,
        remind_at=None if main else now() + DECIDE_WITHIN[Level(level)],
    )
    session.add(report)
    await session.flush()
    for photo in photos:
        photo.report_id = report.id
    session.add_all(photos)
    change = {"state": [None, str(report.state)], "level": [None, str(report.level)]}
    told = await deciders(session, actor.site_id, here.area.team_id if here.area else None, actor.team_id)
    await leave(session, actor, report, "sent", change, told)
    return report


async def _spot(session: AsyncSession, actor: Actor, draft: ReportDraft) -> Spot:
    try:
        return await queries.spot(session, actor, draft.equipment_id, draft.area_id)
    except NotFound:
        raise Invalid(fields={"place": N_("这个地点已经不在系统里，请重新选择")}) from None


async def _joined(session: AsyncSession, actor: Actor, report_id: int | None) -> HazardReport | None:
    """The report that it is the same as; one that was merged meanwhile leads on to what it was merged into."""
    if report_id is None:
        return None
    try:
        card = await queries.card(session, actor, report_id)
        main = await get_visible(session, actor, HazardReport, card.main.id if card.main else report_id, lock=True)
        card = await queries.card(session, actor, main.id)
    except NotFound:
        raise Conflict(N_("您选的那条隐患已经处理完，请另外上报")) from None
    if not card.open:
        raise Conflict(N_("您选的那条隐患已经处理完，请另外上报"))
    return main


async def _level(session: AsyncSession, actor: Actor, draft: ReportDraft, here: Spot) -> tuple[str, str, str]:
    if draft.level:
        return draft.level, Reason.GIVEN, ""
    found = await queries.suggestion(session, actor, f"{draft.title}\n{draft.details}", here)
    return found.level, found.reason, found.sign


def _content(draft: ReportDraft) -> dict[str, Any]:
    """What makes two requests the same: all but their files, and the moment, which each sending works out anew."""
    left_out = {"pictures", "originals", "voice", "captured_at", "idempotency_key"}
    plain = {name: getattr(draft, name) for name in draft.__dataclass_fields__ if name not in left_out}
    return {**plain, "position": asdict(draft.position) if draft.position else None}
