"""What people do about channels: make, change, try, pause, go on, remove. Secrets never get into the audit."""

from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.channels.addresses import webhook_url
from backend.channels.drafts import Draft
from backend.channels.kinds import Kind, MessageKind
from backend.channels.models import Channel, ChannelMessage, MessageState, PausedBy
from backend.channels.queries import channel_of, places, test_under_way
from backend.channels.sealing import Sealed, seal, unseal
from backend.core.clock import now
from backend.core.errors import N_, Conflict, Invalid
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require, visible

MOST_CHANNELS = 30
_CHANGED = ("name", "locale", "topics", "alarms_from", "area_ids", "stage_ids", "quiet_from", "quiet_until", "shown")
_SETTING = ("host", "port", "security", "user", "sender", "recipients", "inside")


async def make_channel(session: AsyncSession, actor: Actor, draft: Draft) -> Channel:
    """Raises Forbidden, Invalid, Conflict when there are too many."""
    require(actor, "channels.manage")
    await session.execute(text("SELECT pg_advisory_xact_lock(54, CAST(:site AS int))"), {"site": actor.site_id})
    there = select(func.count()).where(visible(actor, Channel), col(Channel.retired_at).is_(None))
    if int(await session.scalar(there) or 0) >= MOST_CHANNELS:
        raise Conflict(N_("最多 30 个渠道，请先删除不用的"))
    channel = Channel(
        site_id=actor.site_id,
        name=draft.name,
        kind=draft.kind,
        sealed=seal(actor.site_id, draft.secrets or {}),
        created_by=actor.person_id,
        created_at=now(),
    )
    await _take(session, actor, channel, draft)
    session.add(channel)
    await session.flush()
    change = {name: [None, value] for name, value in _public(channel).items() if value not in (None, "", [])}
    await record_change(session, actor, "channel.make", "channel", channel.id, {"kind": [None, draft.kind], **change})
    return channel


async def change_channel(session: AsyncSession, actor: Actor, channel_id: int, draft: Draft) -> Channel:
    """Take what was typed; a channel that rested after failures is tried again. Raises Forbidden, NotFound, Invalid."""
    require(actor, "channels.manage")
    channel = await channel_of(session, actor, channel_id, lock=True)
    before = _public(channel)
    _keep_password_at_home(channel, draft)
    _keep_address_outside_encrypted(channel, draft)
    if draft.further:
        channel.sealed = seal(actor.site_id, _with_what_is_there(channel, draft))
    await _take(session, actor, channel, draft)
    channel.failures, channel.refusals, channel.next_at, channel.limited_until = 0, 0, None, None
    if channel.paused_by == PausedBy.FAILURES:
        channel.paused_at, channel.paused_by = None, ""
    await session.flush()
    after = _public(channel)
    change: dict[str, Any] = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    change |= {f"new_{name}": [None, True] for name in draft.further if name != "host"}
    if change:
        await record_change(session, actor, "channel.edit", "channel", channel.id, change)
    return channel


def _keep_password_at_home(channel: Channel, draft: Draft) -> None:
    """A stored password goes to no server but the one for which it was typed, and over no weaker line."""
    if draft.kind is not Kind.EMAIL or not draft.setting["user"] or draft.further.get("password"):
        return
    if any(channel.setting.get(name) != draft.setting[name] for name in ("host", "port", "security", "user")):
        raise Invalid(fields={"password": N_("服务器、端口、加密或账号变了，请再填一次密码")})


def _keep_address_outside_encrypted(channel: Channel, draft: Draft) -> None:
    """An address that stays is looked at again: it may have been taken as the plant's own."""
    if draft.kind is Kind.WEBHOOK and "url" not in draft.further and (url := _opened(channel).get("url")):
        webhook_url(url, inside=bool(draft.setting["inside"]))


def _with_what_is_there(channel: Channel, draft: Draft) -> dict[str, str]:
    """What is sealed from now on. Raises Invalid where the address can't be opened any more and isn't typed anew."""
    whole = {**_opened(channel), **draft.further}
    if draft.kind is not Kind.EMAIL and not (whole.get("token") or whole.get("url")):
        raise Invalid(fields={"address": N_("保存的地址打不开了，请再填一次")})
    return whole


def _opened(channel: Channel) -> dict[str, str]:
    """What is there; nothing where the key is another one: then all is typed anew."""
    try:
        return unseal(channel.site_id, channel.sealed)
    except Sealed:
        return {}


async def _take(session: AsyncSession, actor: Actor, channel: Channel, draft: Draft) -> None:
    known = await places(session, actor)
    areas, stages = {one.id for one in known.areas}, {one.id for one in known.stages}
    if not set(draft.area_ids) <= areas | set(channel.area_ids):
        raise Invalid(fields={"area_ids": N_("请从列出的区域中选择")})
    if not set(draft.stage_ids) <= stages | set(channel.stage_ids):
        raise Invalid(fields={"stage_ids": N_("请从列出的环节中选择")})
    channel.name, channel.locale, channel.alarms_from = draft.name, draft.locale, draft.alarms_from
    channel.topics, channel.area_ids, channel.stage_ids = (
        list(draft.topics),
        list(draft.area_ids),
        list(draft.stage_ids),
    )
    channel.quiet_from, channel.quiet_until = draft.quiet or (None, None)
    channel.setting = dict(draft.setting)
    channel.shown = channel.shown if draft.shown is None else draft.shown


def _public(channel: Channel) -> dict[str, Any]:
    """What of a channel may stand in the audit."""
    own = {name: getattr(channel, name) for name in _CHANGED}
    return own | {name: channel.setting.get(name) for name in _SETTING}


async def ask_for_test(session: AsyncSession, actor: Actor, channel_id: int) -> None:
    """Have the worker send a test, also while the channel rests. Nothing when one is under way.

    Raises Forbidden, NotFound.
    """
    require(actor, "channels.manage")
    channel = await channel_of(session, actor, channel_id, lock=True)
    if await test_under_way(session, actor, channel_id):
        return
    session.add(
        ChannelMessage(site_id=actor.site_id, channel_id=channel.id, kind=MessageKind.TEST, made_at=now(), items=0)
    )
    await session.flush()
    await record_change(session, actor, "channel.test", "channel", channel.id)


async def pause(session: AsyncSession, actor: Actor, channel_id: int) -> None:
    """Send nothing until somebody lets it go on; news is kept for a day. Raises Forbidden, NotFound."""
    require(actor, "channels.manage")
    channel = await channel_of(session, actor, channel_id, lock=True)
    if channel.paused_at is None:
        channel.paused_at, channel.paused_by = now(), PausedBy.PERSON
        await record_change(session, actor, "channel.pause", "channel", channel.id)


async def resume(session: AsyncSession, actor: Actor, channel_id: int) -> None:
    """Go on, at once. Raises Forbidden, NotFound."""
    require(actor, "channels.manage")
    channel = await channel_of(session, actor, channel_id, lock=True)
    if channel.paused_at is not None or channel.failures:
        channel.paused_at, channel.paused_by = None, ""
        channel.failures, channel.refusals, channel.next_at = 0, 0, None
        await record_change(session, actor, "channel.resume", "channel", channel.id)


async def remove(session: AsyncSession, actor: Actor, channel_id: int) -> None:
    """Nothing is sent there any more, and its address and secrets are gone, who got its mails too. Raises Forbidden,
    NotFound."""
    require(actor, "channels.manage")
    channel = await channel_of(session, actor, channel_id, lock=True)
    channel.retired_at, channel.sealed, channel.setting, channel.shown = now(), b"", {}, ""
    await session.execute(
        text(
            "UPDATE channel_message SET state = :given_up, ended_at = CAST(:at AS timestamptz) "
            "WHERE site_id = :site AND channel_id = :id AND state = :waiting"
        ),
        {
            "site": actor.site_id,
            "id": channel.id,
            "at": now(),
            "given_up": MessageState.GIVEN_UP,
            "waiting": MessageState.WAITING,
        },
    )
    await session.execute(
        text("DELETE FROM channel_news WHERE site_id = :site AND channel_id = :id AND message_id IS NULL"),
        {"site": actor.site_id, "id": channel.id},
    )
    await record_change(session, actor, "channel.remove", "channel", channel.id, {"name": [channel.name, None]})
