"""Notes what came of a call: of the message, and of the channel; tells administrators when a person is needed."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.channels.answers import Answer, Outcome, Reason
from backend.channels.kinds import MessageKind
from backend.channels.leasing import Call
from backend.channels.models import Channel, ChannelMessage, MessageState, PausedBy
from backend.channels.pacing import PAUSED_AFTER, TOLD_AFTER, rest
from backend.channels.wording import REASONS
from backend.core.clock import now
from backend.core.errors import N_
from backend.core.events import record_event
from backend.core.i18n import LOCALES, translate
from backend.identity.capabilities import CAPABILITIES
from backend.identity.models import Person
from backend.identity.permissions import system_query

UNFIT_AFTER = 3
PAUSED = N_("通知渠道“%(name)s”已暂停：%(why)s")
FAILING = N_("通知渠道“%(name)s”一直连不上：%(why)s")
GAVE_UP = N_("通知渠道“%(name)s”有 %(n)s 条消息一天内没能发出")


@system_query("the worker sends for every site")
async def note(session: AsyncSession, call: Call, answer: Answer) -> None:
    """Keep ``answer``. Where the lease was lost meanwhile only the message is noted: it may have gone out twice."""
    locked = select(Channel).where(col(Channel.id) == call.channel_id, col(Channel.site_id) == call.site_id)
    channel = (await session.scalars(locked.with_for_update())).one()
    message = await session.get_one(ChannelMessage, call.message_id)
    if message.state == MessageState.WAITING:
        _note_message(message, answer)
    if channel.lease != call.lease:
        return
    channel.lease, channel.leased_until = "", None
    if call.message is MessageKind.TEST and answer.outcome is not Outcome.TAKEN:
        _note_failure(channel, answer)
        return
    await _note_channel(session, channel, answer)


def _note_message(message: ChannelMessage, answer: Answer) -> None:
    message.reason, message.detail = answer.reason, answer.detail
    once = message.kind == MessageKind.TEST or (answer.outcome is Outcome.UNFIT and message.attempts >= UNFIT_AFTER)
    if answer.outcome is Outcome.TAKEN:
        message.state, message.ended_at = MessageState.SENT, now()
    elif once:
        message.state, message.ended_at = MessageState.GIVEN_UP, now()


def _note_failure(channel: Channel, answer: Answer) -> None:
    channel.last_failed_at, channel.last_reason, channel.last_detail = now(), answer.reason, answer.detail
    if answer.outcome is Outcome.LIMITED:
        channel.limited_until = now() + timedelta(seconds=answer.after_s)


async def _note_channel(session: AsyncSession, channel: Channel, answer: Answer) -> None:
    if answer.outcome is Outcome.TAKEN:
        channel.failures, channel.refusals, channel.next_at, channel.last_sent_at = 0, 0, None, now()
        channel.last_reason, channel.last_detail = answer.reason, answer.detail
        return
    _note_failure(channel, answer)
    if answer.outcome is Outcome.LIMITED:
        return
    channel.failures += 1
    channel.refusals = channel.refusals + 1 if answer.outcome is Outcome.REFUSED else 0
    channel.next_at = now() + rest(channel.failures)
    if channel.refusals >= PAUSED_AFTER and channel.paused_at is None:
        channel.paused_at, channel.paused_by = now(), PausedBy.FAILURES
        await tell_keepers(session, channel, "channel.paused", PAUSED, answer.reason)
    elif channel.failures == TOLD_AFTER:
        await tell_keepers(session, channel, "channel.failing", FAILING, answer.reason)


async def tell_keepers(
    session: AsyncSession, channel: Channel, kind: str, words: str, reason: str = "", **values: object
) -> None:
    """Who may mend it learns of it, on their open phone and by push, in the same transaction."""
    told = {
        locale: translate(
            locale, words, name=channel.name, why=translate(locale, REASONS[Reason(reason)].short), **values
        )
        for locale in LOCALES
    }
    await record_event(
        session,
        site_id=channel.site_id,
        kind=kind,
        subject="channel",
        subject_id=channel.id,
        data={
            "title_zh": told["zh_CN"],
            "title_en": told["en"],
            "url": f"/channels/{channel.id}",
            "told": list(await _keepers(session, channel.site_id)),
        },
    )


@system_query("the worker tells those of the channel's site")
async def _keepers(session: AsyncSession, site_id: int) -> Sequence[int]:
    roles = [role.value for role in CAPABILITIES["channels.manage"]]
    found = select(col(Person.id)).where(
        col(Person.site_id) == site_id, col(Person.active), col(Person.role).in_(roles)
    )
    return (await session.scalars(found.order_by(col(Person.id)))).all()
