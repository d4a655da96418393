"""Channels as those see them who govern the site. No secret is ever read here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer
from sqlmodel import col

from backend.channels.kinds import MessageKind
from backend.channels.models import Channel, ChannelMessage, ChannelNews, MessageState
from backend.core.clock import now
from backend.core.errors import NotFound
from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.identity.scoping import get_visible
from backend.plant.models import Area, Stage

RECENT = 20
LATELY = timedelta(days=7)
_FRESH = timedelta(minutes=2)


@dataclass(frozen=True)
class Standing:
    """A channel at a glance: how much waits, how much wasn't sent in the last week."""

    channel: Channel
    waiting: int = 0
    given_up: int = 0

    @property
    def state(self) -> str:
        """``paused``, ``stopped`` (by failures), ``failing``, ``new`` or ``well``."""
        one = self.channel
        if one.paused_at is not None:
            return "stopped" if one.paused_by == "failures" else "paused"
        if one.failures:
            return "failing"
        return "well" if one.last_sent_at is not None else "new"


@dataclass(frozen=True)
class Places:
    """What a channel can be narrowed to."""

    areas: Sequence[Area]
    stages: Sequence[Stage]


async def standings(session: AsyncSession, actor: Actor) -> list[Standing]:
    """All channels of the site, the oldest first."""
    waiting, given_up = await _waiting(session, actor), await _given_up(session, actor)
    wanted = (
        select(Channel)
        .where(visible(actor, Channel), col(Channel.retired_at).is_(None))
        .options(defer(Channel.sealed, raiseload=True))  # type: ignore[arg-type]
        .order_by(col(Channel.id))
    )
    found = await session.scalars(wanted)
    return [Standing(one, waiting.get(one.id, 0), given_up.get(one.id, 0)) for one in found]


async def standing(session: AsyncSession, actor: Actor, channel_id: int) -> Standing:
    """One of them. Raises NotFound, also for one that was removed."""
    channel = await channel_of(session, actor, channel_id)
    waiting = await _waiting(session, actor, channel_id)
    given_up = await _given_up(session, actor, channel_id)
    return Standing(channel, waiting.get(channel_id, 0), given_up.get(channel_id, 0))


async def channel_of(session: AsyncSession, actor: Actor, channel_id: int, *, lock: bool = False) -> Channel:
    """The channel itself. Raises NotFound, also for one that was removed."""
    channel = await get_visible(session, actor, Channel, channel_id, lock=lock)
    if channel.retired_at is not None:
        raise NotFound()
    return channel


async def recent(session: AsyncSession, actor: Actor, channel_id: int) -> Sequence[ChannelMessage]:
    """Its last messages, the newest first."""
    wanted = select(ChannelMessage).where(visible(actor, ChannelMessage), col(ChannelMessage.channel_id) == channel_id)
    return (await session.scalars(wanted.order_by(col(ChannelMessage.id).desc()).limit(RECENT))).all()


async def places(session: AsyncSession, actor: Actor) -> Places:
    """Areas and stages in use."""
    areas = select(Area).where(visible(actor, Area), col(Area.retired_at).is_(None))
    stages = select(Stage).where(visible(actor, Stage), col(Stage.retired_at).is_(None))
    return Places(
        (await session.scalars(areas.order_by(col(Area.position), col(Area.id)))).all(),
        (await session.scalars(stages.order_by(col(Stage.position), col(Stage.id)))).all(),
    )


async def test_under_way(session: AsyncSession, actor: Actor, channel_id: int) -> bool:
    """Whether a test that somebody asked for just now waits for its answer."""
    found = await session.scalar(
        select(func.count()).where(
            visible(actor, ChannelMessage),
            col(ChannelMessage.channel_id) == channel_id,
            col(ChannelMessage.kind) == MessageKind.TEST,
            col(ChannelMessage.state) == MessageState.WAITING,
            col(ChannelMessage.made_at) > now() - _FRESH,
        )
    )
    return bool(found)


async def _waiting(session: AsyncSession, actor: Actor, channel_id: int | None = None) -> dict[int, int]:
    """Things that are to be told, by channel: those of messages that wait, and those of no message yet."""
    loose = (
        select(col(ChannelNews.channel_id), func.count())
        .where(visible(actor, ChannelNews), col(ChannelNews.message_id).is_(None))
        .group_by(col(ChannelNews.channel_id))
    )
    bound = (
        select(col(ChannelMessage.channel_id), func.sum(col(ChannelMessage.items)))
        .where(
            visible(actor, ChannelMessage),
            col(ChannelMessage.state) == MessageState.WAITING,
            col(ChannelMessage.kind) != MessageKind.TEST,
        )
        .group_by(col(ChannelMessage.channel_id))
    )
    if channel_id is not None:
        loose = loose.where(col(ChannelNews.channel_id) == channel_id)
        bound = bound.where(col(ChannelMessage.channel_id) == channel_id)
    found: dict[int, int] = {}
    for statement in (loose, bound):
        for id_, count in await session.execute(statement):
            found[id_] = found.get(id_, 0) + int(count)
    return found


async def _given_up(session: AsyncSession, actor: Actor, channel_id: int | None = None) -> dict[int, int]:
    lost = func.sum(case((col(ChannelMessage.items) > 0, col(ChannelMessage.items)), else_=1))
    wanted = (
        select(col(ChannelMessage.channel_id), lost)
        .where(
            visible(actor, ChannelMessage),
            col(ChannelMessage.state) == MessageState.GIVEN_UP,
            col(ChannelMessage.kind) != MessageKind.TEST,
            col(ChannelMessage.ended_at) > now() - LATELY,
        )
        .group_by(col(ChannelMessage.channel_id))
    )
    if channel_id is not None:
        wanted = wanted.where(col(ChannelMessage.channel_id) == channel_id)
    return {id_: int(count) for id_, count in await session.execute(wanted)}
