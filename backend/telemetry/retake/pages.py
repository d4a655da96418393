"""``/retakes``: what would become of held messages now, taking them in, and how far that is."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Form, Query, Request, Response
from starlette.responses import RedirectResponse

from backend.core.errors import Conflict
from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.telemetry.reasons import ADVICE, TITLES, WAYS, Reason
from backend.telemetry.retake import commands, queries
from backend.telemetry.retake.queries import Wish
from backend.telemetry.retake.trying import try_again
from backend.telemetry.retake.wording import address_of

router = APIRouter(include_in_schema=False)

_LONGEST = 200
SHOWN_BYTES = 2_000


@dataclass
class WishForm:
    """Which of what is held, as a form says it."""

    reason: Annotated[str, Form(max_length=40)] = ""
    code: Annotated[str, Form(max_length=_LONGEST)] = ""
    source: Annotated[str, Form(max_length=_LONGEST)] = ""
    mended: Annotated[bool, Form()] = False


@dataclass
class WishQuery:
    """Which of what is held, as an address says it."""

    reason: Annotated[str, Query(max_length=40)] = ""
    code: Annotated[str, Query(max_length=_LONGEST)] = ""
    source: Annotated[str, Query(max_length=_LONGEST)] = ""
    mended: bool = False


FormDep = Annotated[WishForm, Depends()]
QueryDep = Annotated[WishQuery, Depends()]


@router.get("/retakes", dependencies=[allow("telemetry.retake")])
async def preview_page(request: Request, session: SessionDep, actor: ActorDep, asked: QueryDep) -> Response:
    """How many are held, and what would become of them; nothing is written."""
    return await _preview(request, session, actor, _wish(asked))


@router.post("/retakes", dependencies=[allow("telemetry.retake")])
async def take_in(request: Request, session: SessionDep, actor: ActorDep, asked: FormDep) -> Response:
    """Have them taken in, and show how far it is."""
    wish = _wish(asked)
    try:
        run = await commands.ask(session, actor, wish)
    except Conflict as refused:
        return await _preview(request, session, actor, wish, refusal=refused)
    return RedirectResponse(f"/retakes/{run.id}", 303)


@router.get("/retakes/offer", dependencies=[allow("telemetry.retake")])
async def offer(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    code: Annotated[str, Query(max_length=_LONGEST)] = "",
) -> Response:
    """A piece for the pages where causes are mended: what could be taken in now, and the way there. Else nothing."""
    wish = Wish(code=code, mended=True)
    found = await queries.waiting(session, actor, wish)
    return render(request, "telemetry/retake/offer.html", found=found, url=address_of(wish))


@router.get("/retakes/lost", dependencies=[allow("telemetry.rejections")])
async def lost(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """A piece for the page of data sources: what could not be held any longer. Nothing, when all could."""
    return render(request, "telemetry/retake/lost.html", loss=await queries.loss(session, actor))


@router.get("/retakes/{retake_id}", dependencies=[allow("telemetry.retake")])
async def run_page(request: Request, session: SessionDep, actor: ActorDep, retake_id: int) -> Response:
    """How far a run is, or what came of it."""
    run = await queries.run_of(session, actor, retake_id)
    return render(
        request,
        "telemetry/retake/run.html",
        block="progress" if request.headers.get("hx-target") == "progress" else None,
        run=run,
        titles=TITLES,
        rest=await queries.waiting(session, actor, Wish(run.reason, run.code, run.source)) if run.finished_at else None,
        again_url=address_of(Wish(run.reason, run.code, run.source, mended=run.mended)),
        point=await queries.point_of(session, actor, run.code) if run.code else None,
    )


def _wish(asked: WishForm | WishQuery) -> Wish:
    reason = asked.reason if asked.reason in set(Reason) else ""
    return Wish(reason, asked.code.replace("\0", ""), asked.source.replace("\0", ""), mended=asked.mended)


async def _preview(
    request: Request, session: SessionDep, actor: Actor, wish: Wish, *, refusal: Conflict | None = None
) -> Response:
    found = await queries.waiting(session, actor, wish)
    trial = await try_again(session, actor, wish)
    first = trial.first
    response = render(
        request,
        "telemetry/retake/preview.html",
        wish=wish,
        found=found,
        trial=trial,
        tried_all=found.messages <= trial.messages,
        payload=first.payload[:SHOWN_BYTES].decode("utf-8", "replace").replace("\0", "\ufffd") if first else "",
        running=await queries.running(session, actor),
        refusal=refusal.message if refusal else "",
        titles=TITLES,
        advice=ADVICE,
        ways=WAYS,
    )
    response.status_code = refusal.status if refusal else 200
    return response
