"""``/escalation``: who is told of an alarm that nobody acknowledges; tried on the past, set, taken back."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Form, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.alarms.commands.laddering import restore_ladder, set_ladders
from backend.alarms.escalation import Ladder
from backend.alarms.labels import LEVELS
from backend.alarms.ladders import REPEAT, ROLES, read_ladders, summary, typed_of
from backend.alarms.models import Level
from backend.alarms.queries.ladders import LOOKED_BACK, changes, ladders, people_by_role, would_have_called
from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.undoing import in_words
from backend.identity.web import ActorDep, SessionDep, allow
from backend.identity.wording import ROLES as ROLE_WORDS

router = APIRouter(prefix="/escalation", include_in_schema=False)


@dataclass(frozen=True)
class Shown:
    """What stands in the form, and the ladders that are tried, if any."""

    typed: dict[str, str]
    seen: str = ""
    tried: dict[Level, Ladder] | None = None


@router.get("", dependencies=[allow("rules.see")])
async def escalation_page(request: Request, session: SessionDep, actor: ActorDep, done: str = "") -> Response:
    """The ladders in force, how often they called of late, and their changes."""
    return await _page(request, session, actor, Shown(typed_of(await ladders(session, actor))), done=done)


@router.post("", dependencies=[allow("rules.edit")])
async def set_or_try(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """Put what was typed in force; with ``trying`` only say whom it would have called."""
    form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    typed = {name: form.get(name, "")[:20] for name in typed_of({level: _NOBODY for level in Level})}
    seen = form.get("seen", "")[:20]
    try:
        wanted = read_ladders(typed)
        if form.get("trying"):
            return await _page(request, session, actor, Shown(typed, seen, wanted))
        async with session.begin_nested():
            await set_ladders(session, actor, wanted, seen=int(seen) if seen.isascii() and seen.isdigit() else 0)
    except REFUSALS as error:
        return await _page(request, session, actor, Shown(typed, seen), refusal(request, error))
    return RedirectResponse("/escalation?done=saved", 303)


@router.post("/restore", dependencies=[allow("rules.edit")])
async def restore(
    request: Request, session: SessionDep, actor: ActorDep, entry: Annotated[str, Form(max_length=18)] = ""
) -> Response:
    """Put one level back to how it stood before a change."""
    await restore_ladder(session, actor, int(entry) if entry.isascii() and entry.isdigit() else 0)
    return RedirectResponse("/escalation?done=restored", 303)


_NOBODY = Ladder((), 60.0)


async def _page(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    shown: Shown,
    refused: Refusal | None = None,
    *,
    done: str = "",
) -> Response:
    refused = refused or Refusal()
    present, history = await ladders(session, actor), await changes(session, actor)
    judged = shown.tried or present
    response: Response = render(
        request,
        "alarms/escalation.html",
        levels=[(level, LEVELS[level], summary(judged[level])) for level in Level],
        called=await would_have_called(session, actor, judged),
        days=LOOKED_BACK.days,
        roles=[(str(role), ROLE_WORDS[role]) for role in ROLES],
        role_words={str(role): words for role, words in ROLE_WORDS.items()},
        repeat=REPEAT,
        people=await people_by_role(session, actor),
        typed=shown.typed,
        tried=shown.tried is not None,
        seen=shown.seen or (history[0].id if history else 0),
        past=in_words(history, actor.zone),
        edits=actor.can("rules.edit"),
        refused=refused,
        errors=refused.errors,
        done=done,
    )
    response.status_code = refused.status
    return response
