"""``/me/home``: a person puts their own first page, where their role's layout leaves it to them."""

from typing import Annotated

from fastapi import Form, Request, Response
from starlette.responses import RedirectResponse

from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.home import commands
from backend.home.catalogue import CATALOGUE
from backend.home.layout import ordered
from backend.home.queries import look
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/me/home")


@router.get("", dependencies=[allow()])
async def page(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """All cards of the role that the actor may see, in the actor's order, hidden ones too."""
    return await _page(request, session, actor)


@router.post("", dependencies=[allow()])
async def move(
    request: Request, session: SessionDep, actor: ActorDep, move: Annotated[str, Form(max_length=80)] = ""
) -> Response:
    """Take one tap."""
    try:
        await commands.arrange_own(session, actor, (await look(session, actor)).layout, move)
    except REFUSALS as error:
        return await _page(request, session, actor, refused=refusal(request, error))
    if request.headers.get("hx-target") == "own-cards":
        return await _page(request, session, actor)
    return RedirectResponse("/me/home", 303)


@router.post("/default", dependencies=[allow()])
async def reset(session: SessionDep, actor: ActorDep) -> Response:
    """Back to the role's page."""
    await commands.reset_own(session, actor)
    return RedirectResponse("/me/home", 303)


async def _page(request: Request, session: SessionDep, actor: ActorDep, *, refused: Refusal | None = None) -> Response:
    refused = refused or Refusal()
    seen = await look(session, actor)
    cards = [CATALOGUE[code] for code in ordered(seen.layout, seen.own) if CATALOGUE[code].allowed(actor)]
    response = render(
        request,
        "home/own.html",
        block="rows" if request.headers.get("hx-target") == "own-cards" else None,
        cards=cards,
        always=[one for one in CATALOGUE.values() if not one.optional],
        hidden=seen.own.hidden,
        free=seen.layout.free,
        changed=bool(seen.own.order or seen.own.hidden),
        refused=refused,
    )
    response.status_code = refused.status
    return response
