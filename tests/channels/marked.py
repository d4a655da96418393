"""A channel of an estate (tests/identity/estate.py), with a message that it couldn't send."""

from sqlalchemy.ext.asyncio import AsyncSession

from backend.channels.models import Channel, ChannelMessage
from backend.channels.sealing import seal
from tests.factories import made


async def make_marked_channel(session: AsyncSession, site_id: int, mark: str, words: str = "") -> dict[str, int]:
    """Gives its id by path parameter."""
    sealed = seal(site_id, {"token": "0" * 32, "secret": mark})
    channel = Channel(site_id=site_id, name=words or f"{mark}群", kind="wecom", sealed=sealed, shown="…0000")
    channel.topics, channel.last_detail = ["alarms", "week"], mark
    await made(session, channel)
    message = ChannelMessage(site_id=site_id, channel_id=channel.id, kind="news", state="given_up", level="major")
    message.items, message.reason, message.detail = 3, "wrong_key", mark
    await made(session, message)
    return {"channel_id": channel.id}
