"""Takes up what one channel has to send, under a lease: only one worker calls it, and another goes on when it dies.

Whatever dies between the call and the note of its answer, the same message with the same number goes out once more.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.channels.kinds import REPORTS, Kind, MessageKind, Topic, gravity
from backend.channels.letters import Frame, Told
from backend.channels.models import Channel, ChannelMessage, MessageState
from backend.channels.pacing import BETWEEN, URGENT_AFTER, recent_calls, wait_s
from backend.channels.reporting import Written
from backend.channels.words import one_line
from backend.core.clock import now
from backend.core.settings import settings
from backend.identity.models import Site
from backend.identity.permissions import system_query
from backend.operations.reports.models import SafetyReport

LEASE, LEASE_OF_MAIL = timedelta(seconds=60), timedelta(seconds=180)
"""Longer than a call takes with the search for a name, and with the making of a report's files: so long a channel rests
when its worker has died."""
MOST = 500
"""Things of one message."""

_READY = """
SELECT c.id FROM channel c
WHERE c.retired_at IS NULL AND (c.leased_until IS NULL OR c.leased_until < :now)
    AND (c.limited_until IS NULL OR c.limited_until <= :now)
    AND (EXISTS (SELECT FROM channel_message m WHERE m.channel_id = c.id AND m.state = 'waiting' AND m.kind = 'test')
        OR (c.paused_at IS NULL AND (
            ((c.next_at IS NULL OR c.next_at <= :now) AND (
                EXISTS (SELECT FROM channel_message m WHERE m.channel_id = c.id AND m.state = 'waiting')
                OR EXISTS (SELECT FROM channel_news n WHERE n.channel_id = c.id AND n.message_id IS NULL
                    AND n.due_at <= :now
                    AND (n.level = 'major' OR c.last_call_at IS NULL OR c.last_call_at <= :rested))))
            OR (c.last_call_at <= :urgent AND EXISTS (
                SELECT FROM channel_news n WHERE n.channel_id = c.id AND n.message_id IS NULL AND n.level = 'major'
                AND n.due_at <= :now)))))
ORDER BY c.last_call_at NULLS FIRST, c.id LIMIT 1 FOR UPDATE OF c SKIP LOCKED
"""
_NEWS = """
SELECT n.id, n.topic, n.level FROM channel_news n
WHERE n.channel_id = :channel AND n.site_id = :site AND n.message_id IS NULL AND n.due_at <= :soon
ORDER BY n.topic = ANY(CAST(:reports AS text[])), n.id LIMIT :most
"""
_GATHER = """
UPDATE channel_news SET message_id = :message
WHERE channel_id = :channel AND site_id = :site AND message_id IS NULL AND id = ANY(CAST(:ids AS bigint[]))
"""
_THINGS = """
SELECT n.event_id, n.topic, n.subject, n.subject_id, n.level, n.at, n.told,
    COALESCE(a.state = 'closed' OR NOT a.active, false) AS over
FROM channel_news n LEFT JOIN alarm a ON n.subject = 'alarm' AND a.id = n.subject_id AND a.site_id = n.site_id
WHERE n.message_id = :message AND n.site_id = :site ORDER BY n.id
"""


@dataclass(frozen=True)
class Call:
    """All that one call needs; nothing more is read while it is under way."""

    channel_id: int
    site_id: int
    lease: str
    kind: Kind
    name: str
    sealed: bytes
    setting: Mapping[str, Any]
    message_id: int
    message: MessageKind
    made_at: datetime
    frame: Frame
    zone: ZoneInfo
    site: Mapping[str, str]
    things: Sequence[Told]
    report: Written | None = None


@system_query("the worker sends for every site")
async def lease_one(session: AsyncSession) -> Call | None:
    """The next call that may be made now; None when there is none. It counts for the limits from here on."""
    while True:
        at = now()
        asked = {"now": at, "rested": at - BETWEEN, "urgent": at - URGENT_AFTER}
        found = await session.scalar(text(_READY), asked)
        if found is None:
            return None
        channel = await session.get_one(Channel, found, populate_existing=True)
        wait = wait_s(Kind(channel.kind), channel.recent, at.timestamp())
        if wait > 0:
            channel.limited_until = at + timedelta(seconds=wait)
            await session.flush()
            continue
        message = await _waiting(session, channel) or await _gathered(session, channel)
        if message is None:  # only what rests is left of it
            channel.limited_until = at + BETWEEN
            await session.flush()
            continue
        return await _taken_up(session, channel, message, at)


async def _taken_up(session: AsyncSession, channel: Channel, message: ChannelMessage, at: datetime) -> Call:
    lasts = LEASE_OF_MAIL if channel.kind == Kind.EMAIL else LEASE
    channel.lease, channel.leased_until = secrets.token_hex(8), at + lasts
    channel.recent = [*recent_calls(channel.recent, at.timestamp()), at.timestamp()]
    channel.last_call_at = at
    message.attempts += 1
    await session.flush()
    site = await session.get_one(Site, channel.site_id)
    things = await _things(session, message)
    report = await _report(session, things) if message.kind == MessageKind.REPORT else None
    zone = ZoneInfo(site.time_zone)
    name = (site.name_en or site.name) if channel.locale == "en" else site.name
    return Call(
        channel_id=channel.id,
        site_id=channel.site_id,
        lease=channel.lease,
        kind=Kind(channel.kind),
        name=channel.name,
        sealed=channel.sealed,
        setting=channel.setting,
        message_id=message.id,
        message=MessageKind(message.kind),
        made_at=message.made_at,
        frame=Frame(channel.locale, zone, one_line(name, 60), settings().public_url),
        zone=zone,
        site={"code": site.code, "name": site.name, "name_en": site.name_en},
        things=things,
        report=report,
    )


@system_query("the worker sends for every site")
async def _waiting(session: AsyncSession, channel: Channel) -> ChannelMessage | None:
    """A test first: somebody looks at it. Of a channel that rests nothing else."""
    wanted = select(ChannelMessage).where(
        col(ChannelMessage.channel_id) == channel.id, col(ChannelMessage.state) == MessageState.WAITING
    )
    if channel.paused_at is not None:
        wanted = wanted.where(col(ChannelMessage.kind) == MessageKind.TEST)
    first = (col(ChannelMessage.kind) != MessageKind.TEST, col(ChannelMessage.id))
    return (await session.scalars(wanted.order_by(*first).limit(1))).one_or_none()


@system_query("the worker sends for every site")
async def _gathered(session: AsyncSession, channel: Channel) -> ChannelMessage | None:
    """A new message of all that is due or gathers now; a report alone."""
    asked = {"channel": channel.id, "site": channel.site_id, "most": MOST, "reports": [str(one) for one in REPORTS]}
    rows = (await session.execute(text(_NEWS), {**asked, "soon": now() + timedelta(seconds=3)})).mappings().all()
    if not rows or channel.paused_at is not None:
        return None
    if Topic(rows[0]["topic"]) in REPORTS:
        rows, kind = rows[:1], MessageKind.REPORT
    else:
        rows, kind = [row for row in rows if Topic(row["topic"]) not in REPORTS], MessageKind.NEWS
    message = ChannelMessage(
        site_id=channel.site_id,
        channel_id=channel.id,
        kind=kind,
        level=max((row["level"] for row in rows), key=gravity),
        items=len(rows),
        made_at=now(),
    )
    session.add(message)
    await session.flush()
    ids = {"message": message.id, "ids": [row["id"] for row in rows]}
    await session.execute(text(_GATHER), {"channel": channel.id, "site": channel.site_id, **ids})
    return message


@system_query("the worker sends for every site")
async def _things(session: AsyncSession, message: ChannelMessage) -> list[Told]:
    asked = {"message": message.id, "site": message.site_id}
    return [Told(**row) for row in (await session.execute(text(_THINGS), asked)).mappings()]


@system_query("the worker sends for every site")
async def _report(session: AsyncSession, things: Sequence[Told]) -> Written | None:
    if not things:
        return None
    row = await session.get(SafetyReport, things[0].subject_id)
    return Written(row.id, row.kind, row.first, row.until, row.version, row.content) if row else None
