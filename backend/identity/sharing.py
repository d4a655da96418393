"""What many may share: counted or drawn once for everybody who sees as much of the site, and anew once it changed.

For pages that are the same for all leading people and cost more than a request may. What is made must not hold a
person's own things (a form's token, their name); tables narrowed by person for others than workers (duty) mustn't be
read for it.
"""

from collections.abc import Awaitable, Callable, Hashable
from typing import TypeVar

from fastapi import Request
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.kept import kept_of
from backend.core.pages import locale_of
from backend.identity.actor import Actor
from backend.identity.models import Role

_Value = TypeVar("_Value")
_STANDS_AT = """
WITH running AS (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest)
SELECT (SELECT e.id FROM event e WHERE e.site_id = :site AND e.txid < r.oldest ORDER BY e.txid DESC, e.id DESC LIMIT 1),
    ARRAY(SELECT e.id FROM event e WHERE e.site_id = :site AND e.txid >= r.oldest ORDER BY e.id),
    ARRAY(SELECT a.id FROM audit_entry a WHERE a.site_id = :site ORDER BY a.id DESC LIMIT 20)
FROM running r
"""
"""The newest event below which nothing can be added any more, those above it one by one, since one that began earlier
may be committed later; and the newest entries of the audit, among which a late one is seen too."""


async def stands_at(session: AsyncSession, actor: Actor) -> Hashable:
    """A word of the site's data: another one after every change that left an event or an audit entry."""
    settled, later, audited = (await session.execute(text(_STANDS_AT), {"site": actor.site_id})).one()
    return settled, tuple(later), tuple(audited)


def sees(actor: Actor) -> Hashable:
    """What tells apart those who see unlike: two with the same see the same rows, but for a person's own duty."""
    own = (actor.person_id, actor.post_ids) if actor.role == Role.WORKER else ()
    return actor.site_id, actor.role, actor.team_id, actor.modules_off, own


async def shared(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    name: str,
    question: Hashable,
    make: Callable[[], Awaitable[_Value]],
) -> _Value:
    """What ``make`` gives for the ``question`` put to ``name``, made once for all who may see it in one language.

    A change that leaves neither event nor audit entry (an hour of weather, a deadline that passes) is seen within
    ``core.kept.KEPT_S``.
    """
    # Read before the rows: what changes in between is then kept under a word that nobody asks for again.
    key = (question, sees(actor), locale_of(request), await stands_at(session, actor))
    found: _Value = await kept_of(request, name).get(key, make)
    return found
