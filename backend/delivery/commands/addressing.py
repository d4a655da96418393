"""Addressing people, and keeping their receipts."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.events import take_settled
from backend.identity.actor import Actor


async def address_people(session: AsyncSession) -> int:
    """Write a delivery for each person whom a new event names (``data.told``), once each.

    The reader's place moves in the same transaction. Called by the worker; gives how many events it read.
    """
    events = await take_settled(session, "delivery")
    named = [(e.site_id, e.id, person) for e in events for person in e.data.get("told", [])]
    if named:
        sites, ids, people = zip(*named, strict=True)
        await session.execute(
            text(
                "INSERT INTO delivery(site_id, event_id, person_id, channel, addressed) "
                "SELECT n.site_id, n.event_id, n.person_id, 'socket', true "
                "FROM unnest(CAST(:sites AS bigint[]), CAST(:ids AS bigint[]), CAST(:people AS bigint[])) "
                "AS n(site_id, event_id, person_id) "
                "JOIN person p ON p.id = n.person_id AND p.site_id = n.site_id "
                "ON CONFLICT (event_id, person_id, channel) DO UPDATE SET addressed = true"
            ),
            {"sites": list(sites), "ids": list(ids), "people": list(people)},
        )
    return len(events)


async def keep_receipts(session: AsyncSession, actor: Actor, event_ids: list[int]) -> None:
    """Note that the actor's phone has these events of alarms and incidents; the first receipt counts, and events of
    other sites or things are ignored."""
    await session.execute(
        text(
            "INSERT INTO delivery(site_id, event_id, person_id, channel, addressed, received_at) "
            "SELECT e.site_id, e.id, :person, 'socket', false, now() FROM event e "
            "WHERE e.id = ANY(CAST(:ids AS bigint[])) AND e.site_id = :site AND e.subject IN ('alarm', 'incident') "
            "ORDER BY e.id "
            "ON CONFLICT (event_id, person_id, channel) "
            "DO UPDATE SET received_at = COALESCE(delivery.received_at, EXCLUDED.received_at)"
        ),
        {"person": actor.person_id, "site": actor.site_id, "ids": event_ids},
    )


async def mark_seen(session: AsyncSession, actor: Actor, story: str) -> None:
    """Note that the actor opened what these events tell of (``alarm:5``)."""
    await session.execute(
        text(
            "UPDATE delivery d SET seen_at = now() FROM event e WHERE e.id = d.event_id AND d.person_id = :person "
            "AND d.seen_at IS NULL AND e.site_id = :site AND e.story = :story"
        ),
        {"person": actor.person_id, "site": actor.site_id, "story": story},
    )
