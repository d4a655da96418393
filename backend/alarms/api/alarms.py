"""``/api/v1/alarms``: what calls, one alarm with its story, and what people do about it.

A deed may carry the header ``Idempotency-Key``: sent again, it is done once and answered alike.
"""

from typing import Annotated

from fastapi import Body, Header, Query

from backend.alarms import commands
from backend.alarms.api.shapes import (
    AlarmDetailOut,
    AlarmOut,
    AlarmsOut,
    FloodOut,
    JudgeIn,
    NoteIn,
    ShelveIn,
    TimelineOut,
    alarm_out,
    detail_out,
    happening_out,
    listed_out,
    receipt_out,
)
from backend.alarms.commands.repeats import once
from backend.alarms.deeds import possible_deeds
from backend.alarms.models import Alarm, Level
from backend.alarms.queries import listing
from backend.alarms.queries.listing import Show, Wanted
from backend.alarms.queries.story import alarm_view
from backend.alarms.queries.telling import story_of, timeline
from backend.core.errors import N_, Invalid
from backend.core.routing import APIRouter
from backend.delivery.queries import receipts
from backend.identity.scoping import get_visible
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/alarms")

KeyHeader = Annotated[str, Header(alias="Idempotency-Key", max_length=64)]


@router.get("", dependencies=[allow("alarms.see")])
async def list_alarms(
    session: SessionDep,
    actor: ActorDep,
    show: Show = Show.OPEN,
    level: Level | None = None,
    mine: bool = False,
    search: Annotated[str, Query(max_length=60)] = "",
    after: Annotated[str, Query(max_length=80)] = "",
    most: Annotated[int, Query(ge=1, le=100)] = listing.PAGE,
) -> AlarmsOut:
    """Floods, the worst first, then the newest; ``closed`` and ``false`` are histories, the newest first."""
    page = await listing.alarms(session, actor, Wanted(show, level or "", mine, search), after=after, most=most)
    items = [FloodOut(size=flood.size, alarms=[listed_out(line) for line in flood.lines]) for flood in page.floods]
    return AlarmsOut(items=items, following=page.following)


@router.get("/{alarm_id}", dependencies=[allow("alarms.see")])
async def read_alarm(session: SessionDep, actor: ActorDep, alarm_id: int) -> AlarmDetailOut:
    """One alarm."""
    view = await alarm_view(session, actor, alarm_id)
    return detail_out(view, sorted(possible_deeds(view.alarm, actor).possible))


@router.get("/{alarm_id}/timeline", dependencies=[allow("alarms.see")])
async def read_timeline(session: SessionDep, actor: ActorDep, alarm_id: int) -> TimelineOut:
    """What happened, in order, and whose phone has it."""
    alarm = await get_visible(session, actor, Alarm, alarm_id)
    story = await timeline(session, actor, alarm)
    told = await receipts(session, actor, story_of(alarm_id))
    return TimelineOut(
        items=[happening_out(line) for line in story.lines],
        receipts=[receipt_out(receipt) for receipt in told],
        cut=story.cut,
    )


@router.post("/{alarm_id}/acknowledge", dependencies=[allow("alarms.acknowledge")])
async def acknowledge(
    session: SessionDep, actor: ActorDep, alarm_id: int, sent: Annotated[NoteIn, Body()] = NoteIn(), key: KeyHeader = ""
) -> AlarmOut:
    """Answer for it."""

    async def deed() -> Alarm:
        return await commands.acknowledge(session, actor, alarm_id, note=sent.note)

    return alarm_out(await once(session, actor, Alarm, key, ["alarm.acknowledge", alarm_id, sent.note], deed))


@router.post("/{alarm_id}/shelve", dependencies=[allow("alarms.shelve")])
async def shelve(
    session: SessionDep,
    actor: ActorDep,
    alarm_id: int,
    sent: Annotated[ShelveIn, Body()] = ShelveIn(),
    key: KeyHeader = "",
) -> AlarmOut:
    """Silence it for a while."""

    async def deed() -> Alarm:
        return await commands.shelve(session, actor, alarm_id, reason=sent.reason, minutes=sent.minutes, note=sent.note)

    return alarm_out(await once(session, actor, Alarm, key, ["alarm.shelve", alarm_id, sent.model_dump()], deed))


@router.post("/{alarm_id}/unshelve", dependencies=[allow("alarms.shelve")])
async def unshelve(session: SessionDep, actor: ActorDep, alarm_id: int, key: KeyHeader = "") -> AlarmOut:
    """Take it off the shelf."""

    async def deed() -> Alarm:
        return await commands.unshelve(session, actor, alarm_id)

    return alarm_out(await once(session, actor, Alarm, key, ["alarm.unshelve", alarm_id], deed))


@router.post("/{alarm_id}/close", dependencies=[allow("alarms.close")])
async def close(
    session: SessionDep, actor: ActorDep, alarm_id: int, sent: Annotated[NoteIn, Body()] = NoteIn(), key: KeyHeader = ""
) -> AlarmOut:
    """End a latched alarm whose condition has gone."""

    async def deed() -> Alarm:
        return await commands.close(session, actor, alarm_id, note=sent.note)

    return alarm_out(await once(session, actor, Alarm, key, ["alarm.close", alarm_id, sent.note], deed))


@router.post("/{alarm_id}/judge", dependencies=[allow("alarms.judge")])
async def judge(
    session: SessionDep,
    actor: ActorDep,
    alarm_id: int,
    sent: Annotated[JudgeIn, Body()] = JudgeIn(),
    key: KeyHeader = "",
) -> AlarmOut:
    """Say whether it was real."""
    await get_visible(session, actor, Alarm, alarm_id)
    if sent.genuine is None:
        raise Invalid(fields={"genuine": N_("请选择属实或误报")})
    genuine = sent.genuine

    async def deed() -> Alarm:
        return await commands.judge(session, actor, alarm_id, genuine=genuine, note=sent.note)

    return alarm_out(await once(session, actor, Alarm, key, ["alarm.judge", alarm_id, sent.model_dump()], deed))


@router.post("/{alarm_id}/note", dependencies=[allow("alarms.see")])
async def add_note(
    session: SessionDep, actor: ActorDep, alarm_id: int, sent: Annotated[NoteIn, Body()] = NoteIn(), key: KeyHeader = ""
) -> AlarmOut:
    """Put words into its story."""

    async def deed() -> Alarm:
        return await commands.add_note(session, actor, alarm_id, note=sent.note)

    return alarm_out(await once(session, actor, Alarm, key, ["alarm.note", alarm_id, sent.note], deed))
