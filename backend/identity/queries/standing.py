"""As of what a site's data stands, for who keeps what was made of it (``identity.sharing``)."""

from collections.abc import Hashable

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.actor import Actor

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
