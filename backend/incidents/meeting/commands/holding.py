"""The meeting that a command works on: the newest of its incident, held until the transaction ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.errors import N_, Conflict, NotFound
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require
from backend.identity.scoping import get_visible
from backend.incidents.meeting.lifecycle import Step, refusal
from backend.incidents.meeting.models import Attendee, Meeting
from backend.incidents.meeting.queries.meetings import attendees_of, newest_of
from backend.incidents.meeting.telling import tell
from backend.incidents.models import Incident


@dataclass(frozen=True)
class Held:
    """A meeting with its incident and who was asked to come."""

    incident: Incident
    meeting: Meeting
    attendees: Sequence[Attendee]

    @property
    def people(self) -> set[int]:
        """Who was asked to come."""
        return {one.person_id for one in self.attendees}


async def hold(session: AsyncSession, actor: Actor, incident_id: int) -> Held:
    """The newest meeting. Raises NotFound, also for an incident of another site or without one."""
    incident = await get_visible(session, actor, Incident, incident_id)
    newest = await newest_of(session, actor, incident_id)
    if newest is None:
        raise NotFound()
    meeting = await get_visible(session, actor, Meeting, newest.id, lock=True)
    return Held(incident, meeting, await attendees_of(session, actor, meeting.id))


async def lead(session: AsyncSession, actor: Actor, incident_id: int, step: Step, version: int | None = None) -> Held:
    """The same for a step of who leads. Raises Forbidden, and Conflict where the state doesn't allow the step or the
    page showed an older ``version``."""
    require(actor, "incidents.lead")
    held = await hold(session, actor, incident_id)
    if (refused := refusal(step, held.meeting.state)) is not None:
        raise refused
    if version is not None and version != held.meeting.version:
        raise Conflict(N_("刚才有人改了这次复盘会，请查看最新情况后再改"))
    return held


async def note(
    session: AsyncSession, actor: Actor, held: Held, verb: str, change: dict[str, Any], what: str = "moved"
) -> None:
    """Leave the audit entry and an event that rings nowhere."""
    await session.flush()
    await record_change(session, actor, f"meeting.{verb}", "incident", held.incident.id, change)
    await tell(session, actor, held.incident, held.meeting, what)
