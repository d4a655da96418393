"""Sources, refusals and unknown points for programs, with the permissions of the pages."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Query
from pydantic import BaseModel

from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow
from backend.plant.models import Point, PointStatus
from backend.telemetry import commands, queries
from backend.telemetry.forms import AdoptionForm
from backend.telemetry.queries import Wanted
from backend.telemetry.reasons import Reason

router = APIRouter(prefix="/api/v1", tags=["telemetry"])

BeforeDep = Annotated[int | None, Query(ge=1, lt=2**63)]
MostDep = Annotated[int, Query(ge=1, le=100)]
FormDep = Annotated[AdoptionForm, Depends()]


class SourceOut(BaseModel):
    """A gateway or device; ``received`` is exactly ``stored`` + ``duplicate`` + ``rejected``."""

    code: str
    first_seen_at: datetime
    last_seen_at: datetime
    received: int
    stored: int
    duplicate: int
    rejected: int


class RejectionOut(BaseModel):
    """A message or value refused; ``count`` says how many of its kind within the hour."""

    id: int
    received_at: datetime
    topic: str
    source: str
    point_code: str
    reason: str
    detail: str
    payload: str
    count: int


class RejectionsOut(BaseModel):
    """Some refusals, the newest first; ``following`` goes into ``before`` for those after them."""

    items: list[RejectionOut]
    following: int | None


class UnknownOut(BaseModel):
    """A point that waits for adoption or is ignored, with its latest value."""

    id: int
    code: str
    source: str
    status: str
    first_seen_at: datetime
    value: float | None
    quality: int
    at: datetime | None


class UnknownsOut(BaseModel):
    """Some of them, the newest first; ``following`` goes into ``before`` for those after them."""

    items: list[UnknownOut]
    following: int | None


class DecidedOut(BaseModel):
    """A point after a decision about it."""

    id: int
    code: str
    status: str


@router.get("/sources", dependencies=[allow("telemetry.rejections")])
async def list_sources(session: SessionDep, actor: ActorDep) -> list[SourceOut]:
    """Gateways and devices with their account, the one heard of last first."""
    found = await queries.sources(session, actor)
    return [SourceOut.model_validate(source, from_attributes=True) for source in found]


@router.get("/rejections", dependencies=[allow("telemetry.rejections")])
async def list_rejections(
    session: SessionDep,
    actor: ActorDep,
    reason: Reason | None = None,
    source: Annotated[str, Query(max_length=200)] = "",
    before: BeforeDep = None,
    most: MostDep = queries.PAGE,
) -> RejectionsOut:
    """What was refused and why."""
    found = await queries.rejections(session, actor, Wanted(reason or "", source), before=before, most=most)
    items = [RejectionOut.model_validate(row, from_attributes=True) for row in found.rows]
    return RejectionsOut(items=items, following=found.following)


@router.get("/adoptions", dependencies=[allow("telemetry.adopt")])
async def list_unknown_points(
    session: SessionDep,
    actor: ActorDep,
    ignored: bool = False,
    search: Annotated[str, Query(max_length=60)] = "",
    before: BeforeDep = None,
    most: MostDep = queries.PAGE,
) -> UnknownsOut:
    """Points that wait for adoption, or those that were ignored."""
    status = PointStatus.IGNORED if ignored else PointStatus.PENDING
    found = await queries.unknown_points(session, actor, status=status, search=search, before=before, most=most)
    items = [UnknownOut.model_validate(row, from_attributes=True) for row in found.rows]
    return UnknownsOut(items=items, following=found.following)


@router.post("/adoptions/{pending_id}", dependencies=[allow("telemetry.adopt")])
async def adopt(session: SessionDep, actor: ActorDep, pending_id: int, wanted: FormDep) -> DecidedOut:
    """Take the point into the plant."""
    await queries.unknown_point(session, actor, pending_id)
    return _decided(await commands.adopt(session, actor, pending_id, wanted.read()))


@router.post("/adoptions/{pending_id}/ignore", dependencies=[allow("telemetry.adopt")])
async def ignore(session: SessionDep, actor: ActorDep, pending_id: int) -> DecidedOut:
    """Store no more of it."""
    return _decided(await commands.ignore(session, actor, pending_id))


@router.post("/adoptions/{pending_id}/restore", dependencies=[allow("telemetry.adopt")])
async def look_again(session: SessionDep, actor: ActorDep, pending_id: int) -> DecidedOut:
    """Let an ignored point wait for adoption again."""
    return _decided(await commands.look_again(session, actor, pending_id))


def _decided(point: Point) -> DecidedOut:
    return DecidedOut(id=point.id, code=point.code, status=point.status)
