"""``/risks/policy``: where the site's levels begin."""

from typing import Annotated

from fastapi import Depends, Form, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.undoing import in_words
from backend.identity.web import ActorDep, SessionDep, allow
from backend.risks import commands, queries
from backend.risks.forms import BandsForm, database_id
from backend.risks.grading import Bands

router = APIRouter(prefix="/risks/policy")
_POLICY = [allow("risks.policy")]


@router.get("", dependencies=_POLICY)
async def policy_page(
    request: Request, session: SessionDep, actor: ActorDep, done: str = "", changed: int = 0
) -> Response:
    """The bands as they are."""
    return await _page(request, session, actor, changed=changed if done == "saved" else None)


@router.post("", dependencies=_POLICY)
async def save(
    request: Request, session: SessionDep, actor: ActorDep, form: Annotated[BandsForm, Depends()]
) -> Response:
    """Keep them, and grade anew by them."""
    try:
        async with session.begin_nested():
            changed = await commands.set_bands(session, actor, form.read())
    except REFUSALS as error:
        return await _page(request, session, actor, form, refusal(request, error))
    return RedirectResponse(f"/risks/policy?done=saved&changed={changed}", 303)


@router.post("/restore", dependencies=_POLICY)
async def restore(session: SessionDep, actor: ActorDep, entry: Annotated[str, Form(max_length=18)] = "") -> Response:
    """Put them back to how they stood before a change, and grade anew by them."""
    changed = await commands.restore_bands(session, actor, database_id(entry) or 0)
    return RedirectResponse(f"/risks/policy?done=saved&changed={changed}", 303)


async def _page(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    typed: BandsForm | None = None,
    refused: Refusal | None = None,
    changed: int | None = None,
) -> Response:
    refused = refused or Refusal()
    response: Response = render(
        request,
        "risks/policy.html",
        typed=typed or BandsForm.of(await queries.bands_of(session, actor)),
        usual=Bands(),
        changed=changed,
        past=in_words(await queries.band_changes(session, actor), actor.zone),
        refused=refused,
        errors=refused.errors,
    )
    response.status_code = refused.status
    return response
