"""溯源: where a group of alarms comes from and where it goes, and the confirmation of its root by a person."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Form, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.clock import now
from backend.core.errors import N_, Invalid, NotFound
from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.alike import alike
from backend.identity.web import ActorDep, SessionDep, allow
from backend.live.wording import LIMITS, LINK_KINDS
from backend.plant.floors import PlanId, drawing_of, floors_of
from backend.tracing import listing_pages, queries
from backend.tracing.advice import advice_for
from backend.tracing.asking import ask_review
from backend.tracing.checks import pages as check_pages
from backend.tracing.checks.asking import ask_check
from backend.tracing.circumstances import circumstances
from backend.tracing.commands import confirm_cause, dismiss_cause, take_back
from backend.tracing.exposure import Exposure, exposure
from backend.tracing.foretelling import LIMITS_TOLD, foretold
from backend.tracing.library.queries import FusedView, fused_view
from backend.tracing.queries import TraceView
from backend.tracing.sentences import certainty, reason_sentence, record_sentence, shortest_first
from backend.tracing.steps import Reached, equipment_path, reached_equipment
from backend.tracing.strip import onset_strip
from backend.tracing.telling import FORMS, told_cause
from backend.tracing.timeline import latest_seen, timeline
from backend.tracing.versions.queries import similar_to
from backend.tracing.walking import convincing, walk

router = APIRouter(include_in_schema=False)
router.include_router(listing_pages.router)
router.include_router(check_pages.router)

Typed = Annotated[str, Form()]
_DONE = {
    "confirmed": N_("根源已确认"),
    "dismissed": N_("已排除，正在重新排序"),
    "back": N_("已撤回，正在重新排序"),
    "check": N_("已请人核查，结果会回到这里"),
    "review": N_("正在溯源完整过程"),
}
"""What a form did, by the word that it leaves in the address."""
_SENTENCES = {"say": reason_sentence, "cite": record_sentence, "certainty": certainty, "forms": FORMS}


@router.get("/traces/{trace_id}", dependencies=[allow("traces.see")])
async def trace_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    trace_id: int,
    cause: Annotated[int, Query(ge=0, le=20)] = 0,
    seen: Annotated[int, Query(ge=0)] = 0,
    shown: Annotated[int, Query(ge=0)] = 0,
    plan: PlanId = None,
    done: str = "",
) -> Response:
    """The whole trace, walked along the path of the cause of this rank. ``plan``: else the one where the path begins.
    Raises NotFound for a plan that isn't in use.

    ``seen`` is the revision of the path on the page, ``shown`` that of its causes: who names them asks for newer
    causes alone, and gets nothing while there are none.
    """
    if not seen:
        return await _alike(
            request=request,
            session=session,
            actor=actor,
            trace_id=trace_id,
            rank=cause,
            plan=plan,
            done=_DONE.get(done, ""),
        )
    view = await _visible(session, actor, trace_id)
    if view.trace.revision <= max(seen, shown):
        return Response(status_code=204)
    return await _page(request, session, actor, view, rank=cause, block="now", seen=seen)


@alike
async def _alike(
    *, request: Request, session: AsyncSession, actor: Actor, trace_id: int, rank: int, plan: int | None, done: str
) -> Response:
    view = await _visible(session, actor, trace_id)
    return await _page(request, session, actor, view, rank=rank, plan=plan, done=done)


@router.get("/alarms/{alarm_id}/trace", dependencies=[allow("traces.see")])
async def alarm_trace(request: Request, session: SessionDep, actor: ActorDep, alarm_id: int) -> Response:
    """The trace of an alarm's group, or how far the work on it is; htmx gets the short form for the alarm's page."""
    view = await queries.trace_of_alarm(session, actor, alarm_id)
    fragment = "hx-request" in request.headers
    if view is not None:
        return await _page(request, session, actor, view, block="brief" if fragment else None)
    state = await queries.waiting(session, actor, alarm_id)
    if state is None:
        raise NotFound()
    return render(
        request,
        "tracing/waiting.html",
        block="progress" if fragment else None,
        state=state,
        waited_s=(now() - state.alarm.raised_at).total_seconds(),
    )


@router.post("/traces/{trace_id}/confirm", dependencies=[allow("traces.confirm")])
async def confirm(
    request: Request, session: SessionDep, actor: ActorDep, trace_id: int, node: Typed = "", note: Typed = ""
) -> Response:
    """Take which root cause was right."""
    try:
        async with session.begin_nested():
            await confirm_cause(session, actor, trace_id, node=node, note=note)
    except Invalid as refused:
        view = await _visible(session, actor, trace_id)
        response = await _page(request, session, actor, view, errors=refused.fields, typed={"node": node, "note": note})
        response.status_code = 422
        return response
    return RedirectResponse(f"/traces/{trace_id}?done=confirmed", 303)


@router.post("/traces/{trace_id}/dismiss", dependencies=[allow("traces.confirm")])
async def dismiss(session: SessionDep, actor: ActorDep, trace_id: int, node: Typed = "") -> Response:
    """ "Not this": the next cause comes first."""
    await dismiss_cause(session, actor, trace_id, node=node)
    return RedirectResponse(f"/traces/{trace_id}?done=dismissed", 303)


@router.post("/traces/{trace_id}/take-back", dependencies=[allow("traces.confirm")])
async def restore(session: SessionDep, actor: ActorDep, trace_id: int, node: Typed = "") -> Response:
    """It may be this one after all."""
    await take_back(session, actor, trace_id, node=node)
    return RedirectResponse(f"/traces/{trace_id}?done=back", 303)


@router.post("/traces/{trace_id}/check", dependencies=[allow("traces.confirm")])
async def check(
    session: SessionDep, actor: ActorDep, trace_id: int, node: Typed = "", question: Typed = ""
) -> Response:
    """Send somebody to look."""
    await ask_check(session, actor, trace_id, node=node, words=question[:500])
    return RedirectResponse(f"/traces/{trace_id}?done=check", 303)


@router.post("/traces/{trace_id}/review", dependencies=[allow("traces.ask")])
async def review(session: SessionDep, actor: ActorDep, trace_id: int) -> Response:
    """Trace the whole process."""
    await ask_review(session, actor, trace_id)
    return RedirectResponse(f"/traces/{trace_id}?done=review", 303)


async def _visible(session: SessionDep, actor: ActorDep, trace_id: int) -> TraceView:
    view = await queries.trace_view(session, actor, trace_id)
    if view is None:
        raise NotFound()
    return view


async def _page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    view: TraceView,
    *,
    rank: int = 0,
    plan: int | None = None,
    block: str | None = None,
    errors: Any = None,
    typed: Any = None,
    done: str = "",
    seen: int = 0,
) -> Response:
    around = await circumstances(session, actor, view.trace)
    if not view.trace.revision:
        waits = "hx-request" in request.headers and not around.failed
        return Response(status_code=204) if waits else render(request, "tracing/asked.html", view=view, around=around)
    if "hx-request" in request.headers and block is None:  # who waited for it gets the whole page
        return Response(status_code=204, headers={"HX-Refresh": "true"})
    short = block == "brief"
    walked = [] if short else await walk(session, actor, view, rank)
    reached = reached_equipment(view.result, rank)
    steps, places = [one.step for one in walked], {one.step.node: one.name.equipment_id for one in walked}
    path, moments = equipment_path(steps, places), timeline(steps, reached, places)
    fused = None if short else await fused_view(session, actor, view.trace)
    response: Response = render(
        request,
        "tracing/trace.html",
        block=block,
        view=view,
        around=around,
        **_answer(view, fused),
        rank=rank,
        walked=walked,
        path=path,
        reached=reached,
        **({"drawing": None} if short else await _mapped(session, actor, plan, path, reached)),
        ahead=foretold(view.result, now())[:LIMITS_TOLD],
        moments=moments,
        latest=latest_seen(moments),
        exposed=Exposure() if short else await exposure(session, actor, [item.equipment_id for item in reached]),
        carriers=LINK_KINDS,
        lanes=convincing(walked),
        told_cause=told_cause,
        onsets=[] if short else onset_strip(view.result),
        shortest_first=shortest_first,
        limit_words=LIMITS,
        **_SENTENCES,
        moment_now=now(),
        typed=typed or {"node": view.trace.confirmed_node, "note": view.trace.confirmation_note},
        errors=errors or {},
        done=done,
        seen=seen,
        confirms=actor.can("traces.confirm") and bool(view.result["causes"]),
        asks=actor.can("traces.ask"),
        origins=listing_pages.ORIGINS,
        similar=[] if short else await similar_to(session, actor, view.trace),
    )
    return response


async def _mapped(
    session: AsyncSession, actor: Actor, plan: int | None, path: Sequence[int], reached: Sequence[Reached]
) -> dict[str, Any]:
    """The plan with the root, unless another is asked for, and what of path and scope is on which."""
    scope = [item.equipment_id for item in reached if item.equipment_id not in path]
    floors = await floors_of(session, actor, equipment=[*path, *scope])
    shown = floors.chosen(plan, *map(floors.of, path))
    return {"scope": scope, "floors": floors, "drawing": await drawing_of(session, actor, floors, shown)}


def _answer(view: TraceView, fused: FusedView | None) -> dict[str, Any]:
    """The fused causes, and the records, posts and advice that none of them names: nothing is said twice."""
    records = fused.uncited(view.result["records"]) if fused else view.result["records"]
    posts = fused.unnamed(view.posts) if fused else view.posts
    advice = advice_for(view.result | {"records": records})
    return {"fused": fused, "records": records, "posts": posts, "advice": advice}
