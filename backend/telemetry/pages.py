"""``/rejections``: who sends, and what was refused and why. ``/adoptions``: points that wait to be described."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.errors import N_, Conflict, Invalid
from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.plant import queries as plant
from backend.plant.models import PointStatus
from backend.telemetry import commands, queries
from backend.telemetry.forms import AdoptionForm
from backend.telemetry.queries import Wanted
from backend.telemetry.reasons import ADVICE, TITLES, Reason
from backend.telemetry.retake import queries as held
from backend.telemetry.retake.wording import address_of

router = APIRouter(include_in_schema=False)

BeforeDep = Annotated[int | None, Query(ge=1, lt=2**63)]
FormDep = Annotated[AdoptionForm, Depends()]

_DONE = {
    "adopted": N_("已认领，规则几秒内即可使用这个测点"),
    "ignored": N_("已忽略，之后发来的值将被拒收"),
    "restored": N_("已恢复，等待认领"),
}


@router.get("/rejections", dependencies=[allow("telemetry.rejections")])
async def rejections_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    reason: str = "",
    source: Annotated[str, Query(max_length=200)] = "",
    before: BeforeDep = None,
) -> Response:
    """Sources with their account, then refusals newest first; htmx gets more rows alone."""
    wanted = Wanted(reason if reason in set(Reason) else "", source)
    first_page = before is None
    found = await queries.rejections(session, actor, wanted, before=before)
    asked = {"reason": wanted.reason, "source": wanted.source, "before": found.following or ""}
    return render(
        request,
        "telemetry/rejections.html",
        block="rows" if request.headers.get("hx-target") == "rejection-rows" else None,
        found=found,
        wanted=wanted,
        first_page=first_page,
        sources=await queries.sources(session, actor),
        reasons=await queries.reasons_met(session, actor),
        titles=TITLES,
        advice=ADVICE,
        store=await held.store(session, actor) if first_page else None,
        groups=await held.groups(session, actor, reason=wanted.reason, source=wanted.source) if first_page else (),
        runs=await held.runs(session, actor) if first_page else (),
        retake_url=address_of,
        most_groups=held.MOST_GROUPS,
        more_url=f"/rejections?{urlencode(asked)}",
    )


@router.get("/adoptions", dependencies=[allow("telemetry.adopt")])
async def adoptions_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    ignored: bool = False,
    search: Annotated[str, Query(max_length=60)] = "",
    before: BeforeDep = None,
    done: str = "",
) -> Response:
    """Points that wait, or that were ignored."""
    status = PointStatus.IGNORED if ignored else PointStatus.PENDING
    found = await queries.unknown_points(session, actor, status=status, search=search.strip(), before=before)
    asked = {**({"ignored": "true"} if ignored else {}), "search": search, "before": found.following or ""}
    return render(
        request,
        "telemetry/adoptions.html",
        block="rows" if request.headers.get("hx-target") == "adoption-rows" else None,
        found=found,
        ignored=ignored,
        search=search.strip(),
        counts=await queries.how_many_unknown(session, actor),
        more_url=f"/adoptions?{urlencode(asked)}",
        done=_DONE.get(done, ""),
    )


@router.get("/adoptions/{pending_id}", dependencies=[allow("telemetry.adopt")])
async def adoption_page(request: Request, session: SessionDep, actor: ActorDep, pending_id: int) -> Response:
    """The form, with what can be guessed filled in."""
    point = await queries.unknown_point(session, actor, pending_id)
    return await _form(request, session, actor, pending_id, AdoptionForm(name=point.code))


@router.post("/adoptions/{pending_id}", dependencies=[allow("telemetry.adopt")])
async def adopt(request: Request, session: SessionDep, actor: ActorDep, pending_id: int, typed: FormDep) -> Response:
    """Take the point into the plant, and go on with the list."""
    await queries.unknown_point(session, actor, pending_id)
    try:
        async with session.begin_nested():
            await commands.adopt(session, actor, pending_id, typed.read())
    except (Invalid, Conflict) as refused:
        return await _form(request, session, actor, pending_id, typed, refused=refused)
    return RedirectResponse("/adoptions?done=adopted", 303)


@router.post("/adoptions/{pending_id}/ignore", dependencies=[allow("telemetry.adopt")])
async def ignore(session: SessionDep, actor: ActorDep, pending_id: int) -> Response:
    """Store no more of it."""
    await commands.ignore(session, actor, pending_id)
    return RedirectResponse("/adoptions?done=ignored", 303)


@router.post("/adoptions/{pending_id}/restore", dependencies=[allow("telemetry.adopt")])
async def look_again(session: SessionDep, actor: ActorDep, pending_id: int) -> Response:
    """Let it wait for adoption again."""
    await commands.look_again(session, actor, pending_id)
    return RedirectResponse("/adoptions?done=restored", 303)


async def _form(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    pending_id: int,
    typed: AdoptionForm,
    *,
    refused: Invalid | Conflict | None = None,
) -> Response:
    shown: dict[str, Any] = {
        "point": await queries.unknown_point(session, actor, pending_id),
        "equipment": await plant.all_equipment(session, actor),
        "typed": typed,
        "errors": refused.fields if refused else {},
        "refusal": refused.message if refused else "",
    }
    response = render(request, "telemetry/adoption.html", **shown)
    response.status_code = refused.status if refused else 200
    return response
