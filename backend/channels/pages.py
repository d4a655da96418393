"""``/channels``: to which groups, mailboxes and systems outside AnSu tells what, and whether they get it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Form, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.channels import commands, queries, wording
from backend.channels.answers import Reason
from backend.channels.forms import LONGEST_NAME, LONGEST_SECRET, Typed, read_draft, typed_of
from backend.channels.kinds import ROBOTS, Kind
from backend.channels.models import Channel
from backend.core.errors import NotFound
from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.core.settings import settings
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/channels", include_in_schema=False)
_Word = Annotated[str, Form(max_length=100)]
_Words = Annotated[Sequence[str], Form()]


@dataclass
class ChannelForm:
    """A channel as typed; all kinds' fields, of which each takes its own."""

    name: Annotated[str, Form(max_length=200)] = ""
    locale: _Word = "zh_CN"
    topics: _Words = ()
    alarms_from: _Word = "significant"
    area_ids: _Words = ()
    stage_ids: _Words = ()
    quiet_from: _Word = ""
    quiet_until: _Word = ""
    address: Annotated[str, Form(max_length=4000)] = ""
    secret: Annotated[str, Form(max_length=1000)] = ""
    inside: Annotated[bool, Form()] = False
    host: Annotated[str, Form(max_length=300)] = ""
    port: _Word = ""
    security: _Word = ""
    user: Annotated[str, Form(max_length=300)] = ""
    password: Annotated[str, Form(max_length=1000)] = ""
    sender: Annotated[str, Form(max_length=400)] = ""
    recipients: Annotated[str, Form(max_length=10_000)] = ""

    def read(self) -> Typed:
        """As it was typed."""
        return Typed(**{name: getattr(self, name) for name in self.__dataclass_fields__})


FormDep = Annotated[ChannelForm, Depends()]


@router.get("", dependencies=[allow("channels.see")])
async def channels(request: Request, session: SessionDep, actor: ActorDep, done: str = "") -> Response:
    """All of them at a glance."""
    return render(
        request,
        "channels/list.html",
        standings=await queries.standings(session, actor),
        words=wording,
        done=wording.DONE.get(done, ""),
    )


@router.get("/new", dependencies=[allow("channels.manage")])
async def new(
    request: Request, session: SessionDep, actor: ActorDep, kind: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """Which kind, then the form for it."""
    if kind not in set(Kind):
        return render(request, "channels/kinds.html", words=wording)
    return await _form(request, session, actor, Kind(kind), Typed())


@router.post("", dependencies=[allow("channels.manage")])
async def make(request: Request, session: SessionDep, actor: ActorDep, form: FormDep, kind: _Word = "") -> Response:
    """Make it."""
    if kind not in set(Kind):
        raise NotFound()
    typed = form.read()
    try:
        async with session.begin_nested():
            channel = await commands.make_channel(session, actor, read_draft(Kind(kind), typed, made=False))
    except REFUSALS as error:
        return await _form(request, session, actor, Kind(kind), typed, refused=refusal(request, error))
    return RedirectResponse(f"/channels/{channel.id}?done=made", 303)


@router.get("/{channel_id}", dependencies=[allow("channels.see")])
async def channel(request: Request, session: SessionDep, actor: ActorDep, channel_id: int, done: str = "") -> Response:
    """One: how it stands, what it tells, its last messages."""
    found = await queries.standing(session, actor, channel_id)
    places = await queries.places(session, actor)
    return render(
        request,
        "channels/channel.html",
        found=found,
        one=found.channel,
        messages=await queries.recent(session, actor, channel_id),
        testing=await queries.test_under_way(session, actor, channel_id),
        areas=[one for one in places.areas if one.id in found.channel.area_ids],
        stages=[one for one in places.stages if one.id in found.channel.stage_ids],
        words=wording,
        reason=_reason,
        done=wording.DONE.get(done, ""),
    )


def _reason(code: str) -> wording.Said:
    return wording.REASONS[Reason(code)]


@router.get("/{channel_id}/edit", dependencies=[allow("channels.manage")])
async def edit(request: Request, session: SessionDep, actor: ActorDep, channel_id: int) -> Response:
    """The form, filled in but for its secrets."""
    one = await queries.channel_of(session, actor, channel_id)
    return await _form(request, session, actor, Kind(one.kind), typed_of(one), one)


@router.post("/{channel_id}", dependencies=[allow("channels.manage")])
async def change(request: Request, session: SessionDep, actor: ActorDep, channel_id: int, form: FormDep) -> Response:
    """Take what was typed."""
    one = await queries.channel_of(session, actor, channel_id)
    typed = form.read()
    try:
        async with session.begin_nested():
            await commands.change_channel(session, actor, channel_id, read_draft(Kind(one.kind), typed, made=True))
    except REFUSALS as error:
        return await _form(request, session, actor, Kind(one.kind), typed, one, refused=refusal(request, error))
    return RedirectResponse(f"/channels/{channel_id}?done=saved", 303)


@router.post("/{channel_id}/test", dependencies=[allow("channels.manage")])
async def test(session: SessionDep, actor: ActorDep, channel_id: int) -> Response:
    """Send a test; its page then shows the answer."""
    await commands.ask_for_test(session, actor, channel_id)
    return RedirectResponse(f"/channels/{channel_id}", 303)


@router.post("/{channel_id}/pause", dependencies=[allow("channels.manage")])
async def pause(session: SessionDep, actor: ActorDep, channel_id: int) -> Response:
    """Send nothing for now."""
    await commands.pause(session, actor, channel_id)
    return RedirectResponse(f"/channels/{channel_id}?done=paused", 303)


@router.post("/{channel_id}/resume", dependencies=[allow("channels.manage")])
async def resume(session: SessionDep, actor: ActorDep, channel_id: int) -> Response:
    """Go on."""
    await commands.resume(session, actor, channel_id)
    return RedirectResponse(f"/channels/{channel_id}?done=resumed", 303)


@router.post("/{channel_id}/remove", dependencies=[allow("channels.manage")])
async def remove(session: SessionDep, actor: ActorDep, channel_id: int) -> Response:
    """Take it away."""
    await commands.remove(session, actor, channel_id)
    return RedirectResponse("/channels?done=removed", 303)


async def _form(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    kind: Kind,
    typed: Typed,
    one: Channel | None = None,
    refused: Refusal | None = None,
) -> Response:
    refused = refused or Refusal()
    shown: dict[str, Any] = {"kind": kind, "one": one, "typed": typed, "robot": kind in ROBOTS}
    response: Response = render(
        request,
        "channels/form.html",
        **shown,
        places=await queries.places(session, actor),
        words=wording,
        most_name=LONGEST_NAME,
        most_secret=LONGEST_SECRET,
        linked=bool(settings().public_url),
        refused=refused,
        errors=refused.errors,
    )
    response.status_code = refused.status
    return response
