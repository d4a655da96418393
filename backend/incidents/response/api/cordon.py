"""Cordons for programs."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Form
from pydantic import BaseModel

from backend.core.routing import APIRouter
from backend.identity.scoping import get_visible
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.forms import SaidForm
from backend.incidents.models import Incident
from backend.incidents.response.commands import lift_cordon, set_cordon
from backend.incidents.response.forms import CordonForm
from backend.incidents.response.queries.cordons import Closed, ground_of

router = APIRouter(prefix="/api/v1/incidents/{incident_id}/cordons", tags=["incidents"])

SaidDep = Annotated[SaidForm, Depends()]


class CordonOut(BaseModel):
    """A cordon: a circle of ``radius_m`` around ``centre``, or a ``polygon``, places in the units of the floor plan
    ``floor_plan_id`` (null: the site's first), and closed on no other.
    ``inside``: ids of equipment, empty where the circle isn't to scale."""

    id: int
    shape: str
    floor_plan_id: int | None
    centre: tuple[float, float] | None
    radius_m: float | None
    polygon: list[tuple[float, float]]
    inside: list[int]
    set_at: datetime
    lifted_at: datetime | None


@router.get("", dependencies=[allow("incidents.see")])
async def list_cordons(session: SessionDep, actor: ActorDep, incident_id: int) -> list[CordonOut]:
    """Those in force, then lifted ones, the newest first."""
    return await _cordons(session, actor, incident_id)


@router.post("", dependencies=[allow("incidents.lead")], status_code=201)
async def close_ground(
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    said: SaidDep,
    typed: Annotated[CordonForm, Depends()],
) -> list[CordonOut]:
    """Set one; ``polygon`` is ``x,y x,y …`` on the floor plan ``plan`` (without: the site's first); a circle lies on
    the plan where the incident is."""
    await set_cordon(session, actor, incident_id, typed.read(), await said.read())
    return await _cordons(session, actor, incident_id)


@router.post("/lift", dependencies=[allow("incidents.lead")])
async def open_ground(
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    said: SaidDep,
    cordon: Annotated[int, Form(ge=1, lt=2**63)] = 1,
) -> list[CordonOut]:
    """Lift one."""
    await get_visible(session, actor, Incident, incident_id)
    await lift_cordon(session, actor, cordon, await said.read())
    return await _cordons(session, actor, incident_id)


async def _cordons(session: SessionDep, actor: ActorDep, incident_id: int) -> list[CordonOut]:
    incident = await get_visible(session, actor, Incident, incident_id)
    ground = await ground_of(session, actor, incident)
    return [_out(one) for one in (*ground.standing, *ground.lifted)]


def _out(closed: Closed) -> CordonOut:
    one = closed.cordon
    return CordonOut(
        id=one.id,
        shape=one.shape,
        floor_plan_id=one.floor_plan_id,
        centre=closed.centre,
        radius_m=one.radius_m,
        polygon=[(x, y) for x, y in one.polygon],
        inside=[mark.id for mark in closed.inside],
        set_at=one.set_at,
        lifted_at=one.lifted_at,
    )
