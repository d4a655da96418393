"""``/incidents/policy/positions``: how long positions are kept after an incident, and where the site's ground is."""

from typing import Annotated

from fastapi import Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.positions.commands import set_rule
from backend.incidents.positions.forms import RuleForm
from backend.incidents.positions.queries.rules import fenced_places, rule_of, rule_versions

router = APIRouter(prefix="/incidents/policy/positions")


@router.get("", dependencies=[allow("incidents.policy")])
async def rule_page(request: Request, session: SessionDep, actor: ActorDep, done: str = "") -> Response:
    """The rule in force to read and change, and its former versions."""
    return await _form(request, session, actor, RuleForm.of(await rule_of(session, actor)), Refusal(), done=bool(done))


@router.post("", dependencies=[allow("incidents.policy")])
async def change_rule(
    request: Request, session: SessionDep, actor: ActorDep, typed: Annotated[RuleForm, Depends()]
) -> Response:
    """Put it in force; a refused form is shown as it was typed."""
    try:
        await set_rule(session, actor, typed.read())
    except REFUSALS as error:
        return await _form(request, session, actor, typed, refusal(request, error))
    return RedirectResponse("/incidents/policy/positions?done=1", 303)


async def _form(
    request: Request, session: AsyncSession, actor: Actor, typed: RuleForm, refused: Refusal, *, done: bool = False
) -> Response:
    _, versions = await rule_versions(session, actor)
    response: Response = render(
        request,
        "incidents/positions/rule.html",
        typed=typed,
        versions=versions,
        fences=len(await fenced_places(session, actor)),
        refused=refused,
        errors=refused.errors,
        done=done,
    )
    response.status_code = refused.status
    return response
