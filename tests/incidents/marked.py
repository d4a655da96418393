"""An incident with everything that a route can name, for the authorization test (tests/identity/estate.py)."""

from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.models import Alarm
from backend.core.clock import now
from backend.identity.models import Person, Role
from backend.incidents.models import (
    Disposal,
    DisposalPhoto,
    Incident,
    IncidentPolicy,
    IncidentSource,
    IncidentTrend,
)
from backend.incidents.tracking.models import IncidentPlume
from tests.factories import made, unique
from tests.incidents.marked_basis import make_marked_basis
from tests.incidents.marked_review import review_rows


async def make_marked_incident(
    session: AsyncSession, people: dict[Role, Person], alarm: Alarm, mark: str
) -> dict[str, int]:
    """An incident that the alarm opened, with a line of its log, a picture of that, and the minutes before."""
    site: dict[str, Any] = {"site_id": alarm.site_id}
    worker, moments = people[Role.WORKER], {"since": now() - timedelta(minutes=15), "until": now()}
    one = await made(
        session,
        Incident(
            **site,
            number=unique("SJ-"),
            kind="gas_leak",
            level="major",
            title=f"{mark}泄漏",
            title_en=mark,
            equipment_id=alarm.equipment_id,
            group_id=alarm.group_id,
            began_at=now(),
        ),
    )
    await made(session, IncidentSource(**site, incident_id=one.id, kind="alarm", source_id=alarm.id, at=now()))
    file = {"sha256": "0" * 64, "path": "none.webp", "thumbnail_path": "none-small.webp"}
    line = Disposal(**site, incident_id=one.id, kind="note", person_id=worker.id, words=mark, at=now())
    line.voice_path = "none.webm"
    await made(session, line)
    photo = DisposalPhoto(**site, disposal_id=line.id, width=1, height=1, bytes=1, **file)
    cells = {"cell_s": 15.0, "at": [now().timestamp()], "mean": [1.0], "low": [1.0], "high": [1.0]}
    kept = IncidentTrend(
        **site, incident_id=one.id, point_id=alarm.point_id or 0, nearness="sign", position=0, **moments
    )
    kept.cells = cells
    await made(session, kept)
    leak = {"substance": "h2s", "rate_g_s": 10, "height_m": 2, "wind_m_s": 3, "wind_from_deg": 270, "sky": "overcast"}
    leak |= {"ground": "urban", "plan_width_m": 500, "plan_up_deg": 0}
    await made(session, IncidentPlume(**site, incident_id=one.id, person_id=people[Role.LEADER].id, **leak))
    rules = {"alarm_level": "major", "flood_alarms": 5, "flood_minutes": 10, "major_hazards": True, "join_minutes": 30}
    await made(session, IncidentPolicy(**site, version=1, set_by=people[Role.ADMIN].id, **rules))
    basis = await make_marked_basis(session, alarm, people[Role.ADMIN], mark)
    ids = {**basis, "incident_id": one.id, "disposal_id": line.id, "disposal_photo_id": (await made(session, photo)).id}
    return {**ids, **await review_rows(session, one, alarm, worker, mark)}
