"""Positions of the marked incident, for the authorization test (tests/identity/estate.py)."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.identity.models import Person, Role
from backend.incidents.positions.models import IncidentPosition, PositionErasure, PositionRule, SendingConsent
from backend.incidents.positions.wording import CONSENT_VERSION
from tests.factories import made


async def make_marked_positions(session: AsyncSession, people: Mapping[Role, Person], ids: Mapping[str, Any]) -> None:
    """The worker agreed and sent a position, some were deleted, and the site has a rule of its own."""
    worker, admin = people[Role.WORKER], people[Role.ADMIN]
    site: dict[str, Any] = {"site_id": worker.site_id}
    await made(session, SendingConsent(**site, person_id=worker.id, given=True, wording=CONSENT_VERSION))
    sent = {"incident_id": ids["incident_id"], "person_id": worker.id, "device_at": now(), "at": now()}
    where = {"on_site": True, "lat": 31.23, "lon": 121.47, "accuracy_m": 8.0}
    await made(session, IncidentPosition(**site, **sent, **where))
    gone = {"incident_id": ids["incident_id"], "why": "by_person", "positions": 1, "people": 1}
    await made(session, PositionErasure(**site, **gone))
    ground = {"lat": 31.23, "lon": 121.47, "radius_m": 400.0}
    await made(session, PositionRule(**site, version=1, keep_days=30, set_by=admin.id, **ground))
