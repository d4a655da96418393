"""Somebody maintained equipment. What was done is never refused for being late, early or done by two.

A repeated ``idempotency_key`` does nothing and gives what the first one made.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.errors import N_, Invalid
from backend.core.files import store_picture
from backend.core.idempotency import first_result, keep_result
from backend.core.pictures import Picture
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require
from backend.identity.scoping import get_visible
from backend.maintenance.commands.opening import keep_open, open_record
from backend.maintenance.models import MaintenancePhoto, MaintenancePlan, MaintenanceRecord
from backend.maintenance.queries.due import site_day
from backend.maintenance.schedule import LONGEST_WORDS, done_day
from backend.maintenance.telling import tell_done

MOST_PHOTOS = 9


@dataclass(frozen=True)
class Work:
    """What a person sends of it. ``captured_at``: when it was filled in, by our clock; None for just now."""

    note: str = ""
    pictures: Sequence[Picture] = ()
    done_on: date | None = None
    """The day it was done, if not the day it was filled in."""
    record_id: int | None = None
    """The record they saw as due; None for whichever is."""
    captured_at: datetime | None = None
    idempotency_key: str = ""


async def do_maintenance(session: AsyncSession, actor: Actor, plan_id: int, work: Work) -> MaintenanceRecord:
    """Record that it was done, and open the next time. Raises Forbidden, NotFound, Invalid by field.

    Where the record that was seen as due is done already, or was dropped, it is one more time at which it was done.
    """
    require(actor, "maintenance.do")
    plan = await get_visible(session, actor, MaintenancePlan, plan_id, lock=True)
    first = await _first(session, actor, plan_id, work)
    if first is not None:
        return first
    at, today = min(work.captured_at or now(), now()), site_day(actor)
    day = done_day(work.done_on or at.astimezone(actor.zone).date(), today)
    _check(plan, work)
    record = await open_record(session, plan)
    if record is None or work.record_id not in {None, record.id}:
        record = _unasked(plan)
        session.add(record)
    record.done_on, record.done_by, record.recorded_at = day, actor.person_id, at
    record.note = work.note.strip()
    await session.flush()
    await _keep_pictures(session, actor, record, work.pictures)
    following = await keep_open(session, plan, today)
    change = {"done_on": [None, day.isoformat()], "due_on": [record.due_on and record.due_on.isoformat(), None]}
    await record_change(session, actor, "maintenance.done", "maintenance_plan", plan.id, change)
    await tell_done(session, actor, plan, record, following)
    if work.idempotency_key:
        await keep_result(session, actor.person_id, work.idempotency_key, {"id": record.id})
    return record


def _check(plan: MaintenancePlan, work: Work) -> None:
    wrong: dict[str, str] = {}
    if len(work.note) > LONGEST_WORDS:
        wrong["note"] = N_("内容太长，请精简")
    if plan.asks_photo and not work.pictures:
        wrong["photos"] = N_("这个计划要求拍照")
    if wrong:
        raise Invalid(fields=wrong)


def _unasked(plan: MaintenancePlan) -> MaintenanceRecord:
    return MaintenanceRecord(
        site_id=plan.site_id,
        equipment_id=plan.equipment_id,
        plan_id=plan.id,
        post_id=plan.post_id,
        summary=plan.name,
        summary_en=plan.name_en,
    )


async def _keep_pictures(
    session: AsyncSession, actor: Actor, record: MaintenanceRecord, pictures: Sequence[Picture]
) -> None:
    """Files lie on the disk before their rows are written."""
    stored = [await store_picture(picture) for picture in pictures]
    session.add_all(
        MaintenancePhoto(site_id=record.site_id, record_id=record.id, uploaded_by=actor.person_id, **asdict(picture))
        for picture in stored
    )
    await session.flush()


async def _first(session: AsyncSession, actor: Actor, plan_id: int, work: Work) -> MaintenanceRecord | None:
    """What the first request with this key made; None when this is the first, or carries none."""
    if not work.idempotency_key:
        return None
    if len(work.idempotency_key) > 64 or not work.idempotency_key.isprintable():
        raise Invalid(N_("提交编号无效，请刷新页面后重试"))
    said = ["maintenance", plan_id, work.record_id, work.note, work.done_on and work.done_on.isoformat()]
    result = await first_result(session, actor.person_id, work.idempotency_key, json.dumps(said).encode())
    return await get_visible(session, actor, MaintenanceRecord, int(result["id"])) if result else None
