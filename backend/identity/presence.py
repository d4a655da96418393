"""Notes that somebody worked with AnSu on a day of the site: that and nothing else, no page and no click.

Adoption is measured by it (``operations.adoption``). A process writes at most once an hour a person and remembers what
it wrote, so that nearly every request costs a look into a dictionary. A page that refreshes itself, and what a phone
fetches ahead, is no work of a person and doesn't count.
"""

from datetime import UTC, datetime, timedelta, tzinfo

from fastapi import Request
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.identity.actor import Actor
from backend.identity.permissions import system_query

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_BY_ITSELF = ("/offline/", "/ws", "/outbox/bodies", "/service-worker")
"""What phones ask for without anybody touching them."""
MOST_KEPT = 50_000
_NOTE = """
INSERT INTO person_day(site_id, person_id, day, first_at, last_at) VALUES (:site, :person, :day, :at, :at)
ON CONFLICT (person_id, day) DO UPDATE SET last_at = GREATEST(person_day.last_at, EXCLUDED.last_at)
"""


class Noted:
    """What this process has written: of each person the last hour. At ``most`` it starts anew, which costs a write."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._hours: dict[int, tuple[datetime, datetime]] = {}
        self._most = most

    def claim(self, person_id: int, at: datetime, zone: tzinfo) -> bool:
        """Whether the hour of ``at`` by the clocks of ``zone`` is still to be written; then it counts as written."""
        known = self._hours.get(person_id)
        if known is not None and known[0] <= at < known[1]:
            return False
        if len(self._hours) >= self._most:
            self._hours.clear()
        begins = at.astimezone(zone).replace(minute=0, second=0, microsecond=0).astimezone(UTC)
        self._hours[person_id] = (begins, begins + timedelta(hours=1))
        return True

    def give_back(self, person_id: int) -> None:
        """It was not written after all."""
        self._hours.pop(person_id, None)


def is_work(request: Request) -> bool:
    """Whether a person did it: opened a page or changed something. What htmx fetches into an open page is not: much
    of it refreshes by itself."""
    scope = request.scope
    if scope["path"].startswith(_BY_ITSELF):
        return False
    return scope["method"] not in _SAFE or all(name != b"hx-request" for name, _ in scope["headers"])


@system_query("writes the actor's own day, whoever the actor is")
async def note_presence(session: AsyncSession, actor: Actor, known: Noted) -> None:
    """Note that ``actor`` worked today, in the request's own transaction; when that fails, the next request does."""
    at = now()
    if not known.claim(actor.person_id, at, actor.zone):
        return
    event.listen(session.sync_session, "after_rollback", lambda _: known.give_back(actor.person_id), once=True)
    day = at.astimezone(actor.zone).date()
    await session.execute(text(_NOTE), {"site": actor.site_id, "person": actor.person_id, "day": day, "at": at})
