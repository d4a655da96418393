"""``/modules``: which parts of AnSu the site uses."""

from typing import Annotated

from fastapi import Form, Request, Response
from starlette.responses import RedirectResponse

from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.commands.modules import switch_module
from backend.identity.modules import ABOUT
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/modules")


@router.get("", dependencies=[allow("modules.see")])
async def modules(request: Request, actor: ActorDep) -> Response:
    """Every module, what it does and what stops with it."""
    return render(request, "identity/modules.html", modules=ABOUT, off=actor.modules_off)


@router.post("", dependencies=[allow("modules.switch")])
async def switch(
    session: SessionDep, actor: ActorDep, module: Annotated[str, Form()], on: Annotated[bool, Form()]
) -> Response:
    """Switch one off or on."""
    await switch_module(session, actor, module, on=on)
    return RedirectResponse(f"/modules#module-{module}", status_code=303)
