"""Maintenance for programs, with the permissions of the pages."""

from datetime import date, datetime
from typing import Annotated

from fastapi import Depends, Query
from pydantic import BaseModel

from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow
from backend.maintenance import commands, queries
from backend.maintenance.forms import WorkForm
from backend.maintenance.models import MaintenanceRecord
from backend.maintenance.queries import Upcoming

router = APIRouter(prefix="/api/v1/maintenance", tags=["maintenance"])


class DueOut(BaseModel):
    """What is to be done next by one plan. ``days``: until it is due; below 0 it is late."""

    plan_id: int
    record_id: int
    name: str
    name_en: str
    kind: str
    equipment_id: int
    equipment: str
    equipment_en: str
    post_id: int | None
    due_on: date
    standing: str
    days: int


class RecordOut(BaseModel):
    """One time at which it was done."""

    id: int
    number: str
    due_on: date | None
    done_on: date | None
    done_by: int | None
    recorded_at: datetime | None
    note: str


class VersionOut(BaseModel):
    """A plan as it was from one change to the next."""

    number: int
    at: datetime
    made_by: int | None
    why: str
    origin_url: str
    terms: dict[str, str | int | bool | None]


class PlanOut(BaseModel):
    """A plan with its next time, what was done last, and its versions, the newest first."""

    id: int
    equipment_id: int
    name: str
    name_en: str
    kind: str
    interval_days: int | None
    since: date
    post_id: int | None
    notice_days: int
    asks_photo: bool
    active: bool
    version: int
    next_due_on: date | None
    done: list[RecordOut]
    versions: list[VersionOut]


class DoneOut(RecordOut):
    """What was recorded, and when it is due next."""

    plan_id: int
    next_due_on: date | None


@router.get("", dependencies=[allow("maintenance.see")])
async def read_due(
    session: SessionDep,
    actor: ActorDep,
    mine: bool = False,
    team_id: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> list[DueOut]:
    """What is to come, the soonest first; ``mine``: of the caller's posts, ``team_id``: of what a team keeps."""
    return [_due(one) for one in await queries.upcoming(session, actor, team_id=team_id, mine=mine)]


@router.get("/{maintenance_plan_id}", dependencies=[allow("maintenance.see")])
async def read_plan(session: SessionDep, actor: ActorDep, maintenance_plan_id: int) -> PlanOut:
    """One plan."""
    view = await queries.plan_view(session, actor, maintenance_plan_id)
    return PlanOut(
        **view.plan.model_dump(exclude={"site_id", "created_at", "sample"}),
        next_due_on=view.next.due_on if view.next else None,
        done=[_record(one.record) for one in view.done],
        versions=[
            VersionOut(
                number=one.version.number,
                at=one.version.created_at,
                made_by=one.version.made_by,
                why=one.version.why,
                origin_url=one.version.origin_url,
                terms=one.version.terms,
            )
            for one in view.changes
        ],
    )


@router.post("/{maintenance_plan_id}/done", dependencies=[allow("maintenance.do")], status_code=201)
async def do_it(
    session: SessionDep, actor: ActorDep, maintenance_plan_id: int, form: Annotated[WorkForm, Depends()]
) -> DoneOut:
    """Record that it was done; a repeat with the same key gets the first answer."""
    record = await commands.do_maintenance(session, actor, maintenance_plan_id, await form.read())
    view = await queries.plan_view(session, actor, maintenance_plan_id)
    return DoneOut(
        **_record(record).model_dump(),
        plan_id=maintenance_plan_id,
        next_due_on=view.next.due_on if view.next else None,
    )


def _due(one: Upcoming) -> DueOut:
    return DueOut(
        plan_id=one.plan.id,
        record_id=one.record.id,
        name=one.plan.name,
        name_en=one.plan.name_en,
        kind=one.plan.kind,
        equipment_id=one.equipment.id,
        equipment=one.equipment.name,
        equipment_en=one.equipment.name_en,
        post_id=one.record.post_id,
        due_on=one.due_on,
        standing=one.standing,
        days=one.days,
    )


def _record(record: MaintenanceRecord) -> RecordOut:
    return RecordOut(
        id=record.id,
        number=record.number,
        due_on=record.due_on,
        done_on=record.done_on,
        done_by=record.done_by,
        recorded_at=record.recorded_at,
        note=record.note,
    )
