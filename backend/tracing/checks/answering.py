"""What was found on site: kept with words and photos, and weighed."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.errors import N_, Conflict, Forbidden, Invalid
from backend.core.files import store_picture
from backend.core.idempotency import first_result, keep_result
from backend.core.pictures import Picture
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require, visible
from backend.identity.scoping import get_visible
from backend.plant.models import Equipment
from backend.tracing.checks.places import level_of
from backend.tracing.checks.queries import may_answer
from backend.tracing.checks.telling import tell
from backend.tracing.checks.wanting import ask_wanted, new_check
from backend.tracing.commands import locked_trace, retrace
from backend.tracing.library.assembling import equipment_of_question
from backend.tracing.library.fusing import site_library
from backend.tracing.library.ranking import check_of, rank_anew
from backend.tracing.models import ANSWERS, Trace, TraceCheck, TraceCheckPhoto, Verdict

MOST_PHOTOS = 3


@dataclass(frozen=True)
class Answer:
    """What who looked found. ``verdict``: of the cause a leader had looked at; ``answer``: to the question of the cause
    library. ``captured_at``: the phone's time of it, where it had no network."""

    verdict: str = ""
    answer: str = ""
    note: str = ""
    pictures: Sequence[Picture] = ()
    idempotency_key: str = ""
    captured_at: datetime | None = None


async def answer_check(session: AsyncSession, actor: Actor, check_id: int, said: Answer) -> TraceCheck:
    """Keep what was found and weigh it: an answer ranks the causes anew at once, a verdict has the trace made anew.
    A repeat gets the first result.

    Of a look that carries both, either does: it may have been sent by a phone that knew of one only. A second answer
    to a question stands beside the first, and the latest seen counts. Raises NotFound for another site's check,
    Forbidden for who neither holds the post nor leads, Invalid without verdict or answer, Conflict when somebody else
    has looked at a cause, or for a key used otherwise.
    """
    require(actor, "traces.answer")
    check = await get_visible(session, actor, TraceCheck, check_id)
    if not may_answer(actor, check):
        raise Forbidden()
    made = await locked_trace(session, actor, check.trace_id)
    check = await get_visible(session, actor, TraceCheck, check_id, lock=True)
    return await _first(session, actor, f"{check_id}", said) or await _keep(session, actor, made, check, said)


async def answer_question(
    session: AsyncSession, actor: Actor, trace_id: int, question: str, said: Answer
) -> TraceCheck:
    """Answer a question of the cause library by its key, whether the trace has asked it or not.

    Raises as ``answer_check``, and Invalid beside ``question`` for one that the library doesn't hold there.
    """
    require(actor, "traces.answer")
    made = await locked_trace(session, actor, trace_id)
    known = await _first(session, actor, f"{trace_id}:{question}", said)
    if known is not None:
        return known
    check = await _asked(session, actor, made, question) or await _unasked(session, actor, made, question)
    if not may_answer(actor, check):
        raise Forbidden(N_("这个问题由设备的责任岗位回答"))
    return await _keep(session, actor, made, check, said)


async def _asked(session: AsyncSession, actor: Actor, made: Trace, question: str) -> TraceCheck | None:
    """The newest look of the trace that carries this question."""
    return await session.scalar(
        select(TraceCheck)
        .where(visible(actor, TraceCheck), col(TraceCheck.trace_id) == made.id, col(TraceCheck.question) == question)
        .where(col(TraceCheck.question) != "")
        .order_by(col(TraceCheck.id).desc())
        .limit(1)
        .with_for_update()
    )


async def _unasked(session: AsyncSession, actor: Actor, made: Trace, question: str) -> TraceCheck:
    """A look that carries a question which the trace hasn't asked."""
    try:
        equipment_id = equipment_of_question(question)
    except ValueError:
        raise Invalid(fields={"question": N_("这个问题已不存在")}) from None
    about = await get_visible(session, actor, Equipment, equipment_id)
    spec = check_of(await site_library(session, made.site_id), about.equipment_class, question)
    if spec is None:
        raise Invalid(fields={"question": N_("这个问题已不存在")})
    posts = [about.owner_post_id] if about.owner_post_id else []
    asked = {"key": question, "equipment_id": about.id, "text": spec.text, "text_en": spec.text_en, "posts": posts}
    return new_check(made, await level_of(session, made), asked)


async def _first(session: AsyncSession, actor: Actor, about: str, said: Answer) -> TraceCheck | None:
    """What the first request with this key made; None when this is the first, or carries none."""
    if not said.idempotency_key:
        return None
    if len(said.idempotency_key) > 64 or not said.idempotency_key.isprintable():
        raise Invalid(N_("提交编号无效，请刷新页面后重试"))
    request = json.dumps(["trace-check", about, said.verdict, said.answer, said.note]).encode()
    result = await first_result(session, actor.person_id, said.idempotency_key, request)
    return await get_visible(session, actor, TraceCheck, int(result["id"])) if result else None


async def _keep(session: AsyncSession, actor: Actor, made: Trace, check: TraceCheck, said: Answer) -> TraceCheck:
    _judge(check, said)
    if check.answered_at is not None:
        check = _again(check, said)
    check.answered_by, check.answered_at, check.captured_at = actor.person_id, now(), said.captured_at
    check.remind_at = None
    check.note = said.note.strip()
    check.verdict = said.verdict if check.asked_by is not None else ""
    check.answer = said.answer if check.question else ""
    session.add(check)
    await session.flush()
    for picture in said.pictures:
        stored = asdict(await store_picture(picture))
        session.add(TraceCheckPhoto(site_id=check.site_id, check_id=check.id, uploaded_by=actor.person_id, **stored))
    found = {check.question or check.node: [None, check.answer or check.verdict]}
    await record_change(session, actor, "trace.check", "trace", made.id, found)
    told = [check.asked_by] if check.asked_by is not None else []
    await tell(session, made, check, "checked", told, actor_id=actor.person_id, note=check.note)
    await _weigh(session, made, check)
    if said.idempotency_key:
        await keep_result(session, actor.person_id, said.idempotency_key, {"id": check.id})
    return check


async def _weigh(session: AsyncSession, made: Trace, check: TraceCheck) -> None:
    if check.answer:
        check.effect = await rank_anew(session, made)
        await ask_wanted(session, made)
    if check.verdict:
        await retrace(session, made)


def _judge(check: TraceCheck, said: Answer) -> None:
    """Raise Invalid unless what was said is something that this look can have found."""
    if said.verdict and said.verdict not in set(Verdict):
        raise Invalid(fields={"verdict": N_("请选择现场情况")})
    if said.answer and said.answer not in ANSWERS:
        raise Invalid(fields={"answer": N_("请选择是、否或不清楚")})
    if not (said.answer and check.question) and not (said.verdict and check.asked_by is not None):
        if check.asked_by is None:
            raise Invalid(fields={"answer": N_("请选择是、否或不清楚")})
        raise Invalid(fields={"verdict": N_("请选择现场情况")})
    if len(said.pictures) > MOST_PHOTOS:
        raise Invalid(fields={"photos": N_("一次最多上传 %(most)s 张照片")}, most=MOST_PHOTOS)


def _again(check: TraceCheck, said: Answer) -> TraceCheck:
    """A further answer to the question of a look that is done. Raises Conflict where it carries none."""
    if not (check.question and said.answer):
        raise Conflict(N_("已经有人核查过了"))
    same = ("site_id", "trace_id", "node", "equipment_id", "post_id", "question", "text", "text_en", "gain", "level")
    return TraceCheck(**{name: getattr(check, name) for name in same}, due_at=check.due_at)
