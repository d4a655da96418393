"""The response to the marked incident, for the authorization test (tests/identity/estate.py)."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.identity.models import Person, Role
from backend.incidents.response.models import Cordon, Evacuation, IncidentPlan, PlanTick, RollEntry, RollMark
from tests.factories import made


async def make_marked_response(
    session: AsyncSession, people: Mapping[Role, Person], ids: Mapping[str, Any], mark: str
) -> None:
    """A plan of the site's own, a ticked step of the incident, an evacuation with a roll-call, and a cordon."""
    admin = people[Role.ADMIN]
    site: dict[str, Any] = {"site_id": admin.site_id}
    step = {"key": "own-1", "text": mark, "text_en": mark, "who": "anyone", "basis": mark, "basis_en": ""}
    await made(session, IncidentPlan(**site, kind="fire", version=1, steps=[step], made_by=admin.id))
    ticked = {"step_key": "own-1", "text": mark, "text_en": mark, "state": "done"}
    about = {"incident_id": ids["incident_id"], "disposal_id": ids["disposal_id"]}
    await made(session, PlanTick(**site, **about, **ticked))
    fled = Evacuation(**site, incident_id=ids["incident_id"], area_ids=[ids["area_id"]], ordered_by=admin.id)
    fled.ordered_at = now()
    await made(session, fled)
    roll = {**site, "evacuation_id": fled.id, "person_id": admin.id}
    await made(session, RollEntry(**roll, why="team"))
    await made(session, RollMark(**roll, state="safe", marked_by=admin.id, at=now()))
    await made(session, Cordon(**site, incident_id=ids["incident_id"], shape="circle", set_by=admin.id, set_at=now()))
