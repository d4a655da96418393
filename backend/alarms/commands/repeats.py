"""A deed that a phone sends twice is done once; the second time it is answered with what the first one did."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.models import Alarm, AlarmRule
from backend.core.errors import N_, Invalid
from backend.core.idempotency import first_result, keep_result
from backend.identity.actor import Actor
from backend.identity.scoping import get_visible

_Thing = TypeVar("_Thing", Alarm, AlarmRule)


async def once(
    session: AsyncSession,
    actor: Actor,
    model: type[_Thing],
    key: str,
    request: list[Any],
    deed: Callable[[], Awaitable[_Thing]],
) -> _Thing:
    """What ``deed`` gives, or for a ``key`` that was used before the same thing as it is now.

    ``request`` is what was asked (deed, object, words): the same key with another request is a Conflict.
    An empty ``key`` promises nothing. A deed that raises leaves the key unused.
    """
    if not key:
        return await deed()
    if len(key) > 64 or not (key.isascii() and key.isprintable()):
        raise Invalid(N_("提交编号无效，请刷新页面后重试"))
    content = json.dumps(request, default=str, sort_keys=True).encode()
    known = await first_result(session, actor.person_id, key, content)
    if known is not None:
        return await get_visible(session, actor, model, int(known["id"]))
    thing = await deed()
    await keep_result(session, actor.person_id, key, {"id": thing.id})
    return thing
