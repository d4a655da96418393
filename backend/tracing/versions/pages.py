"""``/trace-models``: what people taught the engine, in versions: looked at, tried on history, gone back to."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

from fastapi import Form, Request, Response
from starlette.responses import RedirectResponse

from backend.core.clock import now
from backend.core.errors import N_, Conflict, Invalid
from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.tracing.versions import commands, queries
from backend.tracing.versions.learning import learns_at_once
from backend.tracing.versions.lessons import lessons
from backend.tracing.versions.wording import REASONS

router = APIRouter(prefix="/trace-models", include_in_schema=False)

USUAL_PERIOD = timedelta(days=30)
_DONE = {
    "activated": N_("已切换到这一版，之后的溯源都用它"),
    "learned": N_("已学习，新的一版已启用"),
    "learning": N_("设置已保存"),
    "replay": N_("回放已开始，可以离开这一页"),
}
_Day = Annotated[str, Form(max_length=20)]


@router.get("", dependencies=[allow("trace_models.see")])
async def versions_page(request: Request, session: SessionDep, actor: ActorDep, done: str = "") -> Response:
    """All versions, the precision so far, what waits to be learned."""
    return render(
        request,
        "tracing/versions.html",
        found=await queries.overview(session, actor),
        at_once=await learns_at_once(session, actor),
        reasons=REASONS,
        edits=actor.can("trace_models.edit"),
        done=_DONE.get(done, ""),
    )


@router.post("/learning", dependencies=[allow("trace_models.edit")])
async def choose_learning(session: SessionDep, actor: ActorDep, at_once: Annotated[str, Form()] = "") -> Response:
    """Take whether confirmations are learned at once."""
    await commands.set_learning(session, actor, at_once=bool(at_once))
    return RedirectResponse("/trace-models?done=learning", 303)


@router.post("/learn", dependencies=[allow("trace_models.edit")])
async def learn(session: SessionDep, actor: ActorDep) -> Response:
    """Learn what waits."""
    made = await commands.learn_waiting(session, actor)
    return RedirectResponse(f"/trace-models/{made.id}?done=learned", 303)


@router.get("/{model_id}", dependencies=[allow("trace_models.see")])
async def version_page(
    request: Request, session: SessionDep, actor: ActorDep, model_id: int, done: str = ""
) -> Response:
    """What one version learned, from what, and how it fares; htmx gets the trial's progress alone."""
    block = "trial" if request.headers.get("hx-target") == "trial" else None
    return await _version(request, session, actor, model_id, block=block, done=_DONE.get(done, ""))


@router.post("/{model_id}/activate", dependencies=[allow("trace_models.edit")])
async def activate(session: SessionDep, actor: ActorDep, model_id: int) -> Response:
    """Let traces be made with this version."""
    await commands.activate_version(session, actor, model_id)
    return RedirectResponse(f"/trace-models/{model_id}?done=activated", 303)


@router.post("/{model_id}/replay", dependencies=[allow("trace_models.edit")])
async def replay(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    model_id: int,
    from_day: _Day = "",
    to_day: _Day = "",
    against: _Day = "",
) -> Response:
    """Try this version on the confirmed traces of a period."""
    typed = {"from_day": from_day, "to_day": to_day, "against": against}
    other = int(against) if against.isascii() and against.isdigit() and len(against) < 9 else None
    from_at, to_at = _period(actor, typed)
    try:
        async with session.begin_nested():
            await commands.ask_replay(session, actor, model_id, from_at=from_at, to_at=to_at, against=other)
    except Invalid as refused:
        return await _version(request, session, actor, model_id, typed=typed, errors=refused.fields, status=422)
    except Conflict as refused:
        fields = {"from_day": refused.message}
        return await _version(request, session, actor, model_id, typed=typed, errors=fields, status=409)
    return RedirectResponse(f"/trace-models/{model_id}?done=replay#trial", 303)


def _period(actor: Actor, typed: dict[str, str]) -> tuple[datetime, datetime]:
    """From the first day's beginning to the last day's end in the site's zone; what isn't a day is the usual one."""
    usual = _usual_days(actor)
    first, last = (_day(typed[name]) or usual[name] for name in ("from_day", "to_day"))
    begins, ends = (datetime.combine(day, time(), actor.zone) for day in (first, last + timedelta(days=1)))
    return begins, ends


def _usual_days(actor: Actor) -> dict[str, date]:
    today = now().astimezone(actor.zone).date()
    return {"from_day": today - USUAL_PERIOD, "to_day": today}


def _day(typed: str) -> date | None:
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2999 else None


async def _version(
    request: Request,
    session: SessionDep,
    actor: Actor,
    model_id: int,
    *,
    block: str | None = None,
    typed: dict[str, str] | None = None,
    errors: Any = None,
    done: str = "",
    status: int = 200,
) -> Response:
    row = await queries.version_row(session, actor, model_id)
    content = row.model.content
    cases = await queries.cases_by_id(session, actor, content.get("cases", []))
    learned = lessons(content, [view.case.node for view in cases])
    nodes = {lesson.node for lesson in learned.raised}
    nodes |= {end for delay in learned.delays for end in (delay.source, delay.target)}
    response: Response = render(
        request,
        "tracing/version.html",
        block=block,
        row=row,
        cases=cases,
        total=len(content.get("cases", [])),
        learned=learned,
        names=await queries.names_of(session, actor, nodes),
        reasons=REASONS,
        edits=actor.can("trace_models.edit"),
        typed=typed or {name: day.isoformat() for name, day in _usual_days(actor).items()} | {"against": ""},
        beside=list(dict.fromkeys(v for v in (row.model.base_version, 0) if v is not None and v != row.model.version)),
        errors=errors or {},
        done=done,
    )
    response.status_code = status
    return response
