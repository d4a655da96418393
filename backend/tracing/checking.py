"""Looks on site: asked for at a cause, done by who holds the post, answered with a verdict, words and photos."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Alarm, Level
from backend.core.clock import now
from backend.core.errors import N_, Conflict, Forbidden, Invalid, NotFound
from backend.core.files import store_picture
from backend.core.idempotency import first_result, keep_result
from backend.core.pictures import Picture
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.models import PostHolder
from backend.identity.permissions import require, visible
from backend.plant.models import Equipment, Point
from backend.tracing.commands import locked_trace, offered, retrace, tell_of_trace
from backend.tracing.models import Trace, TraceCheck, TraceCheckPhoto, Verdict
from backend.tracing.queries import node_names

MOST_PHOTOS = 3
DUE_AFTER = {
    Level.MAJOR: timedelta(minutes=10),
    Level.SIGNIFICANT: timedelta(minutes=30),
    Level.GENERAL: timedelta(hours=2),
    Level.LOW: timedelta(hours=8),
}
_USUAL = timedelta(hours=2)


@dataclass(frozen=True)
class Answer:
    """What who looked found. ``captured_at``: the phone's time of it, where it had no network."""

    verdict: str
    note: str = ""
    pictures: Sequence[Picture] = ()
    idempotency_key: str = ""
    captured_at: datetime | None = None


async def ask_check(session: AsyncSession, actor: Actor, trace_id: int, *, node: str, question: str = "") -> TraceCheck:
    """Send who holds the post of the cause's equipment to look; one look at a cause is open at a time.

    Raises NotFound for another site's trace, Invalid for a node that isn't one of its causes.
    """
    require(actor, "traces.confirm")
    made = await locked_trace(session, actor, trace_id)
    if node not in offered(made):
        raise Invalid(fields={"node": N_("请选择一个根源")})
    known = await session.scalar(
        select(TraceCheck).where(
            visible(actor, TraceCheck),
            col(TraceCheck.trace_id) == made.id,
            col(TraceCheck.node) == node,
            col(TraceCheck.answered_at).is_(None),
        )
    )
    if known is not None:
        return known
    level = await _level(session, actor, made)
    post_id = await _owner_post(session, actor, node)
    check = TraceCheck(
        site_id=made.site_id,
        trace_id=made.id,
        node=node,
        post_id=post_id,
        asked_by=actor.person_id,
        question=question.strip(),
        level=level,
        due_at=now() + DUE_AFTER.get(Level(level), _USUAL) if level else now() + _USUAL,
    )
    session.add(check)
    await session.flush()
    await record_change(session, actor, "trace.ask_check", "trace", made.id, {"check": [None, node]})
    told = await _holders(session, actor, post_id)
    await _tell(session, made, check, actor, "trace.check_asked", told)
    return check


async def answer_check(session: AsyncSession, actor: Actor, check_id: int, answer: Answer) -> TraceCheck:
    """Keep what was found and weigh it: the trace is made anew. A repeat gets the first result.

    Raises NotFound for another site's check, Forbidden for who neither holds the post nor leads, Invalid without a
    verdict, Conflict when somebody else has answered.
    """
    require(actor, "traces.see")
    check = await session.scalar(
        select(TraceCheck).where(visible(actor, TraceCheck), col(TraceCheck.id) == check_id).with_for_update()
    )
    if check is None:
        raise NotFound()
    if not may_answer(actor, check):
        raise Forbidden()
    if answer.verdict not in set(Verdict):
        raise Invalid(fields={"verdict": N_("请选择现场情况")})
    if answer.idempotency_key:
        request = json.dumps([check_id, answer.verdict, answer.note]).encode()
        if await first_result(session, actor.person_id, answer.idempotency_key, request) is not None:
            return check
        await keep_result(session, actor.person_id, answer.idempotency_key, {"id": check.id})
    if check.answered_at is not None:
        raise Conflict(N_("已经有人核查过了"))
    if len(answer.pictures) > MOST_PHOTOS:
        raise Invalid(fields={"photos": N_("一次最多上传 %(most)s 张照片")}, most=MOST_PHOTOS)
    check.answered_by, check.answered_at, check.captured_at = actor.person_id, now(), answer.captured_at
    check.verdict, check.note = answer.verdict, answer.note.strip()
    session.add(check)
    for picture in answer.pictures:
        stored = asdict(await store_picture(picture))
        session.add(TraceCheckPhoto(site_id=check.site_id, check_id=check.id, uploaded_by=actor.person_id, **stored))
    made = await locked_trace(session, actor, check.trace_id)
    await record_change(session, actor, "trace.check", "trace", made.id, {"verdict": [None, check.verdict]})
    await _tell(session, made, check, actor, "trace.checked", [check.asked_by])
    await retrace(session, made)
    return check


def may_answer(actor: Actor, check: TraceCheck) -> bool:
    """Who holds the post it was sent to; anybody who leads may, too."""
    return check.post_id in actor.post_ids or actor.can("traces.confirm")


async def _level(session: AsyncSession, actor: Actor, made: Trace) -> str:
    levels = await session.scalars(
        select(col(Alarm.level)).where(visible(actor, Alarm), col(Alarm.group_id) == made.group_id)
    )
    ranked = list(Level)
    return min((str(level) for level in levels), key=lambda level: ranked.index(Level(level)), default="")


async def _owner_post(session: AsyncSession, actor: Actor, node: str) -> int | None:
    kind, _, number = node.partition(":")
    query = select(col(Equipment.owner_post_id)).where(visible(actor, Equipment))
    if kind == "point":
        query = query.join(Point, col(Point.equipment_id) == col(Equipment.id)).where(
            visible(actor, Point), col(Point.id) == int(number)
        )
    else:
        query = query.where(col(Equipment.id) == int(number))
    return await session.scalar(query)


async def _holders(session: AsyncSession, actor: Actor, post_id: int | None) -> list[int]:
    found = await session.scalars(
        select(col(PostHolder.person_id)).where(
            visible(actor, PostHolder), col(PostHolder.post_id) == post_id, col(PostHolder.until).is_(None)
        )
    )
    return sorted(set(found))


_WORDS = {
    "trace.check_asked": ("请到现场核查：", "Please look on site: "),
    "trace.checked": ("现场核查有结果：", "Looked at on site: "),
}


async def _tell(
    session: AsyncSession, made: Trace, check: TraceCheck, actor: Actor, kind: str, told: Sequence[int]
) -> None:
    name = (await node_names(session, actor, [check.node])).get(check.node)
    zh, en = _WORDS[kind]
    await tell_of_trace(
        session,
        made,
        actor,
        kind,
        zh + (name.name if name else check.node),
        en + (name.name_en if name else check.node),
        url=f"/checks/{check.id}",
        level=check.level,
        told=list(told),
        tag=f"check:{check.id}",
        note=check.note or check.question,
    )
