"""``/normals``: what is normal here: learned from a good time, tried on the past, put in force, taken back."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Form, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.clock import now
from backend.core.errors import N_, Conflict, Invalid
from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.tracing.forms import read_moment, typed_form
from backend.tracing.normals import commands, queries
from backend.tracing.normals.picture import listed, timeline
from backend.tracing.normals.quiet import days_of, stretches

router = APIRouter(prefix="/normals", include_in_schema=False)

MOST_OFFERED = 3
USUAL = timedelta(days=7)
_DONE = {
    "activated": N_("已启用这一版，几秒后读数就按它判断"),
    "learning": N_("学习已开始，可以离开这一页"),
    "trying": N_("试用已开始，可以离开这一页"),
}
_Typed = Annotated[str, Form(max_length=40)]


@router.get("", dependencies=[allow("normals.see")])
async def normals_page(
    request: Request, session: SessionDep, actor: ActorDep, done: str = "", since: str = "", until: str = ""
) -> Response:
    """Versions, what a worker does now, the past to learn from; htmx gets the progress alone."""
    block = "work" if request.headers.get("hx-target") == "work" else None
    typed = {"from_at": since[:40], "to_at": until[:40]} if since and until else None
    return await _normals(request, session, actor, block=block, typed=typed, done=_DONE.get(done, ""))


@router.post("", dependencies=[allow("normals.edit")])
async def learn(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    from_at: _Typed = "",
    to_at: _Typed = "",
    with_deviations: _Typed = "",
) -> Response:
    """Let a worker learn from a time."""
    typed = {"from_at": from_at, "to_at": to_at, "with_deviations": with_deviations}
    try:
        async with session.begin_nested():
            begins, ends = _span(typed, actor)
            await commands.ask_learning(
                session, actor, from_at=begins, to_at=ends, with_deviations=bool(with_deviations)
            )
    except (Invalid, Conflict) as refused:
        return await _normals(request, session, actor, typed=typed, refused=refused)
    return RedirectResponse("/normals?done=learning", 303)


@router.get("/{normal_id}", dependencies=[allow("normals.see")])
async def normal_page(
    request: Request, session: SessionDep, actor: ActorDep, normal_id: int, done: str = ""
) -> Response:
    """What one version was learned from and what it would have said of the past; htmx gets the trial alone."""
    block = "trial" if request.headers.get("hx-target") == "trial" else None
    return await _normal(request, session, actor, normal_id, block=block, done=_DONE.get(done, ""))


@router.post("/{normal_id}/activate", dependencies=[allow("normals.edit")])
async def activate(session: SessionDep, actor: ActorDep, normal_id: int) -> Response:
    """Judge by this version from now on."""
    await commands.activate_normal(session, actor, normal_id)
    return RedirectResponse(f"/normals/{normal_id}?done=activated", 303)


@router.post("/{normal_id}/try", dependencies=[allow("normals.edit")])
async def try_it(
    request: Request, session: SessionDep, actor: ActorDep, normal_id: int, from_at: _Typed = "", to_at: _Typed = ""
) -> Response:
    """Try this version on a time of the past."""
    typed = {"from_at": from_at, "to_at": to_at}
    try:
        async with session.begin_nested():
            begins, ends = _span(typed, actor)
            await commands.ask_trial(session, actor, normal_id, from_at=begins, to_at=ends)
    except (Invalid, Conflict) as refused:
        return await _normal(request, session, actor, normal_id, typed=typed, refused=refused)
    return RedirectResponse(f"/normals/{normal_id}?done=trying#trial", 303)


def _span(typed: Mapping[str, str], actor: Actor) -> tuple[datetime, datetime]:
    """What was typed, UTC. Raises Invalid beside a time that is none or is missing."""
    read = {name: read_moment(typed[name], actor, name) for name in ("from_at", "to_at")}
    for name, moment in read.items():
        if moment is None:
            raise Invalid(fields={name: N_("请填写日期和时间")})
    return read["from_at"] or now(), read["to_at"] or now()


def _usual(actor: Actor) -> dict[str, str]:
    return {"from_at": typed_form(now() - USUAL, actor), "to_at": typed_form(now(), actor)}


async def _normals(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    *,
    block: str | None = None,
    typed: Mapping[str, str] | None = None,
    refused: Invalid | Conflict | None = None,
    done: str = "",
) -> Response:
    hours = await queries.past_hours(session, actor) if block is None else []
    good = stretches(hours)[:MOST_OFFERED]
    offered = [(start, end, typed_form(start, actor), typed_form(end, actor)) for start, end in good]
    first = {"from_at": offered[0][2], "to_at": offered[0][3]} if offered else _usual(actor)
    response: Response = render(
        request,
        "tracing/normals.html",
        block=block,
        versions=await queries.versions(session, actor),
        work=await queries.latest_work(session, actor),
        rules=await queries.deviation_rules(session, actor),
        days=days_of(hours, actor.zone),
        good_hours=sum(hour.state == "good" for hour in hours),
        offered=offered,
        edits=actor.can("normals.edit"),
        typed=typed or first,
        refusal=_refusal(refused),
        errors=refused.fields if refused else {},
        done=done,
    )
    response.status_code = refused.status if refused else 200
    return response


async def _normal(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    normal_id: int,
    *,
    block: str | None = None,
    typed: Mapping[str, str] | None = None,
    refused: Invalid | Conflict | None = None,
    done: str = "",
) -> Response:
    view = await queries.version(session, actor, normal_id)
    outcome: dict[str, Any] = view.trial.work.result if view.trial else {}
    warnings = listed(view.trial.work) if view.trial else []
    response: Response = render(
        request,
        "tracing/normal.html",
        block=block,
        view=view,
        outcome=outcome,
        picture=timeline(view.trial.work, actor.zone) if view.trial and outcome else None,
        warnings=warnings,
        names=await queries.named_points(session, actor, {one.point for one in warnings}),
        points=await queries.point_names(session, actor, normal_id),
        rules=await queries.deviation_rules(session, actor),
        edits=actor.can("normals.edit"),
        typed=typed or _usual(actor),
        refusal=_refusal(refused),
        errors=refused.fields if refused else {},
        done=done,
    )
    response.status_code = refused.status if refused else 200
    return response


def _refusal(refused: Invalid | Conflict | None) -> str:
    return refused.message if refused and not refused.fields else ""
