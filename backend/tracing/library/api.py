"""Fused causes, answers and the cause library for programs, with the permissions of the pages."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import Header
from pydantic import BaseModel, Field

from backend.core.clock import now, true_moment
from backend.core.routing import APIRouter
from backend.identity.scoping import get_visible
from backend.identity.web import ActorDep, SessionDep, allow
from backend.tracing.checks.answering import Answer, answer_question
from backend.tracing.library import queries
from backend.tracing.library.editing import take_over
from backend.tracing.models import Trace

router = APIRouter(prefix="/api/v1", tags=["traces"])


class QuestionOut(BaseModel):
    """A check that somebody on site can answer; ``gain``: bits of doubt an answer takes away on average."""

    key: str
    equipment_id: int
    text: str
    text_en: str
    gain: float
    posts: list[int]


class FusedCauseOut(BaseModel):
    """A cause. ``probability``: that it is the one (all but ``contributes`` sum to 1 with ``rest``); with
    ``contributes``: how much of the others' probability would go elsewhere without it. ``cites``: what it rests on.
    ``disturbance``: 1 for causes of a second fault at the same time, which sum up for themselves."""

    key: str
    library_key: str
    kind: str
    contributes: bool
    equipment_id: int | None
    title: str
    title_en: str
    probability: float
    advice: str
    advice_en: str
    posts: list[int]
    cites: list[dict[str, Any]]
    questions: list[QuestionOut]
    disturbance: int = 0


class FusedOut(BaseModel):
    """The fused causes of a trace, likeliest first; ``rest``: the probability of what isn't listed."""

    trace_id: int
    causes: list[FusedCauseOut]
    rest: float


class AnswerIn(BaseModel):
    """``answer``: yes, no or unknown; ``captured_at``: when it was seen, if not just now."""

    question: str = Field("", max_length=200)
    answer: str = Field("", max_length=20)
    note: str = Field("", max_length=500)
    captured_at: datetime | None = None


class LibraryOut(BaseModel):
    """The library in force, and the version of the site's edits in it (0: none)."""

    version: int
    classes: list[dict[str, Any]]


class EditsIn(BaseModel):
    """Classes in place of those of their key, and frequencies by ``class.mode``; replaces all edits before."""

    classes: list[dict[str, Any]] = Field(default_factory=list, max_length=500)
    per_year: dict[str, float] = Field(default_factory=dict)
    note: str = Field("", max_length=200)


@router.get("/traces/{trace_id}/causes", dependencies=[allow("traces.see")])
async def read_causes(session: SessionDep, actor: ActorDep, trace_id: int) -> FusedOut:
    """What readings, records and answers together say about the causes of a trace."""
    return await _fused(session, actor, trace_id)


@router.post("/traces/{trace_id}/answers", dependencies=[allow("traces.answer")])
async def send_answer(
    session: SessionDep,
    actor: ActorDep,
    trace_id: int,
    sent: AnswerIn | None = None,
    idempotency_key: Annotated[str, Header(max_length=64)] = "",
) -> FusedOut:
    """Answer a question; gives the causes as they rank now."""
    given = sent or AnswerIn()
    at = true_moment(given.captured_at, None, now())
    said = Answer(answer=given.answer, note=given.note, idempotency_key=idempotency_key, captured_at=at)
    await answer_question(session, actor, trace_id, given.question, said)
    return await _fused(session, actor, trace_id)


@router.get("/cause-library", dependencies=[allow("library.see")])
async def read_library(session: SessionDep, actor: ActorDep) -> LibraryOut:
    """The cause library in force on this site."""
    versions = await queries.library_versions(session, actor, 1)
    library, _ = await queries.library_seen(session, actor)
    return LibraryOut(version=versions[0].version if versions else 0, classes=msgspec.to_builtins(library.classes))


@router.put("/cause-library", dependencies=[allow("library.edit")])
async def write_library(session: SessionDep, actor: ActorDep, sent: EditsIn | None = None) -> LibraryOut:
    """Take over a site's edits; 422 tells every fault."""
    given = sent or EditsIn()
    await take_over(session, actor, {"classes": given.classes, "per_year": given.per_year}, given.note)
    return await read_library(session, actor)


async def _fused(session: SessionDep, actor: ActorDep, trace_id: int) -> FusedOut:
    trace = await get_visible(session, actor, Trace, trace_id)
    view = await queries.fused_view(session, actor, trace)
    if view is None:
        return FusedOut(trace_id=trace.id, causes=[], rest=1.0)
    return FusedOut(trace_id=trace.id, causes=[FusedCauseOut(**one) for one in view.causes], rest=view.rest)
