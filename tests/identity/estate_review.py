"""What the review of the estate's incident holds."""

from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.models import Alarm
from backend.core.clock import now
from backend.identity.models import Person
from backend.incidents.models import Incident
from backend.incidents.review.models import Lapse, LapseReply
from tests.factories import made


async def review_rows(
    session: AsyncSession, incident: Incident, alarm: Alarm, worker: Person, mark: str
) -> dict[str, int]:
    """A duty of the worker that wasn't done, and what they say to it."""
    record = {"kind": "ignored_warning", "row_id": alarm.id, "title": mark, "url": f"/alarms/{alarm.id}"}
    whose = {"site_id": incident.site_id, "person_id": worker.id}
    lapse = await made(session, Lapse(**whose, **record, incident_id=incident.id, due_at=now()))
    await made(session, LapseReply(**whose, lapse_id=lapse.id, words=mark))
    return {"lapse_id": lapse.id}
