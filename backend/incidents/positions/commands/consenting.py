"""Agreeing that one's phone says where it is, taking that back, deleting what was kept.

After China's Personal Information Protection Law (个人信息保护法): where somebody goes is sensitive (article 28), so it
is agreed to by itself (article 29), and taken back as easily (article 15).
"""

from typing import Any

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.errors import N_, Conflict
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import visible
from backend.incidents.positions.models import Erased, IncidentPosition, PositionErasure, SendingConsent
from backend.incidents.positions.queries.consent import in_force, newest_consent
from backend.incidents.positions.wording import CONSENT_VERSION


async def agree(session: AsyncSession, actor: Actor, wording: int) -> None:
    """Agree to the words of version ``wording``, as read. Raises Conflict for words that have changed since."""
    if wording != CONSENT_VERSION:
        raise Conflict(N_("说明已更新，请重新看一遍再同意"))
    if not in_force(await newest_consent(session, actor)):
        await _say(session, actor, given=True, wording=wording)


async def withdraw(session: AsyncSession, actor: Actor) -> None:
    """Take it back: from now on nothing is taken from the actor's phones. What is kept stays till it is deleted."""
    consent = await newest_consent(session, actor)
    if consent is not None and consent.given:
        await _say(session, actor, given=False, wording=consent.wording)


async def erase_own(session: AsyncSession, actor: Actor) -> int:
    """Delete all positions that are kept of the actor; gives how many. That they were deleted stays known."""
    rows = await session.execute(
        delete(IncidentPosition)
        .where(visible(actor, IncidentPosition), col(IncidentPosition.person_id) == actor.person_id)
        .returning(col(IncidentPosition.incident_id))
    )
    incidents = list(rows.scalars())
    for incident_id in sorted(set(incidents)):
        of_it: dict[str, Any] = {"incident_id": incident_id, "positions": incidents.count(incident_id), "people": 1}
        session.add(PositionErasure(site_id=actor.site_id, why=Erased.BY_PERSON, **of_it))
    if incidents:
        change = {"positions": [len(incidents), 0]}
        await record_change(session, actor, "person.positions_erased", "person", actor.person_id, change)
    return len(incidents)


async def _say(session: AsyncSession, actor: Actor, *, given: bool, wording: int) -> None:
    session.add(SendingConsent(site_id=actor.site_id, person_id=actor.person_id, given=given, wording=wording))
    await session.flush()
    verb = "person.positions_agreed" if given else "person.positions_withdrawn"
    await record_change(session, actor, verb, "person", actor.person_id, {"wording": [None, wording]})
