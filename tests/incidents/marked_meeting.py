"""A review meeting of the estate's incident, for the authorization test (tests/identity/estate.py)."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.identity.models import Person
from backend.incidents.meeting.models import Attendee, Choice, Decision, Meeting, WhyChain
from backend.incidents.models import Incident
from tests.factories import made


async def meeting_rows(session: AsyncSession, incident: Incident, worker: Person, mark: str) -> None:
    """Opened: a choice, a cause, whys, a decision and minutes, all marked."""
    site: dict[str, Any] = {"site_id": incident.site_id}
    meeting = Meeting(**site, incident_id=incident.id, number=1, at=now(), place=mark, led_by=worker.id)
    meeting.state, meeting.opened_at, meeting.opened_by = "opened", now(), worker.id
    meeting.basis = {"candidates": [{"key": "factor.x", "title": mark, "title_en": mark}], "ranking": [["factor.x", 1]]}
    meeting.cause, meeting.cause_title, meeting.reason, meeting.minutes = "other", mark, mark, mark
    meeting.confirmed_at, meeting.confirmed_by = now(), worker.id
    await made(session, meeting)
    about = {**site, "meeting_id": meeting.id}
    await made(session, Attendee(**about, person_id=worker.id, present=True))
    await made(session, Choice(**about, person_id=worker.id, cause="other", words=mark, at=now()))
    cite = {"key": "line:1", "title": mark, "title_en": mark, "url": "/incidents"}
    lines = [{"question": mark, "answer": mark, "cite": cite}, {"question": "", "answer": mark, "cite": None}]
    await made(session, WhyChain(**about, version=1, lines=lines, factor="people", author_id=worker.id))
    decided = {"words": mark, "kind": "training", "owner_id": worker.id, "due_on": now().date(), "added_by": worker.id}
    await made(session, Decision(**about, **decided))
