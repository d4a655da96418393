"""What the review of the estate's incident holds."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.models import Alarm
from backend.core.clock import now
from backend.identity.models import Person
from backend.incidents.models import Incident
from backend.incidents.review.models import IncidentForecast, IncidentReview, Lapse, LapseReply
from tests.factories import made
from tests.incidents.marked_meeting import meeting_rows


async def review_rows(
    session: AsyncSession, incident: Incident, alarm: Alarm, worker: Person, mark: str
) -> dict[str, int]:
    """A duty of the worker that wasn't done, what they say to it, what was foretold, a report, and a meeting."""
    record = {"kind": "ignored_warning", "row_id": alarm.id, "title": mark, "url": f"/alarms/{alarm.id}"}
    site: dict[str, Any] = {"site_id": incident.site_id}
    lapse = await made(session, Lapse(**site, **record, person_id=worker.id, incident_id=incident.id, due_at=now()))
    await made(session, LapseReply(**site, person_id=worker.id, lapse_id=lapse.id, words=mark))
    moments = dict.fromkeys(("foretold_at", "arrival_at", "earliest", "latest"), now())
    foretold = IncidentForecast(**site, **moments, incident_id=incident.id, equipment_id=alarm.equipment_id or 0)
    await made(session, foretold)
    written = IncidentReview(**site, incident_id=incident.id, version=1, content=_content(mark), remarks=mark)
    await made(session, written)
    await meeting_rows(session, incident, worker, mark)
    return {"lapse_id": lapse.id}


def _content(mark: str) -> dict[str, Any]:
    """A report with one alarm and nothing else."""
    at = now().isoformat()
    alarm = {"at": at, "what": "alarm", "title": {"zh": mark, "en": mark}, "level": "major", "url": "/alarms"}
    return {
        "accident": {"class": "", "deaths": None, "injured": None, "loss_yuan": None, "losses": mark},
        "trace_id": None,
        "root": None,
        "scope": {"counts": {}, "equipment": []},
        "warning": None,
        "timeline": [alarm],
        "effects": [],
        "points": [],
        "courses": {"since": at, "until": at, "cell_s": 1.0, "cells": {}},
        "people": [],
        "similar": [],
    }
