"""``/incidents/policy``: which outbreaks open an incident by themselves, and what counts to one that is open."""

from typing import Annotated

from fastapi import Depends, Form, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.errors import NotFound
from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.commands import restore_policy, set_policy
from backend.incidents.forms import PolicyForm
from backend.incidents.queries.ruling import policy_versions
from backend.incidents.wording import LEVEL_WORDS

router = APIRouter(prefix="/incidents/policy")


@router.get("", dependencies=[allow("incidents.policy")])
async def policy_page(request: Request, session: SessionDep, actor: ActorDep, done: str = "") -> Response:
    """The rules in force to read and change, and their former versions."""
    policy, _ = await policy_versions(session, actor)
    return await _form(request, session, actor, PolicyForm.of(policy), Refusal(), done=bool(done))


@router.post("", dependencies=[allow("incidents.policy")])
async def change_policy(
    request: Request, session: SessionDep, actor: ActorDep, typed: Annotated[PolicyForm, Depends()]
) -> Response:
    """Put them in force."""
    try:
        await set_policy(session, actor, typed.read())
    except REFUSALS as error:
        return await _form(request, session, actor, typed, refusal(request, error))
    return RedirectResponse("/incidents/policy?done=1", 303)


@router.post("/restore", dependencies=[allow("incidents.policy")])
async def restore(session: SessionDep, actor: ActorDep, number: Annotated[str, Form(max_length=9)] = "") -> Response:
    """Put a former version's rules in force again; 0 for the usual ones."""
    if not (number.isascii() and number.isdigit()):
        raise NotFound()
    await restore_policy(session, actor, int(number))
    return RedirectResponse("/incidents/policy?done=1", 303)


async def _form(
    request: Request, session: AsyncSession, actor: Actor, typed: PolicyForm, refused: Refusal, *, done: bool = False
) -> Response:
    policy, versions = await policy_versions(session, actor)
    response: Response = render(
        request,
        "incidents/policy.html",
        typed=typed,
        policy=policy,
        versions=versions,
        levels=LEVEL_WORDS,
        refused=refused,
        errors=refused.errors,
        done=done,
    )
    response.status_code = refused.status
    return response
