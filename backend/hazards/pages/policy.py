"""``/rectifications/policy``: when a hazard counts as come back, and when managers hear of a late rectification."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Form, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.alarms.models import Level
from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.hazards.forms import database_id
from backend.hazards.policy import read_policy
from backend.hazards.queries.recurrence import policy_changes, policy_of
from backend.hazards.setting import restore_policy, set_policy
from backend.hazards.wording import LEVELS
from backend.identity.actor import Actor
from backend.identity.undoing import in_words
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/rectifications/policy")

Days = Annotated[str, Form(max_length=10)]


@dataclass
class PolicyForm:
    """The policy as typed, in whole days."""

    recurrence_days: Days = ""
    managers_major: Days = ""
    managers_significant: Days = ""
    managers_general: Days = ""
    managers_low: Days = ""

    def managers(self) -> dict[Level, str]:
        """Days until managers are told, by level."""
        return {level: getattr(self, f"managers_{level}") for level in Level}


@router.get("", dependencies=[allow("rectifications.policy")])
async def policy_page(request: Request, session: SessionDep, actor: ActorDep, done: str = "") -> Response:
    """The site's policy to read and change."""
    policy = await policy_of(session, actor)
    typed = PolicyForm(
        str(policy.recurrence_days),
        **{f"managers_{level}": str(days) for level, days in policy.managers_after_days.items()},
    )
    return await _form(request, session, actor, typed, Refusal(), done=bool(done))


@router.post("", dependencies=[allow("rectifications.policy")])
async def change_policy(
    request: Request, session: SessionDep, actor: ActorDep, typed: Annotated[PolicyForm, Depends()]
) -> Response:
    """Set it for the site."""
    try:
        await set_policy(session, actor, read_policy(typed.recurrence_days, typed.managers()))
    except REFUSALS as error:
        return await _form(request, session, actor, typed, refusal(request, error, photos_lost=False))
    return RedirectResponse("/rectifications/policy?done=1", 303)


@router.post("/restore", dependencies=[allow("rectifications.policy")])
async def restore(session: SessionDep, actor: ActorDep, entry: Days = "") -> Response:
    """Put it back to how it stood before a change."""
    await restore_policy(session, actor, database_id(entry) or 0)
    return RedirectResponse("/rectifications/policy?done=1", 303)


async def _form(
    request: Request, session: AsyncSession, actor: Actor, typed: PolicyForm, refused: Refusal, *, done: bool = False
) -> Response:
    response: Response = render(
        request,
        "hazards/policy.html",
        typed=typed,
        managers=typed.managers(),
        levels=LEVELS,
        refused=refused,
        errors=refused.errors,
        past=in_words(await policy_changes(session, actor), actor.zone),
        done=done,
    )
    response.status_code = refused.status
    return response
