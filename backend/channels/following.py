"""Follows the event log: what a channel is to tell becomes a row of its own. The worker calls it, for every site.

The reader's place moves in the same transaction, so that each event is kept once for each channel, whatever dies.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.channels.kinds import WAKING, Topic
from backend.channels.models import Channel
from backend.channels.pacing import GIVEN_UP_AFTER, due
from backend.channels.topics import Wanted, Where, is_told, topic_of, wants
from backend.core.clock import now
from backend.core.events import Entry, take_settled
from backend.identity.models import Site
from backend.identity.permissions import system_query

READER = "channels"
_BATCH = 500

_PLACES = """
SELECT x.event_id, ar.id AS area_id, COALESCE(ar.stage_id, q.stage_id) AS stage_id,
    ar.name AS area_zh, ar.name_en AS area_en, s.kind AS report,
    COALESCE(held.names, p.name) AS posts_zh, COALESCE(held.names_en, NULLIF(p.name_en, ''), p.name) AS posts_en
FROM unnest(CAST(:events AS bigint[]), CAST(:sites AS bigint[]), CAST(:subjects AS text[]), CAST(:ids AS bigint[]))
    AS x(event_id, site_id, subject, id)
LEFT JOIN alarm a ON x.subject = 'alarm' AND a.id = x.id AND a.site_id = x.site_id
LEFT JOIN incident i ON x.subject = 'incident' AND i.id = x.id AND i.site_id = x.site_id
LEFT JOIN rectification r ON x.subject = 'rectification' AND r.id = x.id AND r.site_id = x.site_id
LEFT JOIN safety_report s ON x.subject = 'safety_report' AND s.id = x.id AND s.site_id = x.site_id
LEFT JOIN equipment q ON q.id = COALESCE(a.equipment_id, i.equipment_id, r.equipment_id) AND q.site_id = x.site_id
LEFT JOIN area ar ON ar.id = COALESCE(a.area_id, i.area_id, r.area_id, q.area_id) AND ar.site_id = x.site_id
LEFT JOIN post p ON p.id = q.owner_post_id AND p.site_id = x.site_id
LEFT JOIN LATERAL (
    SELECT string_agg(o.name, '、' ORDER BY o.id) AS names,
        string_agg(COALESCE(NULLIF(o.name_en, ''), o.name), ', ' ORDER BY o.id) AS names_en
    FROM post_holder h JOIN post o ON o.id = h.post_id AND o.site_id = h.site_id
    WHERE h.person_id = r.owner_id AND h.site_id = x.site_id AND h.until IS NULL
) held ON r.id IS NOT NULL
"""
_KEEP = """
INSERT INTO channel_news(site_id, channel_id, event_id, topic, level, subject, subject_id, at, due_at, told)
SELECT n.site_id, n.channel_id, n.event_id, n.topic, n.level, n.subject, n.subject_id, n.at, n.due_at,
    CAST(n.told AS jsonb)
FROM unnest(CAST(:site_id AS bigint[]), CAST(:channel_id AS bigint[]), CAST(:event_id AS bigint[]),
    CAST(:topic AS text[]), CAST(:level AS text[]), CAST(:subject AS text[]), CAST(:subject_id AS bigint[]),
    CAST(:at AS timestamptz[]), CAST(:due_at AS timestamptz[]), CAST(:told AS text[]))
    AS n(site_id, channel_id, event_id, topic, level, subject, subject_id, at, due_at, told)
ON CONFLICT (channel_id, event_id) DO NOTHING
"""


@system_query("the worker follows the events of every site")
async def follow_events(session: AsyncSession) -> int:
    """Keep what new events have to tell; gives how many events it read. Call again while there are more.

    Paused channels keep it too: what happened meanwhile is told when they go on. What is older than a day is no news.
    """
    events = await take_settled(session, READER, most=_BATCH)
    news = [one for one in events if is_told(one) and one.at > now() - GIVEN_UP_AFTER]
    channels = await _channels(session, {one.site_id for one in news}) if news else []
    if channels:
        places = await _places(session, news)
        rows = [row for event in news for row in _rows(event, places[event.id], channels)]
        if rows:
            await session.execute(text(_KEEP), {name: [row[name] for row in rows] for name in rows[0]})
    return len(events)


@system_query("the worker follows the events of every site")
async def _channels(session: AsyncSession, sites: set[int]) -> Sequence[tuple[Channel, ZoneInfo]]:
    found = await session.execute(
        select(Channel, col(Site.time_zone))
        .join(Site, col(Site.id) == col(Channel.site_id))
        .where(col(Channel.site_id).in_(sites), col(Channel.retired_at).is_(None))
        .order_by(col(Channel.id))
    )
    return [(channel, ZoneInfo(zone)) for channel, zone in found]


@system_query("the worker follows the events of every site")
async def _places(session: AsyncSession, news: Sequence[Entry]) -> dict[int, Mapping[str, Any]]:
    asked = {
        "events": [one.id for one in news],
        "sites": [one.site_id for one in news],
        "subjects": [one.subject for one in news],
        "ids": [one.subject_id for one in news],
    }
    return {row["event_id"]: dict(row) for row in (await session.execute(text(_PLACES), asked)).mappings()}


def _rows(event: Entry, place: Mapping[str, Any], channels: Sequence[tuple[Channel, ZoneInfo]]) -> list[dict[str, Any]]:
    topic = topic_of(event, place["report"] or "")
    where = Where(place["area_id"], place["stage_id"])
    told = {name: place[name] or "" for name in ("area_zh", "area_en", "posts_zh", "posts_en")}
    told |= {name: event.data.get(name) or "" for name in ("title_zh", "title_en", "url")}
    return [
        _row(event, topic, channel, zone, told)
        for channel, zone in channels
        if topic is not None and _is_for(channel, event, topic, where)
    ]


def _is_for(channel: Channel, event: Entry, topic: Topic, where: Where) -> bool:
    wanted = Wanted(channel.topics, channel.alarms_from, channel.area_ids, channel.stage_ids)
    since = channel.created_at
    return channel.site_id == event.site_id and event.at >= since and wants(wanted, topic, event.level, where)


def _row(event: Entry, topic: Topic, channel: Channel, zone: ZoneInfo, told: Mapping[str, str]) -> dict[str, Any]:
    quiet = None
    if channel.quiet_from is not None and channel.quiet_until is not None:
        quiet = (channel.quiet_from, channel.quiet_until)
    return {
        "site_id": event.site_id,
        "channel_id": channel.id,
        "event_id": event.id,
        "topic": topic,
        "level": event.level,
        "subject": event.subject,
        "subject_id": event.subject_id,
        "at": event.at,
        "due_at": due(event.level if topic in WAKING else "", now(), zone, quiet),
        "told": json.dumps(told, ensure_ascii=False),
    }
