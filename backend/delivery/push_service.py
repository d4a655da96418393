"""Hands one message to the push service of one phone."""

import asyncio
import enum
from typing import Any

from backend.core.settings import settings
from backend.delivery.push_message import Message, may_call


class Answer(enum.Enum):
    """What the push service said."""

    TAKEN = enum.auto()
    GONE = enum.auto()
    """The subscription has ended (404, 410)."""
    LATER = enum.auto()
    """Too much, its own fault, or not reached: worth another attempt."""
    REFUSED = enum.auto()
    """Another attempt would be refused too."""


async def push(endpoint: str, p256dh: str, auth: str, message: Message) -> Answer:
    """Encrypt ``message`` for the phone (RFC 8291) and hand it over, signed by our key. Never raises for its answer."""
    if not may_call(endpoint, settings().push_hosts):
        return Answer.REFUSED
    subscription = {"endpoint": endpoint, "keys": {"p256dh": p256dh, "auth": auth}}
    return await asyncio.to_thread(_push, subscription, message)


def _push(subscription: dict[str, Any], message: Message) -> Answer:
    from backend.delivery.push_sending import send

    return send(subscription, message)


def answer_of(status: int) -> Answer:
    """The meaning of an HTTP status that isn't success (RFC 8030, 7.3 and 8.4)."""
    if status in {404, 410}:
        return Answer.GONE
    return Answer.LATER if status == 429 or status >= 500 else Answer.REFUSED
