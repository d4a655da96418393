"""Traces for programs, with the permissions of the pages."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Header, Query

from backend.core.clock import now, true_moment
from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow
from backend.tracing import circumstances, queries
from backend.tracing.api.shapes import (
    CauseIn,
    CheckOut,
    ConfirmationIn,
    FoundIn,
    ListedOut,
    QuestionIn,
    TraceOut,
    check_out,
    listed_out,
    trace_out,
)
from backend.tracing.asking import USUAL, Question, ask_review, ask_trace
from backend.tracing.checks.answering import Answer, answer_check
from backend.tracing.checks.asking import ask_check
from backend.tracing.checks.queries import check_view
from backend.tracing.commands import confirm_cause, dismiss_cause, take_back

router = APIRouter()


@router.get("/traces", dependencies=[allow("traces.see")])
async def list_traces(
    session: SessionDep,
    actor: ActorDep,
    search: Annotated[str, Query(max_length=60)] = "",
    origin: Annotated[str, Query(max_length=20)] = "",
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> list[ListedOut]:
    """The newest 40, or those before the trace ``before``."""
    found = await circumstances.traces(session, actor, words=search, origin=origin, before=before)
    return [listed_out(one) for one in found[: circumstances.PAGE]]


@router.post("/traces", dependencies=[allow("traces.ask")], status_code=202)
async def ask(session: SessionDep, actor: ActorDep, sent: QuestionIn | None = None) -> TraceOut:
    """Ask for a trace; it is answered at once with ``revision`` 0 and made within seconds."""
    wanted = sent or QuestionIn()
    until = _utc(wanted.until) or now()
    question = Question(wanted.what, _utc(wanted.since) or until - USUAL, until)
    made = await ask_trace(session, actor, question)
    return trace_out(await queries.trace_view(session, actor, made.id))


@router.get("/traces/{trace_id}", dependencies=[allow("traces.see")])
async def read_trace(session: SessionDep, actor: ActorDep, trace_id: int) -> TraceOut:
    """One trace."""
    return trace_out(await queries.trace_view(session, actor, trace_id))


@router.get("/alarms/{alarm_id}/trace", dependencies=[allow("traces.see")])
async def read_trace_of_alarm(session: SessionDep, actor: ActorDep, alarm_id: int) -> TraceOut | None:
    """The trace of the group an alarm belongs to; null while it isn't made."""
    view = await queries.trace_of_alarm(session, actor, alarm_id)
    if view is None and await queries.waiting(session, actor, alarm_id) is not None:
        return None
    return trace_out(view)


@router.post("/traces/{trace_id}/confirm", dependencies=[allow("traces.confirm")])
async def confirm(session: SessionDep, actor: ActorDep, trace_id: int, sent: ConfirmationIn | None = None) -> TraceOut:
    """Say which root cause was right."""
    wanted = sent or ConfirmationIn()
    await confirm_cause(session, actor, trace_id, node=wanted.node, note=wanted.note)
    return trace_out(await queries.trace_view(session, actor, trace_id))


@router.post("/traces/{trace_id}/dismiss", dependencies=[allow("traces.confirm")])
async def dismiss(session: SessionDep, actor: ActorDep, trace_id: int, sent: CauseIn | None = None) -> TraceOut:
    """Rule a cause out; the trace is made anew within seconds."""
    await dismiss_cause(session, actor, trace_id, node=(sent or CauseIn()).node)
    return trace_out(await queries.trace_view(session, actor, trace_id))


@router.post("/traces/{trace_id}/take-back", dependencies=[allow("traces.confirm")])
async def restore(session: SessionDep, actor: ActorDep, trace_id: int, sent: CauseIn | None = None) -> TraceOut:
    """Let a cause count again."""
    await take_back(session, actor, trace_id, node=(sent or CauseIn()).node)
    return trace_out(await queries.trace_view(session, actor, trace_id))


@router.post("/traces/{trace_id}/check", dependencies=[allow("traces.confirm")])
async def check(session: SessionDep, actor: ActorDep, trace_id: int, sent: CauseIn | None = None) -> CheckOut:
    """Have a cause looked at on site."""
    wanted = sent or CauseIn()
    return check_out(await ask_check(session, actor, trace_id, node=wanted.node, words=wanted.question))


@router.post("/traces/{trace_id}/review", dependencies=[allow("traces.ask")], status_code=202)
async def review(session: SessionDep, actor: ActorDep, trace_id: int) -> TraceOut:
    """Have the whole process traced; done within seconds."""
    await ask_review(session, actor, trace_id)
    return trace_out(await queries.trace_view(session, actor, trace_id))


@router.get("/checks/{check_id}", dependencies=[allow("traces.see")])
async def read_check(session: SessionDep, actor: ActorDep, check_id: int) -> CheckOut:
    """One look on site."""
    return check_out((await check_view(session, actor, check_id)).check)


@router.post("/checks/{check_id}", dependencies=[allow("traces.answer")])
async def answer(
    session: SessionDep,
    actor: ActorDep,
    check_id: int,
    sent: FoundIn | None = None,
    key: Annotated[str, Header(alias="Idempotency-Key", max_length=64)] = "",
) -> CheckOut:
    """Say what was found: ``answer`` to the question it carries, ``verdict`` of the cause a leader asked about; the
    causes are ranked anew."""
    said = sent or FoundIn()
    found = Answer(said.verdict, said.answer, said.note, (), key, true_moment(said.captured_at, None, now()))
    return check_out(await answer_check(session, actor, check_id, found))


def _utc(moment: datetime | None) -> datetime | None:
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)
