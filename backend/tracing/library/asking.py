"""Asking for a check, and weighing its answer at once."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.errors import N_, Forbidden, Invalid, NotFound
from backend.core.events import record_event
from backend.core.idempotency import first_result, keep_result
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.models import Role
from backend.identity.permissions import require, system_query
from backend.identity.scoping import get_visible
from backend.tracing.library.assembling import equipment_of_question
from backend.tracing.library.catalogue import Check, Library
from backend.tracing.library.fusing import fuse_seen, seen_in_stored, site_library
from backend.tracing.library.models import TraceAnswer, TraceQuestion
from backend.tracing.library.queries import place_asked
from backend.tracing.library.telling import changes
from backend.tracing.models import Trace

ANSWERS = ("yes", "no", "unknown")
MOST_LETTERS = 500
_WORDS = {"yes": ("是", "yes"), "no": ("否", "no"), "unknown": ("不清楚", "can't tell")}


@dataclass(frozen=True)
class Said:
    """What a person answers; ``idempotency_key`` and ``captured_at`` as in other forms that a phone may send later."""

    question: str
    answer: str
    note: str = ""
    idempotency_key: str = ""
    captured_at: datetime | None = None


@system_query("the worker asks the posts of every site")
async def ask(session: AsyncSession, made: Trace) -> list[TraceQuestion]:
    """Ask the owner posts what the trace wants to know and hasn't asked yet; gives what was asked now.

    A trace is made many times: what was asked stays its question while the answer still tells something (``waiting``
    of ``engine.fusion.fuse``), so that people aren't asked one thing after another.
    """
    asked: list[TraceQuestion] = []
    known = await _asked(session, made)
    for question in questions_of(made.result.get("fused", [])):
        if question["key"] in known:
            continue
        new = insert(TraceQuestion).values(
            site_id=made.site_id,
            trace_id=made.id,
            question=question["key"],
            equipment_id=question["equipment_id"],
            text=question["text"],
            text_en=question["text_en"],
            gain=question["gain"],
            told=await _holders(session, made.site_id, question["posts"]),
        )
        row = (await session.execute(new.on_conflict_do_nothing().returning(TraceQuestion))).scalar_one_or_none()
        if row is not None:
            await _tell(session, made, "trace.asked", ("请现场核查", "Please check on site"), row.text, row.text_en,
                        told=row.told, anchor="#questions")  # fmt: skip
            asked.append(row)
    return asked


@system_query("the worker asks the posts of every site")
async def _asked(session: AsyncSession, made: Trace) -> set[str]:
    """Keys of the questions of a trace that somebody was asked."""
    rows = await session.execute(
        text("SELECT question FROM trace_question WHERE site_id = :site AND trace_id = :trace"),
        {"site": made.site_id, "trace": made.id},
    )
    return set(rows.scalars())


def questions_of(fused: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The questions of a fused list, most telling first."""
    found = [question for cause in fused for question in cause["questions"]]
    return sorted(found, key=lambda one: (-one["gain"], one["key"]))


async def answer(session: AsyncSession, actor: Actor, trace_id: int, said: Said) -> TraceAnswer:
    """Keep an answer and rank the causes anew with it.

    A worker answers for equipment of their own posts, or what they were asked; leaders and above anything the trace
    can ask. Raises NotFound, Forbidden, Invalid beside ``question`` or ``answer``, Conflict for a key used otherwise.
    """
    require(actor, "traces.answer")
    if (known := await _first(session, actor, trace_id, said)) is not None:
        return known
    made = await get_visible(session, actor, Trace, trace_id, lock=True)
    check = await _check(session, actor, made, said)
    if said.answer not in ANSWERS:
        raise Invalid(fields={"answer": N_("请选择是、否或不清楚")})
    if len(said.note) > MOST_LETTERS:
        raise Invalid(fields={"note": N_("内容太长，请精简")})
    row = TraceAnswer(
        site_id=made.site_id,
        trace_id=made.id,
        question=said.question,
        text=check.text,
        text_en=check.text_en,
        answer=said.answer,
        note=said.note.strip(),
        person_id=actor.person_id,
        at=said.captured_at or now(),
    )
    session.add(row)
    await session.flush()
    row.effect = await rank_anew(session, made)
    await record_change(session, actor, "trace.answer", "trace", made.id, {said.question: [None, said.answer]})
    zh, en = _WORDS[said.answer]
    await _tell(session, made, "trace.answered", ("现场核查", "Checked on site"), f"{check.text} {zh}",
                f"{check.text_en} {en}", actor_id=actor.person_id, note=row.note)  # fmt: skip
    await ask(session, made)
    if said.idempotency_key:
        await keep_result(session, actor.person_id, said.idempotency_key, {"id": row.id})
    return row


async def rank_anew(
    session: AsyncSession, made: Trace, learned: Mapping[str, float] | None = None
) -> list[dict[str, Any]]:
    """Weigh a stored trace's evidence and answers again, without the engine; gives what that moved."""
    seen = seen_in_stored(made.result, await _equipment_of(session, made))
    before = made.result.get("fused", [])
    learned = learned if learned is not None else made.result.get("learned_causes")
    fused = await fuse_seen(session, made.site_id, seen, group_id=made.group_id, trace_id=made.id, learned=learned)
    made.result = made.result | {"fused": fused}
    session.add(made)
    await session.flush()
    return changes(before, fused)


async def _first(session: AsyncSession, actor: Actor, trace_id: int, said: Said) -> TraceAnswer | None:
    """What the first request with this key made; None when this is the first, or carries none."""
    if not said.idempotency_key:
        return None
    if len(said.idempotency_key) > 64 or not said.idempotency_key.isprintable():
        raise Invalid(N_("提交编号无效，请刷新页面后重试"))
    content = json.dumps(["trace-answer", trace_id, said.question, said.answer, said.note]).encode()
    result = await first_result(session, actor.person_id, said.idempotency_key, content)
    return await get_visible(session, actor, TraceAnswer, int(result["id"])) if result else None


async def _check(session: AsyncSession, actor: Actor, made: Trace, said: Said) -> Check:
    """The check that is answered, if the trace can ask it and this person may answer it."""
    try:
        equipment_id = equipment_of_question(said.question)
    except ValueError:
        raise Invalid(fields={"question": N_("这个问题已不存在")}) from None
    place = await place_asked(session, actor, made.id, said.question, equipment_id)
    if place is None:
        raise NotFound()
    check = check_of(await site_library(session, made.site_id), place.equipment_class, said.question)
    if check is None:
        raise Invalid(fields={"question": N_("这个问题已不存在")})
    if actor.role == Role.WORKER and not place.own:
        raise Forbidden(N_("这个问题由设备的责任岗位回答"))
    return check


def check_of(library: Library, equipment_class: str, question: str) -> Check | None:
    """The check a question's key names, among those of the equipment's class."""
    class_key, _, check_key = question.partition("?")[2].partition(".")
    for one in library.parts(equipment_class):
        if one.key == class_key:
            return next((check for check in one.checks if check.key == check_key), None)
    return None


@system_query("an answer is weighed with all of the site's points")
async def _equipment_of(session: AsyncSession, made: Trace) -> dict[str, int]:
    """Node key → equipment."""
    rows = await session.execute(
        text("SELECT id, equipment_id FROM point WHERE site_id = :site AND equipment_id IS NOT NULL"),
        {"site": made.site_id},
    )
    found = {f"point:{row.id}": row.equipment_id for row in rows}
    equipment = await session.execute(text("SELECT id FROM equipment WHERE site_id = :site"), {"site": made.site_id})
    return found | {f"equipment:{id_}": id_ for id_ in equipment.scalars()}


@system_query("the worker asks the posts of every site")
async def _holders(session: AsyncSession, site_id: int, post_ids: Sequence[int]) -> list[int]:
    rows = await session.execute(
        text(
            "SELECT DISTINCT h.person_id FROM post_holder h JOIN person p ON p.id = h.person_id AND p.active "
            "WHERE h.site_id = :site AND h.until IS NULL AND h.post_id = ANY(CAST(:posts AS bigint[])) ORDER BY 1"
        ),
        {"site": site_id, "posts": list(post_ids)},
    )
    return list(rows.scalars())


@system_query("the alarm whose story an answer belongs to")
async def _tell(
    session: AsyncSession,
    made: Trace,
    kind: str,
    titles: tuple[str, str],
    words: str,
    words_en: str,
    *,
    told: Sequence[int] = (),
    actor_id: int | None = None,
    note: str = "",
    anchor: str = "",
) -> None:
    """Into the story of the group's first alarm, and to whoever is asked."""
    first = await session.scalar(
        text("SELECT min(id) FROM alarm WHERE site_id = :site AND group_id = :group_id"),
        {"site": made.site_id, "group_id": made.group_id},
    )
    await record_event(
        session,
        site_id=made.site_id,
        kind=kind,
        subject="trace",
        subject_id=made.id,
        story=f"alarm:{first}" if first else "",
        actor_id=actor_id,
        data={
            "title_zh": f"{titles[0]}：{words}",
            "title_en": f"{titles[1]}: {words_en}",
            "url": f"/traces/{made.id}{anchor}",
            "told": list(told),
            **({"note": note} if note else {}),
        },
    )
