"""Meetings with what belongs to them, for commands; those that wait for a person; that behind a rectification."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.statements import one_of
from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import made_once, visible
from backend.incidents.meeting.models import LIVE, Attendee, Choice, Decision, Meeting, MeetingState, WhyChain
from backend.incidents.models import Incident

MOST_WAITING = 20
MOST_MEETINGS = 20


async def newest_of(session: AsyncSession, actor: Actor, incident_id: int, number: int | None = None) -> Meeting | None:
    """The newest meeting of an incident, or the one with this number."""
    numbered = [col(Meeting.number) == number] if number is not None else []
    found = await session.scalars(
        select(Meeting)
        .where(visible(actor, Meeting), col(Meeting.incident_id) == incident_id, *numbered)
        .order_by(col(Meeting.number).desc())
        .limit(1)
    )
    return found.one_or_none()


async def meetings_of(session: AsyncSession, actor: Actor, incident_id: int) -> Sequence[Meeting]:
    """All of an incident, the first first."""
    found = await session.scalars(
        select(Meeting)
        .where(visible(actor, Meeting), col(Meeting.incident_id) == incident_id)
        .order_by(col(Meeting.number))
        .limit(MOST_MEETINGS)
    )
    return found.all()


async def attendees_of(session: AsyncSession, actor: Actor, meeting_id: int) -> Sequence[Attendee]:
    """Who was asked to come."""
    found = await session.scalars(
        select(Attendee)
        .where(visible(actor, Attendee), col(Attendee.meeting_id) == meeting_id)
        .order_by(col(Attendee.id))
        .execution_options(populate_existing=True)
    )
    return found.all()


async def choices_of(session: AsyncSession, actor: Actor, meeting_id: int) -> Sequence[Choice]:
    """What was chosen, in the order in which it arrived."""
    found = await session.scalars(
        select(Choice).where(visible(actor, Choice), col(Choice.meeting_id) == meeting_id).order_by(col(Choice.id))
    )
    return found.all()


async def whys_of(session: AsyncSession, actor: Actor, meeting_id: int) -> WhyChain | None:
    """The newest version of the 5-why."""
    found = await session.scalars(
        select(WhyChain)
        .where(visible(actor, WhyChain), col(WhyChain.meeting_id) == meeting_id)
        .order_by(col(WhyChain.version).desc())
        .limit(1)
    )
    return found.one_or_none()


async def decisions_of(session: AsyncSession, actor: Actor, meeting_id: int) -> Sequence[Decision]:
    """What was decided, the first first."""
    found = await session.scalars(
        select(Decision)
        .where(visible(actor, Decision), col(Decision.meeting_id) == meeting_id)
        .order_by(col(Decision.id))
    )
    return found.all()


async def known_people(session: AsyncSession, actor: Actor, ids: Iterable[int]) -> set[int]:
    """Those of ``ids`` who are at work on the site."""
    found = await session.scalars(
        select(col(Person.id)).where(visible(actor, Person), col(Person.active), col(Person.id).in_(list(ids)))
    )
    return set(found)


@dataclass(frozen=True)
class Invitation:
    """A meeting to which somebody is asked, and whether they have chosen."""

    meeting: Meeting
    incident: Incident
    chosen: bool


async def to_attend(session: AsyncSession, actor: Actor) -> list[Invitation]:
    """Meetings that the actor is asked to and that aren't over, the soonest first."""
    found = await session.execute(select_to_attend(actor))
    return [Invitation(meeting, incident, choice is not None) for meeting, incident, choice in found]


@made_once
def select_to_attend(actor: Actor) -> Select[Meeting, Incident, int]:
    """The statement of ``to_attend``."""
    return (
        select(Meeting, Incident, col(Choice.id))
        .join(Incident, col(Incident.id) == col(Meeting.incident_id))
        .join(Attendee, col(Attendee.meeting_id) == col(Meeting.id))
        .outerjoin(Choice, (col(Choice.meeting_id) == col(Meeting.id)) & (col(Choice.person_id) == actor.person_id))
        .where(visible(actor, Meeting), one_of(col(Meeting.state), LIVE), col(Attendee.person_id) == actor.person_id)
        .order_by(col(Meeting.at), col(Meeting.id))
        .limit(MOST_WAITING)
    )


async def chooses_first(session: AsyncSession, actor: Actor, incident_id: int) -> bool:
    """Whether the actor is asked to a meeting about the incident and can still choose blind."""
    return any(
        one.incident.id == incident_id and not one.chosen and one.meeting.opened_at is None
        for one in await to_attend(session, actor)
    )


async def behind(session: AsyncSession, actor: Actor, rectification_id: int) -> tuple[Meeting, Incident] | None:
    """The meeting that decided a rectification, with its incident; None where none did."""
    row = (
        await session.execute(
            select(Meeting, Incident)
            .join(Decision, col(Decision.meeting_id) == col(Meeting.id))
            .join(Incident, col(Incident.id) == col(Meeting.incident_id))
            .where(
                visible(actor, Decision),
                col(Decision.rectification_id) == rectification_id,
                col(Meeting.state) == MeetingState.CLOSED,
            )
            .limit(1)
        )
    ).one_or_none()
    return (row[0], row[1]) if row else None
