"""What people do on an alarm's page. A refused deed shows the page again, a sentence beside it, what was typed kept."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Response
from starlette.responses import RedirectResponse

from backend.alarms import commands
from backend.alarms.commands.repeats import once
from backend.alarms.forms import DeedForm
from backend.alarms.models import Alarm
from backend.alarms.pages.one import Attempt, alarm_page
from backend.core.errors import N_, Conflict, Invalid
from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/alarms/{alarm_id}")


@dataclass
class Asked:
    """A deed that somebody asks for, with the form they sent."""

    request: Request
    session: SessionDep
    actor: ActorDep
    alarm_id: int
    form: Annotated[DeedForm, Depends()]

    async def answer(self, deed: str, request: list[str], command: Callable[[], Awaitable[Alarm]]) -> Response:
        """Do it and show the alarm; ``request`` is what was asked, to know a repeat."""
        try:
            async with self.session.begin_nested():
                asked = [f"alarm.{deed}", self.alarm_id, *request]
                await once(self.session, self.actor, Alarm, self.form.key, asked, command)
        except (Invalid, Conflict) as error:
            tried = {deed: Attempt(self.form, error.message, error.fields, error.status)}
            return await alarm_page(self.request, self.session, self.actor, self.alarm_id, tried=tried)
        return RedirectResponse(f"/alarms/{self.alarm_id}?done={deed}", 303)


AskedDep = Annotated[Asked, Depends()]


@router.post("/acknowledge", dependencies=[allow("alarms.acknowledge")])
async def acknowledge(asked: AskedDep) -> Response:
    """Answer for it."""
    note = asked.form.note

    async def command() -> Alarm:
        return await commands.acknowledge(asked.session, asked.actor, asked.alarm_id, note=note)

    return await asked.answer("acknowledge", [note], command)


@router.post("/shelve", dependencies=[allow("alarms.shelve")])
async def shelve(asked: AskedDep) -> Response:
    """Silence it for a while, with a reason."""
    form = asked.form

    async def command() -> Alarm:
        return await commands.shelve(
            asked.session, asked.actor, asked.alarm_id, reason=form.why, minutes=form.shelved_minutes, note=form.note
        )

    return await asked.answer("shelve", [form.why, form.minutes, form.note], command)


@router.post("/unshelve", dependencies=[allow("alarms.shelve")])
async def unshelve(asked: AskedDep) -> Response:
    """Take it off the shelf."""

    async def command() -> Alarm:
        return await commands.unshelve(asked.session, asked.actor, asked.alarm_id)

    return await asked.answer("unshelve", [], command)


@router.post("/close", dependencies=[allow("alarms.close")])
async def close(asked: AskedDep) -> Response:
    """End it, once its condition has gone."""
    note = asked.form.note

    async def command() -> Alarm:
        return await commands.close(asked.session, asked.actor, asked.alarm_id, note=note)

    return await asked.answer("close", [note], command)


@router.post("/judge", dependencies=[allow("alarms.judge")])
async def judge(asked: AskedDep) -> Response:
    """Say whether it was real."""
    form = asked.form

    async def command() -> Alarm:
        if form.verdict not in {"true", "false"}:
            raise Invalid(fields={"verdict": N_("请选择属实或误报")})
        return await commands.judge(
            asked.session, asked.actor, asked.alarm_id, genuine=form.verdict == "true", note=form.note
        )

    return await asked.answer("judge", [form.verdict, form.note], command)


@router.post("/note", dependencies=[allow("alarms.see")])
async def add_note(asked: AskedDep) -> Response:
    """Put words into its story."""
    note = asked.form.note

    async def command() -> Alarm:
        return await commands.add_note(asked.session, asked.actor, asked.alarm_id, note=note)

    return await asked.answer("note", [note], command)
