"""``/duty/absences``: days on which people were away, so that duties on them don't count."""

from typing import Annotated

from fastapi import Form, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.operations.duty import commands, queries
from backend.operations.duty.forms import database_id, read_day
from backend.operations.duty.wording import DONE

router = APIRouter(prefix="/duty/absences")
_Short = Annotated[str, Form(max_length=40)]


@router.get("", dependencies=[allow("duty.list")])
async def listed(request: Request, session: SessionDep, actor: ActorDep, done: str = "") -> Response:
    """Who was away when, and the form."""
    return await _page(request, session, actor, done=DONE.get(done, ""))


@router.post("", dependencies=[allow("duty.list")])
async def add(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    person_id: _Short = "",
    from_on: _Short = "",
    to_on: _Short = "",
    reason: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    """Enter leave."""
    typed = {"person_id": person_id, "from_on": from_on, "to_on": to_on, "reason": reason.replace("\0", "")}
    try:
        days = read_day(from_on), read_day(to_on)
        async with session.begin_nested():
            await commands.add_absence(session, actor, database_id(person_id), *days, typed["reason"])
    except REFUSALS as error:
        return await _page(request, session, actor, typed=typed, refused=refusal(request, error))
    return RedirectResponse("/duty/absences?done=absence", 303)


@router.post("/{duty_absence_id}/remove", dependencies=[allow("duty.list")])
async def remove(request: Request, session: SessionDep, actor: ActorDep, duty_absence_id: int) -> Response:
    """Take it back."""
    try:
        async with session.begin_nested():
            await commands.remove_absence(session, actor, duty_absence_id)
    except REFUSALS as error:
        return await _page(request, session, actor, refused=refusal(request, error))
    return RedirectResponse("/duty/absences?done=removed", 303)


async def _page(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    *,
    typed: dict[str, str] | None = None,
    done: str = "",
    refused: Refusal | None = None,
) -> Response:
    refused = refused or Refusal()
    people = [one for one in await queries.people_led(session, actor) if one.id != actor.person_id]
    response: Response = render(
        request,
        "duty/absences.html",
        found=await queries.absences(session, actor),
        people=people,
        typed=typed or {"person_id": "", "from_on": "", "to_on": "", "reason": ""},
        done=done,
        refused=refused,
        errors=refused.errors,
    )
    response.status_code = refused.status
    return response
